"""Many runs at once: stacked into lanes, spread over processes, interrupted and continued."""

import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import torch
from tqdm import tqdm

from asvae import objectives
from asvae.checks import folder, integer, number, refuse
from asvae.config import RunConfig
from asvae.cpu import huge_pages
from asvae.files import check_writable
from asvae.training import diagnostics, provenance
from asvae.training.checkpoint import begun, path_of, remove, warn_of_earlier
from asvae.training.images.distributed import is_main_process, of_environment
from asvae.training.images.machinery import Machinery
from asvae.training.memory import check_fits
from asvae.training.points.stacking import into_stacks
from asvae.training.progress_file import asking, shared, watched
from asvae.training.run import Run
from asvae.training.stepper import Interruption
from asvae.training.train import check_config, check_device, check_machinery, train_any, work


class BudgetSpentError(RuntimeError):
    """A sweep stopped at its budget; what had finished was handed over, the rest goes on from its checkpoints."""


class StoppedError(RuntimeError):
    """A sweep was asked to stop by a signal and saved what it had."""

    def __init__(self, message: str, number: int):
        super().__init__(message)
        self.number = number
        """Of the signal."""


class _Job(NamedTuple):
    """One stack, and what the process that trains it must know."""

    configs: list[RunConfig]
    path: Path | None
    device: str
    deadline: float
    counters: str
    """The progress file."""
    slot: int
    """Where its run-steps are counted there."""
    commit: str
    machinery: Machinery | None


_BUSY = threading.Lock()
"""Held by a worker while it trains: it does not leave before it has saved."""


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
        If a configuration is not a RunConfig, a run does not fit into memory, or another argument is impossible.
    MissingDataError
        If a data set's files are absent.
    BudgetSpentError
        If the budget ended first; runs that had finished went to ``done``.
    StoppedError
        If Ctrl-C or SIGTERM came first; a second Ctrl-C does not wait.
    NotWrittenError
        If a checkpoint cannot be written.
    """
    configs = check_configs(configs)
    check_device(device)
    check_machinery(machinery)
    for config in configs:
        check_fits(config, device)
    if done is not None and not callable(done):
        refuse("done", done, "a function of a run, or None")
    if checkpoints is not None:
        checkpoints = folder("checkpoints", checkpoints)
        check_writable("checkpoints", checkpoints)
    workers = joblib.cpu_count() if workers is None else integer("workers", workers, 1)
    deadline = float("inf") if budget is None else time.time() + number("budget", budget, 0.0, open_low=True)
    if not configs:
        return []
    trained: dict[RunConfig, Run] = {}
    wanted = list(dict.fromkeys(configs))
    diagnostics.log_forecasts(wanted)
    if checkpoints is not None:
        warn_of_earlier(wanted, checkpoints, device)
    planned = _planned(wanted, workers, device, checkpoints)
    paths = [checkpoints and path_of(each, checkpoints, device, machinery and machinery.data_root) for each in planned]
    total, unit = work(wanted)
    described = f"{len(wanted)} runs in {len(planned)} stacks" if len(wanted) > 1 else wanted[0].objective
    with (
        shared(len(planned)) as counters,
        tqdm(total=total, desc=described, unit=unit, disable=not (progress and is_main_process()), miniters=1) as bar,
        watched(counters, bar),
        asking(counters) as asked,
    ):
        commit = provenance.commit()
        jobs = [
            _Job(stack, path, device, deadline, counters, slot, commit, machinery)
            for slot, (stack, path) in enumerate(zip(planned, paths, strict=True))
        ]
        for path, runs in _results(jobs, workers, device):
            for run in runs or ():
                trained[run.config] = run
                if done is not None:
                    done(run)
            if runs is not None and path is not None and is_main_process():
                remove(path)
        stopped = int(asked[-1])
    if is_main_process():
        diagnostics.log(list(trained.values()))
    if len(trained) < len(wanted):
        goes_on = "; the same call goes on from there" if checkpoints is not None else ""
        if stopped:
            kept = goes_on and f"; the others are saved{goes_on}"
            what = f"{signal.Signals(stopped).name}: stopped after {len(trained)} of {len(wanted)} runs{kept}."
            raise StoppedError(what, stopped)
        raise BudgetSpentError(f"budget: spent after {len(trained)} of {len(wanted)} runs{goes_on}.")
    return [trained[config] for config in configs]


def check_configs(configs: Any) -> list[RunConfig]:
    """Return the configurations as a list; refuse anything else."""
    try:
        configs = list(configs)
    except TypeError:
        refuse("configs", configs, "a list of asvae.RunConfig")
    for config in configs:
        check_config(config)
    return configs


def _planned(wanted: Sequence[RunConfig], workers: int, device: str, checkpoints: Path | None) -> list[list[RunConfig]]:
    """Return the stacks that train all wanted runs: those that can go on, then new ones; runs on images stand alone."""
    on_points = [config for config in wanted if config.kind == "points"]
    on_images = [config for config in wanted if config.kind == "images"]
    old = [] if checkpoints is None else begun(on_points, checkpoints, device)
    resumed = {config for stack in old for config in stack}
    new = into_stacks([config for config in on_points if config not in resumed], workers, device)
    on_images.sort(key=lambda config: (config.seed, -objectives.get(config.objective).cost * config.steps))
    return old + new + [[config] for config in on_images]


def _results(jobs: list[_Job], workers: int, device: str) -> Iterator[tuple[Path | None, list[Run] | None]]:
    # Under torchrun a run has several processes already.
    if workers == 1 or len(jobs) < 2 or torch.device(device).type != "cpu" or of_environment("WORLD_SIZE", 1) > 1:
        return (_work(job) for job in jobs)
    pool = joblib.Parallel(n_jobs=min(workers, len(jobs)), backend="loky", return_as="generator_unordered")
    with huge_pages():
        return pool(joblib.delayed(_work_apart)(job, os.getpid()) for job in jobs)


def _work_apart(job: _Job, parent: int) -> tuple[Path | None, list[Run] | None]:
    """Do :func:`_work` in a process of its own, which stops with its parent and leaves nothing to wait for."""
    _leave_with(parent)
    with _BUSY, asking(job.counters):
        return _work(job, parent)


@functools.cache
def _leave_with(parent: int) -> None:
    # A terminal's Ctrl-C reaches all processes, and one that waits for work would break the pool: the parent tells.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        with _BUSY:
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(job: _Job, parent: int | None = None) -> tuple[Path | None, list[Run] | None]:
    """Train one stack, counting its run-steps in the progress file."""
    done = np.memmap(job.counters, dtype=np.int64, mode="r+")

    def advance(n: int) -> None:
        done[job.slot] += n

    interruption = Interruption(job.path, job.deadline, parent, lambda: bool(done[-1]))
    return job.path, train_any(job.configs, job.device, advance, interruption, job.commit, job.machinery)
