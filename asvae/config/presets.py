"""Sizes and weights by data set and scale; the rows of the tables; the readings."""

import dataclasses
from typing import Any

from asvae import datasets, objectives
from asvae.checks import one_of
from asvae.config.recipes import ImageRecipe, PointsRecipe, Recipe, field_names

_MNIST, _CIFAR = (64, 128), (64, 128, 256)


_CELEBA = {64: (64, 128, 256, 512), 128: (64, 128, 256, 512, 512), 256: (64, 128, 256, 512, 512, 512)}


def _images(
    pixels: int,
    channels: tuple[int, ...],
    latent_dim: int,
    batch_size: int,
    steps: int,
    quick: dict[str, Any],
    reduced: dict[str, Any] | None = None,
) -> dict[str, Recipe]:
    paper = ImageRecipe(
        steps=steps,
        latent_dim=latent_dim,
        batch_size=batch_size,
        channels=channels,
        pixels=pixels,
        decay="constant",
        warmup=0.0,
    )
    scales = {"quick": dataclasses.replace(paper, **_QUICK | quick)}
    if reduced:
        scales["reduced"] = dataclasses.replace(paper, **_REDUCED | reduced)
    return scales | {"paper": paper}


# The larger rate and the shorter average make up for few steps.
_REDUCED = {"width": 0.25, "learning_rate": 5e-4, "ema": 0.99}
_QUICK = {"steps": 1_500, "batch_size": 32, "learning_rate": 1e-3, "decay": "linear", "ema": 0.98}


SCALES: dict[str, dict[str, Recipe]] = {
    "checkerboard": {
        "quick": PointsRecipe(steps=6_000, width=96, depth=3, batch_size=128, learning_rate=2e-3, decay="linear"),
        "paper": PointsRecipe(),
    },
    # Epochs are those of the released train.sh for AS-IntroVAE, 100 on MNIST and 150 (§5.1 says 150 of all), over
    # 60,000, 50,000 and CelebA's 162,770 training images; at 64 pixels 150 over 9,000.
    "digits": _images(16, _MNIST, 32, 128, 1_100, {"width": 0.25, "latent_dim": 16, "steps": 3_000}),
    "mnist": _images(28, _MNIST, 32, 128, 46_800, {"width": 0.25}, {"steps": 6_000, "batch_size": 64}),
    "cifar10": _images(32, _CIFAR, 128, 64, 117_150, {"width": 0.25}, {"steps": 8_000, "batch_size": 32}),
    "celeba64": _images(
        64, _CELEBA[64], 256, 32, 42_150, {"width": 0.125, "batch_size": 16}, {"steps": 4_000, "batch_size": 16}
    ),
    "celeba128": _images(128, _CELEBA[128], 256, 32, 762_900, {"width": 0.125, "batch_size": 16}),
    "celeba256": _images(256, _CELEBA[256], 256, 32, 762_900, {"width": 0.0625, "batch_size": 8}),
    "folder": _images(64, _CELEBA[64], 128, 32, 50_000, {"width": 0.125, "batch_size": 16}),
}
"""Recipes by data set and scale: ``"quick"``, minutes on a laptop; ``"paper"``, the published settings, where there are
any; between them, on some image sets, ``"reduced"``: the published weights and latents, a constant rate without a
warm-up, half the published batch, networks of a quarter of the channels, five to seven epochs. A reduced run of
S-IntroVAE takes about half an hour on one CPU core with AVX2.

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
"""IntroVAE's weights on images: those of the released AS-IntroVAE code, on the digits with errors of fewer pixels."""


def weights(dataset: str, objective: str) -> dict[str, float]:
    """Return the published weights of ``objective`` on ``dataset``, where they differ from its defaults."""
    given = WEIGHTS.get(dataset, {})
    if objective == "introvae" and datasets.kind(dataset) == "images":
        given = given | INTROVAE_WEIGHTS | ({"beta_rec": 0.15} if dataset == "digits" else {})
    return {key: value for key, value in given.items() if key in field_names(objectives.get(objective).hyperparameters)}


TABLE_ROWS = ("C1", "C2", "C3")
"""The rows of the paper's tables of points."""

ROWS: dict[str, dict[str, dict[str, float]]] = {
    "assumed": {
        "C1": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 0.2},
        "C2": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 0.5},
        "C3": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 1.0},
    },
    "stated": {
        "C1": {"beta_kl": 0.3, "beta_rec": 0.1, "beta_neg": 0.9},
        "C2": {"beta_kl": 0.5, "beta_rec": 0.1, "beta_neg": 0.9},
        "C3": {"beta_kl": 0.7, "beta_rec": 0.2, "beta_neg": 0.9},
    },
    "in-words": {
        "C1": {"beta_kl": 0.3, "beta_rec": 0.3, "beta_neg": 0.1, "fake_rec": 0.9 / 0.3},
        "C2": {"beta_kl": 0.5, "beta_rec": 0.5, "beta_neg": 0.1, "fake_rec": 0.9 / 0.5},
        "C3": {"beta_kl": 0.7, "beta_rec": 0.7, "beta_neg": 0.2, "fake_rec": 0.9 / 0.7},
    },
}
"""What C1 to C3 may mean: our assumption for the supplement's checkerboard, which states nothing; the triples that the
paper states for its toy data (§5.2), read in the order of the released program's arguments; the same triples read by
the paper's words, as the weights of the real ELBO, of the fakes' KL and of the fakes' reconstruction."""


WEIGHT_NAMES = ("beta_kl", "beta_rec", "beta_neg", "fake_rec", "alpha", "margin")
"""The hyper-parameters that a row or a data set sets; all others are options, which a reading sets."""


def combinations(dataset: str) -> dict[str, dict[str, float]]:
    """Return the rows of a data set's table by name: ``"C1"`` to ``"C3"``, then the other families with a prefix.

    Plain names are the assumed rows on the checkerboard, whose printed VAE column the stated ones do not fit, and the
    stated ones on other points.
    """
    own = "assumed" if dataset == "checkerboard" else "stated"
    return ROWS[own] | {
        f"{family}-{row}": weights for family, rows in ROWS.items() if family != own for row, weights in rows.items()
    }


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


def combination(name: str, objective: str, dataset: str = "checkerboard") -> dict[str, float]:
    """Return the weights of a row of a data set's table as the hyper-parameters of ``objective``.

    An objective takes the weights that it has. IntroVAE's adversarial weight is called alpha and takes the value
    of beta_neg: our choice, as the paper does not say what its rows mean for IntroVAE.
    """
    rows = combinations(dataset)
    betas = rows[one_of("combination", name, rows)]
    fields = field_names(objectives.get(objective).hyperparameters)
    weights = {key: value for key, value in betas.items() if key in fields}
    return weights | ({"alpha": betas["beta_neg"]} if "alpha" in fields else {})
