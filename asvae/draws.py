"""The one source of randomness: noise as a function of (seed, step, name).

NumPy's counter-based Philox generator is keyed by the seed and the name and positioned by the step, so that these
three alone reproduce any draw: a run needs no random state to resume, and no draw depends on the order of the others.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

EVALUATION_SEED = 2**32
"""First seed beyond those of runs: scores are taken on data that no run was trained on."""


def generator(seed: int, step: int, name: str) -> np.random.Generator:
    """Return the generator of the draw called ``name`` at ``step`` of the run ``seed``."""
    # The stream advances the counter's low words, so the step goes into a high one: streams never overlap.
    key = np.array([seed, zlib.crc32(name.encode())], dtype=np.uint64)
    counter = np.array([0, 0, step, 0], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def normal(seed: int, step: int, name: str, shape: tuple[int, ...]) -> Tensor:
    """Return standard normal noise of ``shape`` in float32."""
    return torch.from_numpy(generator(seed, step, name).standard_normal(shape, dtype=np.float32))


def uniform(seed: int, step: int, name: str, shape: tuple[int, ...]) -> Tensor:
    """Return noise uniform in [0, 1) of ``shape`` in float32."""
    return torch.from_numpy(generator(seed, step, name).random(shape, dtype=np.float32))


def uniform_lanes(seeds: Sequence[int], step: int, name: str, shape: tuple[int, ...]) -> Tensor:
    """Return one :func:`uniform` draw per lane, ``(len(seeds), *shape)``."""
    return torch.stack([uniform(seed, step, name, shape) for seed in seeds])


def normal_lanes(seeds: Sequence[int], step: int, name: str, shape: tuple[int, ...]) -> Tensor:
    """Return one :func:`normal` draw per lane, ``(len(seeds), *shape)``; lane i depends on ``seeds[i]`` alone."""
    return torch.stack([normal(seed, step, name, shape) for seed in seeds])
