"""How large a run is and which weights it has: by data set and scale, quick on a laptop or as published."""

import dataclasses
from dataclasses import dataclass

from asvae import objectives
from asvae.checks import one_of, option, refuse, validate_fields


@dataclass(frozen=True)
class Recipe:
    """Everything about a run but its objective: networks, batch, optimiser and its schedule.

    Phases are shares of ``steps``, so a shorter run is the same run in small.
    """

    steps: int = option(30_000, low=1)
    """Optimisation steps, the warm-up included."""
    latent_dim: int = option(2, low=1)
    """Dimensions of z."""
    batch_size: int = option(512, low=2)
    """Samples a step."""
    learning_rate: float = option(2e-4, low=0.0, open_low=True)
    """Adam's, for every network."""
    decay: str = option("steps", choices=("steps", "linear", "constant"))
    """``"steps"``: ×0.1 at a third and at half of the run; ``"linear"``: held for half of the run, then down to 0."""
    warmup: float = option(1 / 15, low=0.0)
    """Share of the run trained as a plain VAE before the objective's own players begin."""

    def __post_init__(self):
        validate_fields(self)
        if self.warmup >= 1.0:
            refuse("warmup", self.warmup, "a share of the run, at least 0 and below 1")

    def rate(self, step: int) -> float:
        """Return Adam's learning rate at ``step``."""
        if self.decay == "constant":
            return self.learning_rate
        if self.decay == "linear":
            return self.learning_rate * min(1.0, 2.0 * (1.0 - step / self.steps))
        passed = (3 * step >= self.steps > 1) + (2 * step >= self.steps > 1)
        return self.learning_rate * 0.1**passed


@dataclass(frozen=True)
class PlaneRecipe(Recipe):
    """A recipe for points: fully connected networks."""

    width: int = option(256, low=1)
    """Units a hidden layer."""
    depth: int = option(4, low=1)
    """Hidden layers."""


@dataclass(frozen=True)
class ImageRecipe(Recipe):
    """A recipe for images: residual convolutional networks."""

    channels: tuple[int, ...] = option((64, 128), low=1)
    """Of the blocks, from the finest resolution to the coarsest; each halves the image."""
    width: float = option(1.0, low=0.0, open_low=True)
    """Factor on all channels, for small machines."""
    pixels: int = option(28, low=2)
    """Side of an image; only ``folder`` leaves a choice."""
    grey: bool = option(False)
    """One channel instead of three; only ``folder`` leaves a choice."""
    ema: float = option(0.999, low=0.0)
    """Decay of the running average of the decoder's weights that samples are drawn from; 0: none."""
    clip: float = option(0.0, low=0.0)
    """Largest norm of a player's gradient, longer ones are scaled to it; 0: any."""

    def __post_init__(self):
        super().__post_init__()
        if self.ema >= 1.0:
            refuse("ema", self.ema, "at least 0 and below 1")
        if self.pixels % 2 ** len(self.channels):
            halved = f"a multiple of {2 ** len(self.channels)} for {len(self.channels)} channels"
            refuse("pixels", self.pixels, halved)

    @property
    def wide(self) -> tuple[int, ...]:
        """The channels times the width."""
        return tuple(max(1, round(self.width * each)) for each in self.channels)


_MNIST, _CIFAR = (64, 128), (64, 128, 256)
_CELEBA = {128: (64, 128, 256, 512, 512), 256: (64, 128, 256, 512, 512, 512)}


def _images(pixels: int, channels: tuple[int, ...], latent_dim: int, batch_size: int, steps: int, quick: dict) -> dict:
    paper = ImageRecipe(
        steps=steps,
        latent_dim=latent_dim,
        batch_size=batch_size,
        channels=channels,
        pixels=pixels,
        decay="constant",
        warmup=0.0,
    )
    return {"quick": dataclasses.replace(paper, **_QUICK | quick), "paper": paper}


_QUICK = {"steps": 1_500, "batch_size": 32, "learning_rate": 1e-3, "decay": "linear", "warmup": 0.6, "ema": 0.98}

