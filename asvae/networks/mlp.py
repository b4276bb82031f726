"""Networks for points, stacked over lanes.

A lane is one training run. Its weights are one slice of a tensor with a leading lane axis, so many runs need only
one batched matrix product per layer, and a single run is a stack of one lane.
"""

import itertools
from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from asvae import draws
from asvae.networks.base import GaussianEncoder, Networks


class MLP(nn.Module):
    """Fully connected network with ReLU between layers and one set of weights per lane.

    Weights are stored as (lanes, in, out): gradients then have the weights' own strides, which the fused
    Adam of PyTorch needs.

    Parameters
    ----------
    sizes : sequence of int
        Widths from input to output.
    seeds : sequence of int
        One per lane; lane i is initialised from ``seeds[i]`` alone, uniform in ±1/√in as ``torch.nn.Linear``.
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
                into.append(nn.Parameter((2.0 * draws.uniform_lanes(seeds, 0, label, shape) - 1.0) * bound))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(lanes, B, in)`` to ``(lanes, B, out)``."""
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, torch.relu_(x) if layer else x, weight)
        return x


def mlp_networks(
    names: Sequence[str],
    shape: tuple[int, ...],
    latent_dim: int,
    width: int,
    depth: int,
    seeds: Sequence[int],
    logvar_limit: float = 0.0,
) -> Networks:
    """Build the networks called ``names`` with ``depth`` hidden layers of ``width``, one lane per seed.

    ``logvar_limit`` bounds the encoder's absolute log-variance; 0: not at all.
    """
    hidden, entries = [width] * depth, prod(shape)
    build = {
        "encoder": lambda: GaussianEncoder(MLP([entries, *hidden, 2 * latent_dim], seeds, "encoder"), logvar_limit),
        "decoder": lambda: MLP([latent_dim, *hidden, entries], seeds, "decoder"),
        "critic": lambda: MLP([entries, *hidden, 1], seeds, "critic"),
    }
    return Networks({name: build[name]() for name in names}, shape, latent_dim)
