"""From a configuration to a run."""

import contextlib
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
from asvae.training.memory import check_fits, enough
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
        If ``config`` is not a RunConfig, ``machinery`` no Machinery, the device is not one of this machine's, or the
        run does not fit into its memory.
    MissingDataError
        If the data set's files are absent.
    """
    check_config(config)
    check_device(device)
    check_machinery(machinery)
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
    images = all(config.kind == "images" for config in configs)
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
    with threads(1 if points else machinery.threads), enough(configs[0], device):
        stepper = PointsStepper(configs, device) if points else ImagesStepper(*configs, device, machinery)
        with contextlib.closing(stepper):
            return train_stack(stepper, interruption, advance, commit)


def check_config(config: RunConfig) -> None:
    """Refuse what is not a configuration."""
    if not isinstance(config, RunConfig):
        refuse("config", config, "an asvae.RunConfig")


def check_machinery(machinery: Machinery | None) -> None:
    """Refuse what is no machinery."""
    if machinery is not None and not isinstance(machinery, Machinery):
        refuse("machinery", machinery, "an asvae.Machinery, or None")


def check_device(device: str) -> None:
    """Refuse a device that is neither the CPU nor a CUDA device of this machine."""
    count = torch.cuda.device_count()
    have = ["cpu"] + ["cuda"] * (count > 0) + [f"cuda:{i}" for i in range(count)]
    if device not in have:
        note = "" if count else " (no CUDA device is visible here)"
        refuse("device", device, ", ".join(map(repr, have)) + note)