SCALES: dict[str, dict[str, Recipe]] = {
    "checkerboard": {
        "quick": PlaneRecipe(steps=6_000, width=96, depth=3, batch_size=128, learning_rate=2e-3, decay="linear"),
        "paper": PlaneRecipe(),
    },
    # Epochs are the paper's, 100 or 150, over 60,000, 50,000 and CelebA's 162,770 training images.
    "digits": _images(16, _MNIST, 32, 128, 1_100, {"width": 0.25, "latent_dim": 16}),
    "mnist": _images(28, _MNIST, 32, 128, 46_800, {"width": 0.25}),
    "cifar10": _images(32, _CIFAR, 128, 64, 117_150, {"width": 0.25}),
    "celeba128": _images(128, _CELEBA[128], 256, 32, 762_900, {"width": 0.125, "batch_size": 16}),
    "celeba256": _images(256, _CELEBA[256], 256, 32, 762_900, {"width": 0.0625, "batch_size": 8}),
    "folder": _images(64, (64, 128, 256, 512), 128, 32, 50_000, {"width": 0.125, "batch_size": 16}),
}
"""Recipes by data set and scale; ``"paper"`` holds the published settings, where there are any."""

_IMAGE_WEIGHTS = {"beta_kl": 1.0, "beta_rec": 1.0, "beta_neg": 256.0, "margin": 10.0, "alpha": 0.5}
_CELEBA_WEIGHTS = {"beta_kl": 0.5, "margin": 100.0}

WEIGHTS: dict[str, dict[str, float]] = {
    "checkerboard": {},
    # Nobody has published any for these. Chosen by eye, with S-IntroVAE, for recognisable digits, not to rank methods:
    # beta_kl from 0.1 to 1, beta_neg from 2 to 256 and warm-ups from a tenth to six tenths of the run were tried.
    "digits": {"beta_kl": 0.15, "beta_rec": 1.0, "beta_neg": 16.0, "margin": 30.0, "alpha": 0.1},
    "mnist": _IMAGE_WEIGHTS,
    "cifar10": _IMAGE_WEIGHTS,
    "celeba128": _IMAGE_WEIGHTS | _CELEBA_WEIGHTS,
    "celeba256": _IMAGE_WEIGHTS | _CELEBA_WEIGHTS | {"margin": 120.0, "beta_neg": 1024.0},
    "folder": _IMAGE_WEIGHTS,
}
"""Published weights by data set, where they are not the objectives' own defaults; an objective takes those it has."""

INTROVAE_WEIGHTS = {"beta_kl": 1.0, "beta_rec": 0.05}
"""IntroVAE's own on the paper's image sets and on folders: those of the released AS-IntroVAE code."""


def weights(dataset: str, objective: str) -> dict[str, float]:
    """Return the published weights of ``objective`` on ``dataset``, where they are not its own defaults."""
    given = WEIGHTS[dataset] | (
        INTROVAE_WEIGHTS if objective == "introvae" and dataset not in ("checkerboard", "digits") else {}
    )
    return {key: value for key, value in given.items() if key in field_names(objectives.get(objective).hyperparameters)}


def is_plane(dataset: str) -> bool:
    """Whether ``dataset`` holds points, whose runs are lanes; the others hold images, and each run stands alone."""
    return isinstance(SCALES[dataset]["quick"], PlaneRecipe)


COMBINATIONS: dict[str, dict[str, float]] = {
    "C1": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 0.2},
    "C2": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 0.5},
    "C3": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 1.0},
}
"""Our reading of Table 1's rows, which the paper does not state: an assumption, changeable by parameter."""


def combination(name: str, objective: str) -> dict[str, float]:
    """Return the weights of a Table 1 row as the hyper-parameters of ``objective``.

    An objective takes the weights that it has. IntroVAE's adversarial weight is called alpha and takes the value
    of beta_neg: our choice, as the paper does not say what its rows mean for IntroVAE.
    """
    betas = COMBINATIONS[one_of("combination", name, COMBINATIONS)]
    fields = field_names(objectives.get(objective).hyperparameters)
    weights = {key: value for key, value in betas.items() if key in fields}
    return weights | ({"alpha": betas["beta_neg"]} if "alpha" in fields else {})


def field_names(cls: type) -> list[str]:
    """Return the names of a dataclass's fields."""
    return [field.name for field in dataclasses.fields(cls)]
