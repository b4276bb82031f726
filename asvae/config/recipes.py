"""How large a run is and how it is optimised: networks, batch, steps, learning rate."""

import dataclasses
from dataclasses import dataclass
from functools import cache

from asvae.checks import integer, option, refuse, validate_fields


@dataclass(frozen=True)
class Recipe:
    """Everything about a run but its objective: networks, batch, optimiser and its schedule.

    Phases are shares of ``steps``, so that a shorter run has the same phases.
    """

    steps: int = option(30_000, low=1)
    """Optimisation steps, the warm-up included."""
    latent_dim: int = option(2, low=1)
    """Dimensions of z."""
    batch_size: int = option(512, low=2)
    """Samples per step."""
    learning_rate: float = option(2e-4, low=0.0, open_low=True)
    """Adam's learning rate, for every network."""
    decay: str = option("steps", choices=("steps", "linear", "constant"))
    """``"steps"``: ×0.1 at a third and at half of the run; ``"linear"``: held for half of the run, then down to 0."""
    warmup: float = option(1 / 15, low=0.0)
    """Share of the run trained as a plain VAE before the objective's own players begin."""
    logvar_limit: float = option(0.0, low=0.0, added=True)
    """Bound of the encoder's absolute log-variance; 0: none, as in both releases."""

    def __post_init__(self):
        validate_fields(self)
        if self.warmup >= 1.0:
            refuse("warmup", self.warmup, "a share of the run, at least 0 and below 1")

    def rate(self, step: int) -> float:
        """Return Adam's learning rate at ``step``."""
        step = integer("step", step, 0)
        if self.decay == "constant":
            return self.learning_rate
        if self.decay == "linear":
            return self.learning_rate * min(1.0, 2.0 * (1.0 - step / self.steps))
        passed = (3 * step >= self.steps > 1) + (2 * step >= self.steps > 1)
        return self.learning_rate * 0.1**passed


@dataclass(frozen=True)
class PointsRecipe(Recipe):
    """A recipe for points: fully connected networks."""

    width: int = option(256, low=1)
    """Units per hidden layer."""
    depth: int = option(4, low=1)
    """Number of hidden layers."""


@dataclass(frozen=True)
class ImageRecipe(Recipe):
    """A recipe for images: residual convolutional networks."""

    channels: tuple[int, ...] = option((64, 128), low=1)
    """Channels of each block, from the finest resolution to the coarsest; each block halves the image."""
    width: float = option(1.0, low=0.0, high=1e9, open_low=True)
    """Factor on all channels; below 1 for small machines."""
    pixels: int = option(28, low=2)
    """Height and width of an image; free for ``folder`` only."""
    grey: bool = option(False)
    """One channel instead of three; free for ``folder`` only."""
    ema: float = option(0.999, low=0.0)
    """Decay of the exponential moving average of the decoder's weights, which samples are drawn from; 0: none."""
    logvar_limit: float = option(10.0, low=0.0, added=True)
    """Bound of the encoder's absolute log-variance; 0: none, as in both releases. Far outside ±10 its exponential
    leaves single precision, and gradients become NaN while every term is still finite."""
    clip: float = option(0.0, low=0.0)
    """Largest norm of a player's gradient; longer ones are scaled down to it; 0: no limit."""

    def __post_init__(self):
        super().__post_init__()
        if self.ema >= 1.0:
            refuse("ema", self.ema, "at least 0 and below 1")
        if self.pixels % 2 ** len(self.channels):
            halved = f"a multiple of {2 ** len(self.channels)} for {len(self.channels)} channels"
            refuse("pixels", self.pixels, halved)

    @property
    def wide(self) -> tuple[int, ...]:
        """The channels times :attr:`width`, at least 1 each."""
        return tuple(max(1, round(self.width * each)) for each in self.channels)


@cache
def field_names(cls: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields."""
    return tuple(field.name for field in dataclasses.fields(cls))
