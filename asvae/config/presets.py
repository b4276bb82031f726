"""Sizes and weights by data set and scale; the readings."""

import dataclasses
from typing import Any

from asvae import datasets, objectives
from asvae.checks import one_of
from asvae.config.recipes import ImageRecipe, PointsRecipe, Recipe, field_names

_CHANNELS = (64, 128, 256, 512, 512, 512)
"""From the finest resolution to the coarsest; smaller images have the first few."""

# The larger rate and the shorter average make up for few steps.
_REDUCED = {"width": 0.25, "learning_rate": 5e-4, "ema": 0.99}
_QUICK = {"steps": 1_500, "batch_size": 32, "learning_rate": 1e-3, "decay": "linear", "ema": 0.98}
_EIGHTH = {"width": 0.125, "batch_size": 16}


def _images(
    pixels: int, blocks: int, latent_dim: int, batch_size: int, steps: int, quick: dict, reduced: dict | None = None
) -> dict[str, Recipe]:
    sizes = {"latent_dim": latent_dim, "batch_size": batch_size, "channels": _CHANNELS[:blocks], "pixels": pixels}
    paper = ImageRecipe(steps=steps, decay="constant", warmup=0.0, **sizes)
    between = {"reduced": dataclasses.replace(paper, **_REDUCED | reduced)} if reduced else {}
    return {"quick": dataclasses.replace(paper, **_QUICK | quick), **between, "paper": paper}


SCALES: dict[str, dict[str, Recipe]] = {
    "checkerboard": {
        "quick": PointsRecipe(steps=6_000, width=96, depth=3, batch_size=128, learning_rate=2e-3, decay="linear"),
        "reduced": PointsRecipe(steps=12_000, width=128, depth=4, batch_size=256, learning_rate=1e-3, decay="linear"),
        "paper": PointsRecipe(),
    },
    # Epochs are those of the released train.sh for AS-IntroVAE, 100 on MNIST and 150 (§5.1 says 150 of all), over
    # 60,000, 50,000 and CelebA's 162,770 training images; at 64 pixels 150 over 9,000.
    "digits": _images(16, 2, 32, 128, 1_100, {"width": 0.25, "latent_dim": 16, "steps": 1_000}),
    "mnist": _images(28, 2, 32, 128, 46_800, {"width": 0.25}, {"steps": 6_000, "batch_size": 64}),
    "cifar10": _images(32, 3, 128, 64, 117_150, {"width": 0.25}, {"steps": 8_000, "batch_size": 32}),
    "celeba64": _images(64, 4, 256, 32, 42_150, _EIGHTH, {"steps": 4_000, "batch_size": 16}),
    "celeba128": _images(128, 5, 256, 32, 762_900, _EIGHTH),
    "celeba256": _images(256, 6, 256, 32, 762_900, {"width": 0.0625, "batch_size": 8}),
    "folder": _images(64, 4, 128, 32, 50_000, _EIGHTH),
}
"""Recipes by data set and scale: ``"quick"``, minutes on a laptop; ``"paper"``, the published settings, where there are
any; between them ``"reduced"``. Of points it stands for the published scale at a twentieth of its operations, and was
chosen with S-IntroVAE and VAE alone, by how near their KL on the checkerboard comes to the released loop's. Of some
image sets: the published weights and latents, a constant rate without a warm-up, half the published batch, networks of
a quarter of the channels, five to seven epochs; S-IntroVAE takes about half an hour on one CPU core with AVX2.

A reduced run has as many steps whatever the method. A step of WGAN-GP is one of its generator, for which its critic
takes five batches (``critic_steps``), so that it sees five times as many images as the others."""

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
    # Nobody has published any for these. They are MNIST's per pixel, of which there are a third: the weight of each
    # term in the loss and the KL at equilibrium are the same.
    "digits": _IMAGE_WEIGHTS | {"beta_kl": 0.33, "beta_neg": 84.0},
    "mnist": _IMAGE_WEIGHTS,
    "cifar10": _IMAGE_WEIGHTS,
    "celeba64": _IMAGE_WEIGHTS | _CELEBA_WEIGHTS,
    "celeba128": _IMAGE_WEIGHTS | _CELEBA_WEIGHTS,
    "celeba256": _IMAGE_WEIGHTS | _CELEBA_WEIGHTS | {"margin": 120.0, "beta_neg": 1024.0},
    "folder": _IMAGE_WEIGHTS,
}
"""Weights by data set where they differ from the objectives' defaults, of images those of the released train.sh, which
§5.1 of the paper does not repeat; CelebA at 64 pixels, which nobody published, has those at 128. An objective takes
those it has."""

INTROVAE_WEIGHTS = {"beta_kl": 1.0, "beta_rec": 0.05}
"""IntroVAE's weights on images: of the released code's real terms, on the digits with errors of fewer pixels."""


def weights(dataset: str, objective: str) -> dict[str, float]:
    """Return the published weights of ``objective`` on ``dataset``, where they differ from its defaults."""
    given = WEIGHTS.get(dataset, {})
    if objective == "introvae" and datasets.kind(dataset) == "images":
        given = given | INTROVAE_WEIGHTS | ({"beta_rec": 0.15} if dataset == "digits" else {})
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
``"tanh"`` and ``"real"`` change one, the ramp and what generated samples are compared with; ``"released"`` is the code
of S- and AS-IntroVAE; ``"supplement"`` is what the supplement and the code lead to where the main paper is not read:
real data in the distance, tanh over the phase after the warm-up, Huang et al.'s IntroVAE."""


def reading(name: str, objective: str) -> dict[str, Any]:
    """Return the options of ``objective`` that the reading called ``name`` changes."""
    return READINGS[one_of("reading", name, READINGS)].get(objective, {})
