"""How much memory a run takes, by arithmetic before anything is made, and how much a device has."""

import contextlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.cpu import check_room, memory

_SIZES = ("width", "depth", "channels", "latent_dim", "batch_size", "pixels")


def check_fits(config: RunConfig, device: str) -> None:
    """Refuse a run that cannot fit into the memory of ``device``."""
    check_room(_sizes(config), bytes_of(config), total(device), device)


@contextlib.contextmanager
def enough(config: RunConfig, device: str) -> Iterator[None]:
    """Let an allocation that fails, since others take the memory, end in the sentence of :func:`check_fits`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not (isinstance(error, MemoryError) or re.search("allocate memory|out of memory", str(error))):
            raise
        refuse("size", _sizes(config), f"what fits into the memory of {device!r} that is free")


def _sizes(config: RunConfig) -> str:
    sizes = {name: getattr(config.recipe, name) for name in _SIZES if hasattr(config.recipe, name)}
    asked = {name: size for name, size in sizes.items() if name in config.overrides}
    return ", ".join(f"{name}={size}" for name, size in (asked or sizes).items())


def bytes_of(config: RunConfig) -> int:
    """Return about how much memory a run takes, on points as one lane of a stack."""
    recipe = config.recipe
    if config.kind == "points":
        # Eleven passes per step, each keeping a layer's input and output; Adam keeps two more copies of the weights.
        passes = 11 * recipe.batch_size * ((2 * recipe.depth + 1) * recipe.width + recipe.latent_dim)
        weights = 2 * 5 * recipe.width * (recipe.depth * recipe.width + recipe.latent_dim)
        pairs = config.hyperparameters.pair_matrices(recipe.latent_dim) * recipe.batch_size**2
        return 4 * (passes + weights + pairs)
    # Two networks of about four convolutions 3×3 per block, copied twice by Adam, and the activations of a batch.
    wide, side = recipe.wide, recipe.pixels
    convolutions = sum(36 * a * b for a, b in itertools.pairwise((*wide, wide[-1])))
    flat = wide[-1] * (side // 2 ** len(wide)) ** 2 * 2 * recipe.latent_dim
    passes = recipe.batch_size * sum(4 * c * (side // 2**i) ** 2 for i, c in enumerate(wide))
    return 4 * (2 * 4 * (convolutions + flat) + passes)


def total(device: str) -> float:
    """Return the bytes of memory of a device."""
    if torch.device(device).type == "cuda":
        return torch.cuda.mem_get_info(device)[1]
    return memory()


def free(device: str) -> float:
    """Return the bytes that new work may take on a device; half of a CPU's where the system does not say."""
    if torch.device(device).type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        available = next(line for line in lines if line.startswith("MemAvailable")).split()[1]
        return min(total(device), 1024.0 * int(available))
    return 0.5 * total(device)
