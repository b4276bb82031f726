"""Many runs at once: stacked into lanes, spread over processes, interrupted and continued."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np
import torch
from tqdm import tqdm

from asvae import objectives
from asvae.checks import integer, number, refuse
from asvae.config import RunConfig
from asvae.cpu import huge_pages
from asvae.training import diagnostics, provenance
from asvae.training.checkpoint import keep, newest, path_of, remove, stacks, warn_of_earlier
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery
from asvae.training.points.stacking import into_stacks
from asvae.training.run import Run
from asvae.training.stepper import Interruption
from asvae.training.train import check_config, check_device, train_any
from asvae.training.train import work as amount


class BudgetSpentError(RuntimeError):
    """A sweep stopped at its budget; what had finished was handed over, the rest goes on from its checkpoints."""


def sweep(
    configs: Sequence[RunConfig],
    *,
    device: str = "cpu",
    workers: int | None = None,
    progress: bool = True,
    done: Callable[[Run], object] | None = None,
    checkpoints: Path | None = None,
    budget: float | None = None,
    machinery: Machinery | None = None,
) -> list[Run]:
    """Train many runs, as lanes of stacked steps spread over one-thread processes.

    Equal configurations are trained once and share their run.

    Parameters
    ----------
    configs : sequence of RunConfig
        What to train.
    device : str
        A torch device; on ``"cpu"`` the work is spread over processes.
    workers : int, optional
        Processes; by default one for each core that this process may use.
    progress : bool
        Show a bar with an estimate on standard error.
    done : callable, optional
        Called with each run as soon as its stack has finished, in no particular order.
    checkpoints : Path, optional
        A folder. Stacks save themselves there twice a minute, and a later sweep that wants some of their runs goes on
        from there to the same bits, however this one ended.
    budget : float, optional
        Seconds after which to stop.
    machinery : Machinery, optional
        How runs on images are computed, and where their data lie.

    Returns
    -------
    list of Run
        In the order of ``configs``; each equals what :func:`asvae.train` returns for it.

    Raises
    ------
    InvalidArgumentError
        If a configuration is none, or another argument is impossible.
    BudgetSpentError
        If the budget ended first; runs that had finished went to ``done``.
    """
    if not isinstance(configs, Iterable):
        refuse("configs", configs, "a list of asvae.RunConfig")
    configs = list(configs)
    for config in configs:
        check_config(config)
    check_device(device)
    workers = joblib.cpu_count() if workers is None else integer("workers", workers, 1)
    deadline = float("inf") if budget is None else time.time() + number("budget", budget, 0.0, open_low=True)
    if not configs:
        return []
    trained: dict[RunConfig, Run] = {}
    wanted = list(dict.fromkeys(configs))
    diagnostics.log_forecasts(wanted)
    on_points = [config for config in wanted if config.kind == "points"]
    # Runs on images stand alone, and their folder knows by itself how far they are.
    on_images = [config for config in wanted if config.kind == "images"]
    if checkpoints is not None:
        warn_of_earlier(wanted, checkpoints, device)
    work = [] if checkpoints is None else _begun(on_points, checkpoints, device)
    resumed = {config for stack in work for config in stack}
    work += into_stacks([config for config in on_points if config not in resumed], workers, device)
    work += [
        [each]
        for each in sorted(on_images, key=lambda each: (each.seed, -objectives.get(each.objective).cost * each.steps))
    ]
    paths = [checkpoints and path_of(stack, checkpoints, device, machinery and machinery.data_root) for stack in work]
    total, unit = amount(wanted)
    names = list(dict.fromkeys(config.objective for config in configs))
    described = f"{len(wanted)} runs in {len(work)} stacks" if len(wanted) > 1 else "".join(names)
    with (
        _progress_file(len(work)) as counters,
        tqdm(total=total, desc=described, unit=unit, disable=not (progress and is_main_process()), miniters=1) as bar,
        _watch(counters, bar),
    ):
        commit = provenance.commit()
        arguments = [
            (stack, path, device, deadline, counters, slot, commit, machinery)
            for slot, (stack, path) in enumerate(zip(work, paths, strict=True))
        ]
        for path, runs in _results(arguments, workers, device):
            for run in runs or ():
                trained[run.config] = run
                if done is not None:
                    done(run)
            if runs is not None and path is not None and is_main_process():
                remove(path)
    if is_main_process():
        diagnostics.log(list(trained.values()))
    if len(trained) < len(wanted):
        goes_on = "; the same call goes on from there" if checkpoints is not None else ""
        raise BudgetSpentError(f"budget: spent after {len(trained)} of {len(wanted)} runs{goes_on}.")
    return [trained[config] for config in configs]


def _results(arguments: list[tuple], workers: int, device: str) -> Iterator[tuple[Path | None, list[Run] | None]]:
    # Under torchrun a run has several processes already.
    if workers == 1 or len(arguments) < 2 or torch.device(device).type != "cpu" or "WORLD_SIZE" in os.environ:
        return (_work(*each) for each in arguments)
    pool = joblib.Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered")
    with huge_pages():
        return pool(joblib.delayed(_work)(*each, os.getpid()) for each in arguments)


def _work(
    configs: list[RunConfig],
    path: Path | None,
    device: str,
    deadline: float,
    counters: str,
    slot: int,
    commit: str,
    machinery: Machinery | None,
    parent: int | None = None,
) -> tuple[Path | None, list[Run] | None]:
    """Train one stack, counting its run-steps in ``slot`` of the progress file."""
    done = np.memmap(counters, dtype=np.int64, mode="r+")

    def advance(n: int) -> None:
        done[slot] += n

    interruption = Interruption(path, deadline=deadline, parent=parent)
    return path, train_any(configs, device, advance, interruption, commit, machinery)


def _begun(wanted: Sequence[RunConfig], root: Path, device: str) -> list[list[RunConfig]]:
    """Return the stacks that can go on, each of wanted lanes alone; its other lanes are saved in a folder of their own.

    A stack of damaged states is removed; those of other methods, numerics or devices are left alone.
    """
    left, begun = set(wanted), []
    for path in stacks(wanted, root, device):
        checkpoint = newest(path)
        if checkpoint is None:
            # Without any state another sweep is just writing its first.
            if any(path.glob("step-*")):
                remove(path)
            continue
        lanes = [config for config in checkpoint.configs if config in left]
        others = [config for config in checkpoint.configs if config not in lanes]
        parts = {path_of(part, root, device): part for part in (others, lanes) if part}
        if lanes and path not in parts:
            for own, part in parts.items():
                keep(checkpoint.select(part), own)
            remove(path)
        if lanes:
            begun.append(lanes)
            left -= set(lanes)
    return begun


@contextmanager
def _progress_file(slots: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "steps")
        np.zeros(max(1, slots), dtype=np.int64).tofile(path)
        yield path


@contextmanager
def _watch(path: str, bar: tqdm) -> Iterator[None]:
    """Move ``bar`` to the sum of the counters in the progress file, twice a second, until left."""
    done, left = np.memmap(path, dtype=np.int64, mode="r"), threading.Event()

    def follow() -> None:
        while not left.wait(0.5):
            bar.update(int(done.sum()) - bar.n)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join()
        bar.update(int(done.sum()) - bar.n)
