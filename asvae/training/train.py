"""From a configuration to a run."""

import contextlib
import itertools
import os
from collections.abc import Callable, Sequence

import torch
from tqdm import tqdm

from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.cpu import threads
from asvae.training import diagnostics
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery
from asvae.training.images.stepper import ImagesStepper
from asvae.training.loop import train_stack
from asvae.training.points.stacking import bytes_of_lane
from asvae.training.points.stepper import PointsStepper
from asvae.training.run import Run
from asvae.training.stepper import Interruption


def train(config: RunConfig, *, device: str = "cpu", progress: bool = True, machinery: Machinery | None = None) -> Run:
    """Train one run and score it.

    Parameters
    ----------
    config : RunConfig
        What to train.
    device : str
        A torch device. On a CPU one thread is used: small networks lose time with more.
    progress : bool
        Show a bar with an estimate on standard error.
    machinery : Machinery, optional
        On images: where the data lie, precision, memory layout, compilation.

    Returns
    -------
    Run
        Also when it became non-finite: then its ``divergence`` says where, and its scores are NaN.

    Raises
    ------
    InvalidArgumentError
        If ``config`` is not a RunConfig, the device is not one of this machine's, or the run does not fit into its
        memory.
    MissingDataError
        If the data set's files are absent.
    """
    check_config(config)
    check_device(device)
    check_fits(config, device)
    if is_main_process():
        diagnostics.log_forecasts([config])
    total, unit = work([config])
    with tqdm(total=total, desc=config.objective, unit=unit, disable=not (progress and is_main_process())) as bar:
        [run] = train_any([config], device, bar.update, machinery=machinery)
    if is_main_process():
        diagnostics.log([run])
    return run


def work(configs: Sequence[RunConfig]) -> tuple[int, str]:
    """Return how much there is to train, and in what a progress bar counts it: images, or steps of runs on points."""
    images = {config.kind == "points" for config in configs} == {False}
    total = sum(config.steps * (config.recipe.batch_size if images else 1) for config in configs)
    return total, "img" if images else "step"


def train_any(
    configs: Sequence[RunConfig],
    device: str,
    advance: Callable[[int], object],
    interruption: Interruption | None = None,
    commit: str | None = None,
    machinery: Machinery | None = None,
) -> list[Run] | None:
    """Train a stack of runs on points, or the one run on images that ``configs`` holds; see :func:`train_stack`.

    ``advance`` is told how much of :func:`work` has passed; ``commit`` says whose code this is. Returns ``None`` if it
    was interrupted.
    """
    interruption, machinery = interruption or Interruption(), machinery or Machinery()
    points = configs[0].kind == "points"
    # Several processes stop together or not at all: they can ask each other in the loop, not yet here.
    if (points or machinery.processes == 1) and interruption.due:
        return None
    with threads(1 if points else machinery.threads):
        stepper = PointsStepper(configs, device) if points else ImagesStepper(*configs, device, machinery)
        with contextlib.closing(stepper):
            return train_stack(stepper, interruption, advance, commit)


def check_config(config: RunConfig) -> None:
    """Refuse what is not a configuration."""
    if not isinstance(config, RunConfig):
        refuse("config", config, "an asvae.RunConfig")


_SIZES = ("width", "depth", "channels", "latent_dim", "batch_size", "pixels")


def check_fits(config: RunConfig, device: str) -> None:
    """Refuse a run that cannot fit into the memory of ``device``, by arithmetic and before anything is made."""
    recipe = config.recipe
    if config.kind == "points":
        need = bytes_of_lane(config)
    else:
        # Two networks of about four convolutions 3×3 per block, copied twice by Adam, and the activations of a batch.
        wide, side = recipe.wide, recipe.pixels
        convolutions = sum(36 * a * b for a, b in itertools.pairwise((*wide, wide[-1])))
        flat = wide[-1] * (side // 2 ** len(wide)) ** 2 * 2 * recipe.latent_dim
        passes = recipe.batch_size * sum(4 * c * (side // 2**i) ** 2 for i, c in enumerate(wide))
        need = 4 * (2 * 4 * (convolutions + flat) + passes)
    have = memory_of(device)
    if need > have:
        knobs = [name for name in _SIZES if name in config.overrides] or [
            name for name in _SIZES if hasattr(recipe, name)
        ]
        sizes = ", ".join(f"{name}={getattr(recipe, name)}" for name in knobs)
        refuse(
            "size", sizes, f"what fits into the {have / 1e9:.1f} GB of {device!r}; this takes about {need / 1e9:.2g} GB"
        )


def memory_of(device: str) -> float:
    """Return the bytes of memory of a device."""
    if torch.device(device).type == "cuda":
        return torch.cuda.mem_get_info(device)[1]
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def check_device(device: str) -> None:
    """Refuse a device that is neither the CPU nor a CUDA device of this machine."""
    count = torch.cuda.device_count()
    have = ["cpu"] + ["cuda"] * (count > 0) + [f"cuda:{i}" for i in range(count)]
    if device not in have:
        note = "" if count else " (no CUDA device is visible here)"
        refuse("device", device, ", ".join(map(repr, have)) + note)
