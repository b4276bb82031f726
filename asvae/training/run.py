"""What training returns: a model to sample from, its curves, its scores, and where it came from."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from asvae import draws
from asvae.checks import integer, refuse
from asvae.config import RunConfig
from asvae.cpu import check_room, memory
from asvae.networks import Networks

SAMPLES = 1_000
"""How many samples of a run are kept with its scores."""

RECONSTRUCTED = 500
"""Of how many points the reconstructions are kept with the scores of a run."""


def sample(networks: Networks, n: int, seed: int) -> Tensor:
    """Return ``(n, *shape)`` samples decoded from the prior by the first lane of ``networks``."""
    return networks.generate(draws.normal(seed, 0, "sample", (n, networks.latent_dim)))


def _samples(name: str, x: Any, shape: tuple[int, ...]) -> Tensor:
    """Return finite samples ``(N, *shape)`` in float32."""
    allowed = f"finite real numbers of shape ({', '.join(map(str, ('N', *shape)))})"
    try:
        x = torch.stack([torch.as_tensor(each) for each in x])
        x = x if x.is_complex() else x.float()
        finite = bool(x.isfinite().all())
    except (TypeError, ValueError, RuntimeError):
        refuse(name, type(x).__name__, allowed)
    if x.is_complex():
        refuse(name, str(x.dtype).removeprefix("torch."), allowed)
    if tuple(x.shape[1:]) != shape or not finite:
        refuse(name, f"{tuple(x.shape)}" + " with values that are not finite" * (not finite), allowed)
    return x


@dataclass(frozen=True)
class Divergence:
    """Where a run became non-finite. Its weights stay those from before the update that would have broken them."""

    step: int
    """0-based optimisation step."""
    player: str
    """Whose turn it was."""
    term: str
    """The first term of that player's loss that was not finite, or ``"gradient"``."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What is kept of a run when its weights are not: enough for every table and figure."""

    config: RunConfig
    """What was asked for."""
    divergence: Divergence | None
    """Where it became non-finite; ``None`` for a run that did not."""
    scores: dict[str, float]
    """As :func:`asvae.metrics.points.score` names them, of images :func:`asvae.metrics.images.score` and
    :func:`~asvae.metrics.images.reconstruction_scores`, with an encoder also
    :func:`asvae.metrics.latents.latent_scores`; all NaN if it diverged."""
    history: dict[str, list[float]] = field(repr=False)
    """Curves to five digits: ``"step"`` and one list of equal length per term."""
    samples: Tensor = field(repr=False)
    """``(n, *shape)``: the first :data:`~asvae.training.run.SAMPLES` samples, to two decimals.

    Empty for older or diverged runs; of images the first few, rounded to bytes.
    """
    provenance: dict[str, Any] = field(repr=False)
    """Versions, hardware, wall time in seconds, commit, date, fingerprint of the numerics."""

    pictures: dict[str, Tensor] = field(repr=False, default_factory=dict)
    """Of images, ``(n, *shape)`` each: ``"real"``, and with an encoder ``"reconstructed"`` and ``"interpolation"``.

    Of points ``"reconstructed"`` alone, of the first ``RECONSTRUCTED`` points of the evaluation's first draw.
    """

    @property
    def diverged(self) -> bool:
        """Whether training became non-finite."""
        return self.divergence is not None


@dataclass(frozen=True, kw_only=True)
class Run(Result):
    """One trained run, on the CPU."""

    networks: Networks = field(repr=False)
    """Its weights; those before the breaking update if it diverged."""

    def sample(self, n: int, seed: int = 0) -> Tensor:
        """Return ``(n, *shape)`` samples decoded from the prior; equal arguments give equal samples.

        A diverged run samples from its last finite weights, whose outputs may still overflow.

        Raises
        ------
        InvalidArgumentError
            If ``n`` is not a positive whole number or that many do not fit into memory, or the seed is impossible.
        """
        n, seed = integer("n", n, 1), integer("seed", seed, 0, 2**63 - 1)
        # Of points a hidden layer's input and output, too; images are decoded a few at a time.
        hidden = 2 * self.config.recipe.width if self.config.kind == "points" else 0
        each = self.networks.latent_dim + math.prod(self.networks.shape) + hidden
        check_room(f"n={n}", 4 * n * each, memory())
        return sample(self.networks, n, seed)

    def encode(self, x) -> tuple[Tensor, Tensor]:
        """Return ``mu`` and ``logvar`` of q(z|x), ``(N, D)`` each, of ``(N, *shape)`` samples.

        Raises
        ------
        InvalidArgumentError
            If the run has no encoder, or ``x`` are not finite real numbers of that shape.
        """
        return self.networks.posterior(_samples("x", x, self.networks.shape))

    def interpolate(self, x_a, x_b, steps: int = 8) -> Tensor:
        """Return ``(steps, *shape)``: the straight way between two samples' posterior means, decoded.

        Raises
        ------
        InvalidArgumentError
            If the run has no encoder, a sample is not finite real numbers of the shape, or there are fewer than two
            ``steps`` or more than 10,000.
        """
        steps = integer("steps", steps, 2, 10_000)
        ends = [_samples(name, [x], self.networks.shape) for name, x in (("x_a", x_a), ("x_b", x_b))]
        mu, _ = self.encode(torch.cat(ends))
        way = torch.lerp(mu[0], mu[1], torch.linspace(0.0, 1.0, steps)[:, None])
        return self.networks.generate(way, of_data=True)

    def reconstruct(self, x) -> Tensor:
        """Return the reconstructions of ``(N, *shape)`` samples through the posterior mean.

        Raises
        ------
        InvalidArgumentError
            If the run has no encoder, or ``x`` are not finite real numbers of that shape.
        """
        return self.networks.reconstruct(_samples("x", x, self.networks.shape))
