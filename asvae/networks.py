"""Networks for points in the plane, stacked over lanes; they know no loss.

A lane is one training run. Its weights are one slice of a tensor with a leading lane axis, so many runs are
one batched matrix product, and a single run is simply one lane.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from asvae import draws


class MLP(nn.Module):
    """Fully connected network with ReLU between layers, one set of weights a lane.

    Weights are stored as (lanes, in, out): gradients then have the weights' own strides, which the fused
    Adam of PyTorch needs.

    Parameters
    ----------
    sizes : sequence of int
        Widths from input to output.
    seeds : sequence of int
        One a lane; lane i is initialised from ``seeds[i]`` alone, uniform in ±1/√in as ``torch.nn.Linear``.
    name : str
        Names the initial draws, so that encoder and decoder differ.
    """

    def __init__(self, sizes: Sequence[int], seeds: Sequence[int], name: str):
        super().__init__()
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
            bound = fan_in**-0.5
            for part, shape, into in (
                ("weight", (fan_in, fan_out), self.weights),
                ("bias", (1, fan_out), self.biases),
            ):
                label = f"init/{name}/{layer}/{part}"
                values = [draws.uniform(seed, 0, label, shape) for seed in seeds]
                into.append(nn.Parameter((2.0 * torch.stack(values) - 1.0) * bound))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(lanes, B, in)`` to ``(lanes, B, out)``."""
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, torch.relu_(x) if layer else x, weight)
        return x


class GaussianEncoder(nn.Module):
    """A body whose output is split into the mean and log-variance of q(z|x)."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map samples to ``mu`` and ``logvar``, ``(..., B, D)`` each."""
        mu, logvar = self.body(x).chunk(2, dim=-1)
        return mu, logvar


@dataclass(frozen=True)
class Networks:
    """The networks of a run (or of a stack of lanes), as the objectives see them."""

    modules: dict[str, nn.Module]
    shape: tuple[int, ...]
    """Shape of one sample."""
    latent_dim: int

    @property
    def event_dims(self) -> int:
        """How many trailing axes make one sample."""
        return len(self.shape)

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return next(self.modules["decoder"].parameters()).dtype

    @property
    def normaliser(self) -> float:
        """The papers' s: 1 / (entries of a sample), ½ in the plane and 1/(C·H·W) for images."""
        return 1.0 / prod(self.shape)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``mu`` and ``logvar`` of q(z|x), ``(..., B, D)`` each."""
        return self.modules["encoder"](x)

    def decode(self, z: Tensor) -> Tensor:
        """Return samples ``(..., B, *shape)`` of latents ``(..., B, D)``."""
        return self.modules["decoder"](z)

    def encode_each(self, *batches: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Encode several batches of one size in a single pass."""
        mu, logvar = self.encode(torch.cat(batches, dim=-1 - self.event_dims))
        n = len(batches)
        return list(zip(mu.chunk(n, dim=-2), logvar.chunk(n, dim=-2), strict=True))

    def decode_each(self, *latents: Tensor) -> list[Tensor]:
        """Decode several batches of latents of one size in a single pass."""
        x = self.decode(torch.cat(latents, dim=-2))
        return list(x.chunk(len(latents), dim=-1 - self.event_dims))

    def parameters(self, name: str) -> list[nn.Parameter]:
        """Return the parameters of the network called ``name``."""
        return list(self.modules[name].parameters())

    def state(self) -> dict[str, Tensor]:
        """Return copies of all weights on the CPU, keyed ``network.parameter``."""
        return {
            f"{name}.{key}": value.detach().cpu().clone()
            for name, module in self.modules.items()
            for key, value in module.state_dict().items()
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take the weights that :meth:`state` gave; a missing, unknown or misshapen one raises ``RuntimeError``."""
        unknown = [key for key in state if key.split(".")[0] not in self.modules]
        if unknown:
            raise RuntimeError(f"weights of unknown networks: {', '.join(unknown)}")
        for name, module in self.modules.items():
            own = {key.removeprefix(f"{name}."): v for key, v in state.items() if key.startswith(f"{name}.")}
            module.load_state_dict(own, strict=True)


def mlp_networks(
    shape: tuple[int, ...],
    latent_dim: int,
    width: int,
    depth: int,
    seeds: Sequence[int],
) -> Networks:
    """Build encoder and decoder with ``depth`` hidden layers of ``width``, one lane a seed."""
    hidden, entries = [width] * depth, prod(shape)
    encoder = GaussianEncoder(MLP([entries, *hidden, 2 * latent_dim], seeds, "encoder"))
    decoder = MLP([latent_dim, *hidden, entries], seeds, "decoder")
    return Networks({"encoder": encoder, "decoder": decoder}, shape, latent_dim)
