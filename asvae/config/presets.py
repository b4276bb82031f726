"""Sizes and weights by data set, quick on a laptop or as published; the readings."""

import dataclasses
from typing import Any

from asvae import datasets, objectives
from asvae.checks import one_of
from asvae.config.recipes import ImageRecipe, PointsRecipe, Recipe, field_names

_CHANNELS = (64, 128, 256, 512, 512, 512)
"""From the finest resolution to the coarsest; smaller images have the first few."""

_QUICK = {"steps": 1_500, "batch_size": 32, "learning_rate": 1e-3, "decay": "linear", "warmup": 0.6, "ema": 0.98}


def _images(pixels: int, blocks: int, latent_dim: int, batch_size: int, steps: int, quick: dict) -> dict[str, Recipe]:
    sizes = {"latent_dim": latent_dim, "batch_size": batch_size, "channels": _CHANNELS[:blocks], "pixels": pixels}
    paper = ImageRecipe(steps=steps, decay="constant", warmup=0.0, **sizes)
    return {"quick": dataclasses.replace(paper, **_QUICK | quick), "paper": paper}


SCALES: dict[str, dict[str, Recipe]] = {
    "checkerboard": {
        "quick": PointsRecipe(steps=6_000, width=96, depth=3, batch_size=128, learning_rate=2e-3, decay="linear"),
        "paper": PointsRecipe(),
    },
    # Epochs are those of the released train.sh for AS-IntroVAE, 100 on MNIST and 150 (§5.1 says 150 of all), over
    # 60,000, 50,000 and CelebA's 162,770 training images.
    "digits": _images(16, 2, 32, 128, 1_100, {"width": 0.25, "latent_dim": 16}),
    "mnist": _images(28, 2, 32, 128, 46_800, {"width": 0.25}),
    "cifar10": _images(32, 3, 128, 64, 117_150, {"width": 0.25}),
    "celeba128": _images(128, 5, 256, 32, 762_900, {"width": 0.125, "batch_size": 16}),
    "celeba256": _images(256, 6, 256, 32, 762_900, {"width": 0.0625, "batch_size": 8}),
    "folder": _images(64, 4, 128, 32, 50_000, {"width": 0.125, "batch_size": 16}),
}
"""Recipes by data set and scale; ``"paper"`` holds the published settings, where there are any."""

SCALES_BY_KIND = {"points": SCALES["checkerboard"], "images": SCALES["folder"]}
"""Recipes of a data set that has none of its own."""


def scales(dataset: str) -> dict[str, Recipe]:
    """Return the recipes of a data set by scale."""
    return SCALES.get(dataset) or SCALES_BY_KIND[datasets.kind(dataset)]


_IMAGE_WEIGHTS = {"beta_kl": 1.0, "beta_rec": 1.0, "beta_neg": 256.0, "margin": 10.0, "alpha": 0.5}
_CELEBA_WEIGHTS = {"beta_kl": 0.5, "margin": 100.0}

WEIGHTS: dict[str, dict[str, float]] = {
    # The first of the triples that the paper states for its toy data.
    "8gaussians": {"beta_kl": 0.3, "beta_rec": 0.1, "beta_neg": 0.9, "alpha": 0.9},
    # Nobody has published any for these. Chosen by eye, with S-IntroVAE, for recognisable digits, not to rank methods:
    # beta_kl from 0.1 to 1, beta_neg from 2 to 256 and warm-ups from a tenth to six tenths of the run were tried.
    "digits": {"beta_kl": 0.15, "beta_rec": 1.0, "beta_neg": 16.0, "margin": 30.0, "alpha": 0.1},
    "mnist": _IMAGE_WEIGHTS,
    "cifar10": _IMAGE_WEIGHTS,
    "celeba128": _IMAGE_WEIGHTS | _CELEBA_WEIGHTS,
    "celeba256": _IMAGE_WEIGHTS | _CELEBA_WEIGHTS | {"margin": 120.0, "beta_neg": 1024.0},
    "folder": _IMAGE_WEIGHTS,
}
"""Weights by data set where they differ from the objectives' defaults, of images those of the released train.sh, which
§5.1 of the paper does not repeat; an objective takes those it has."""

INTROVAE_WEIGHTS = {"beta_kl": 1.0, "beta_rec": 0.05}
"""IntroVAE's weights on the paper's image sets and on folders: those of the released AS-IntroVAE code."""


def weights(dataset: str, objective: str) -> dict[str, float]:
    """Return the published weights of ``objective`` on ``dataset``, where they differ from its defaults."""
    given = WEIGHTS.get(dataset, {})
    if objective == "introvae" and dataset != "digits" and datasets.kind(dataset) == "images":
        given = given | INTROVAE_WEIGHTS
    return {key: value for key, value in given.items() if key in field_names(objectives.get(objective).hyperparameters)}


READINGS: dict[str, dict[str, dict[str, Any]]] = {
    "paper": {},
    "tanh": {"as-introvae": {"schedule": "tanh"}},
    "real": {"as-introvae": {"reference": "real"}},
    "released": {
        "as-introvae": {
            "schedule": "tanh",
            "kernel_constant": False,
            "squash_distance": True,
            "squash_kl": True,
            "encoder_reduction": "sum",
            "live_target": True,
            "logvar_limit": 0.0,
        },
        "s-introvae": {"live_target": True, "logvar_limit": 0.0},
        "introvae": {"logvar_limit": 0.0},
        "vae": {"logvar_limit": 0.0},
    },
    "supplement": {
        "as-introvae": {
            "schedule": "tanh",
            "clock": "adversarial",
            "reference": "real",
            "kernel_constant": False,
        },
        "introvae": {"decoder_reconstruction": True},
    },
}
"""Reading → objective → the options that differ from their defaults. ``"paper"`` is the default of every option;
``"tanh"`` and ``"real"`` change one, the ramp and what generated samples are compared with;
``"released"`` does what the released code does; ``"supplement"`` is what the supplement and the code lead to where the
main paper is not read: real data in the distance, tanh over the phase after the warm-up, Huang et al.'s IntroVAE."""


def reading(name: str, objective: str) -> dict[str, Any]:
    """Return the options of ``objective`` that the reading called ``name`` changes."""
    return READINGS[one_of("reading", name, READINGS)].get(objective, {})
