"""From a configuration to a run: alone with :func:`train`, many at once with :func:`sweep`."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import joblib
import numpy as np
import torch
from tqdm import tqdm

from asvae import metrics, provenance
from asvae.checks import integer, refuse
from asvae.config import RunConfig
from asvae.lanes import Lanes, stack_key
from asvae.run import Run

CURVE_POINTS = 200
"""How many points of every curve a run keeps."""


def train(config: RunConfig, *, device: str = "cpu", progress: bool = True) -> Run:
    """Train one run and score it.

    Parameters
    ----------
    config : RunConfig
        What to train.
    device : str
        A torch device. On a CPU one thread is used: small networks lose time with more.
    progress : bool
        Show a bar with an estimate on standard error.

    Returns
    -------
    Run
        Also when it became non-finite: then its ``divergence`` says where, and its scores are NaN.

    Raises
    ------
    InvalidArgumentError
        If the configuration is none, or the device is not one of this machine's.
    """
    _check_config(config)
    check_device(device)
    with tqdm(total=config.steps, desc=_describe([config]), unit="step", disable=not progress) as bar:
        [run] = _train_lanes([config], device, bar.update)
    return run


def sweep(
    configs: Sequence[RunConfig],
    *,
    device: str = "cpu",
    workers: int | None = None,
    progress: bool = True,
    done: Callable[[Run], object] | None = None,
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

    Returns
    -------
    list of Run
        In the order of ``configs``; each equals what :func:`train` returns for it.

    Raises
    ------
    InvalidArgumentError
        If a configuration is none, or the device or the number of workers is impossible.
    """
    if not isinstance(configs, Iterable):
        refuse("configs", configs, "a list of asvae.RunConfig")
    configs = list(configs)
    for config in configs:
        _check_config(config)
    check_device(device)
    workers = joblib.cpu_count() if workers is None else integer("workers", workers, 1)
    if not configs:
        return []
    stacks = _stack(list(dict.fromkeys(configs)), workers)
    total = sum(config.steps for stack in stacks for config in stack)
    trained = {}
    with (
        _progress_file(len(stacks)) as path,
        tqdm(total=total, desc=_describe(configs), unit="step", disable=not progress, miniters=1) as bar,
        _watch(path, bar),
    ):
        arguments = [(stack, device, path, slot) for slot, stack in enumerate(stacks)]
        if workers == 1 or torch.device(device).type != "cpu":
            finished = (_train_stack(*each) for each in arguments)
        else:
            pool = joblib.Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered")
            finished = pool(joblib.delayed(_train_stack)(*each) for each in arguments)
        for run in (run for runs in finished for run in runs):
            trained[run.config] = run
            if done is not None:
                done(run)
    return [trained[config] for config in configs]


def _check_config(config: RunConfig) -> None:
    if not isinstance(config, RunConfig):
        refuse("config", config, "an asvae.RunConfig")


def check_device(device: str) -> None:
    """Refuse a device that is neither the CPU nor a CUDA device of this machine."""
    count = torch.cuda.device_count()
    have = ["cpu"] + ["cuda"] * (count > 0) + [f"cuda:{i}" for i in range(count)]
    if device not in have:
        note = "" if count else " (no CUDA device is visible here)"
        refuse("device", device, ", ".join(map(repr, have)) + note)


def _describe(configs: Sequence[RunConfig]) -> str:
    names = list(dict.fromkeys(config.objective for config in configs))
    return f"{configs[0].dataset}, {len(set(configs))} runs" if len(configs) > 1 else names[0]


def _stack(configs: list[RunConfig], workers: int) -> list[list[RunConfig]]:
    """Group runs into stacks, each family split so that all workers have a share; costly families first."""
    families: dict[tuple, list[RunConfig]] = {}
    for config in configs:
        families.setdefault(stack_key(config), []).append(config)
    stacks = []
    for family in families.values():
        parts = min(workers, len(family))
        stacks += [family[part::parts] for part in range(parts)]
    cost = {"vae": 1, "introvae": 3, "s-introvae": 4, "as-introvae": 5}
    return sorted(stacks, key=lambda stack: -len(stack) * cost.get(stack[0].objective, 4) * stack[0].steps)


def _train_lanes(configs: Sequence[RunConfig], device: str, advance: Callable[[int], object]) -> list[Run]:
    """Train a stack of runs; ``advance`` is told every step how many run-steps have passed."""
    with _one_thread():
        commit, lanes, start = provenance.commit(), Lanes(configs, device), time.perf_counter()
        steps = lanes.recipe.steps
        every = max(1, steps // CURVE_POINTS)
        curves: list[tuple[int, dict[str, list[float]]]] = []
        for step in range(steps):
            terms = lanes.step(step)
            if not lanes.alive:
                advance((steps - step) * len(configs))
                break
            if (step + 1) % every == 0 or step == 0:
                curves.append((step, {name: term.tolist() for name, term in terms.items()}))
            advance(len(configs))
        seconds = (time.perf_counter() - start) / len(configs)
        return [
            _finish(lanes, i, curves, provenance.collect(device, seconds, commit, len(configs)))
            for i in range(len(configs))
        ]


def _finish(lanes: Lanes, i: int, curves: list, source: dict[str, Any]) -> Run:
    divergence = lanes.divergences[i]
    kept = [(step, terms) for step, terms in curves if divergence is None or step < divergence.step]
    names = list(dict.fromkeys(name for _, terms in kept for name in terms))
    history = {"step": [step for step, _ in kept]}
    history |= {name: [terms[name][i] if name in terms else np.nan for _, terms in kept] for name in names}
    run = Run(lanes.configs[i], lanes.lane(i), history, divergence, {}, source)
    # A run that diverged has no model to score: its row in the table is NaN, whatever its last weights give.
    scores = metrics.nothing() if divergence else metrics.score(lambda n, draw: run.sample(n, draw), lanes.dataset)
    run.scores.update(scores)
    return run


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _train_stack(configs: list[RunConfig], device: str, path: str, slot: int) -> list[Run]:
    """Train one stack in a worker, counting its run-steps in ``slot`` of the progress file."""
    done = np.memmap(path, dtype=np.int64, mode="r+")

    def advance(n: int) -> None:
        done[slot] += n

    return _train_lanes(configs, device, advance)


@contextmanager
def _progress_file(slots: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "steps")
        np.zeros(slots, dtype=np.int64).tofile(path)
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
