"""From a configuration to a run: one stack of lanes, trained, scored, interrupted and resumed."""

import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from asvae import checkpoints, metrics, provenance
from asvae.allocator import keep_memory
from asvae.checkpoints import Checkpoint
from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.graphs import stepper
from asvae.lanes import Lanes
from asvae.run import SAMPLES, Run

CURVE_POINTS = 100
"""How many points of every curve a run keeps."""

CHECKPOINT_SECONDS = 30.0
"""Wall time between two checkpoints of a stack."""


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
    check_config(config)
    check_device(device)
    with tqdm(total=config.steps, desc=config.objective, unit="step", disable=not progress) as bar:
        [run] = train_stack([config], device, bar.update)
    return run


def check_config(config: RunConfig) -> None:
    """Refuse what is not a configuration."""
    if not isinstance(config, RunConfig):
        refuse("config", config, "an asvae.RunConfig")


def check_device(device: str) -> None:
    """Refuse a device that is neither the CPU nor a CUDA device of this machine."""
    count = torch.cuda.device_count()
    have = ["cpu"] + ["cuda"] * (count > 0) + [f"cuda:{i}" for i in range(count)]
    if device not in have:
        note = "" if count else " (no CUDA device is visible here)"
        refuse("device", device, ", ".join(map(repr, have)) + note)


@dataclass(frozen=True)
class Interruption:
    """When a stack saves itself, and when it stops before its end."""

    path: Path | None = None
    """Where its checkpoint lies; ``None``: nowhere."""
    deadline: float = float("inf")
    """Seconds since the epoch."""
    parent: int | None = None
    """The process that must be alive for the work to make sense."""

    @property
    def due(self) -> bool:
        """Whether to stop now."""
        return time.time() >= self.deadline or (self.parent is not None and os.getppid() != self.parent)


def train_stack(
    configs: Sequence[RunConfig],
    device: str,
    advance: Callable[[int], object],
    interruption: Interruption | None = None,
    begun: Checkpoint | None = None,
    commit: str | None = None,
) -> list[Run] | None:
    """Train a stack of runs, from its checkpoint ``begun`` if there is one.

    ``advance`` is told every step how many run-steps have passed; ``commit`` says whose code this is. Returns the runs,
    in the order of ``configs``, or ``None`` if it was interrupted; then its checkpoint is on disk.
    """
    interruption = interruption or Interruption()
    if interruption.due:
        return None
    with _one_thread():
        start = time.perf_counter() - (begun.seconds if begun else 0.0)
        commit = begun.commit if begun else commit or provenance.commit()
        lanes = begun.lanes(device) if begun else Lanes(configs, device)
        curves, done = (list(begun.curves), begun.step) if begun else ([], 0)
        advance(done * len(configs))

        def save(step: int) -> None:
            if interruption.path is not None:
                here = (step, time.perf_counter() - start, commit, lanes.divergences, curves, lanes.state())
                checkpoints.keep(Checkpoint(list(configs), *here), interruption.path)

        steps, saved = lanes.recipe.steps, time.perf_counter()
        every = max(1, steps // CURVE_POINTS)
        with stepper(lanes) as make_step:
            for step in range(done, steps):
                terms = make_step(step)
                marked = (step + 1) % every == 0 or step == 0
                if marked:
                    curves.append((step, {name: term.tolist() for name, term in terms.items()}))
                # On a GPU whatever asks for a number waits for the device: only where a curve has asked already.
                if marked or lanes.device.type == "cpu":
                    if not lanes.alive:
                        advance((steps - step) * len(configs))
                        break
                    if interruption.due:
                        save(step + 1)
                        return None
                    if time.perf_counter() - saved > CHECKPOINT_SECONDS:
                        save(step + 1)
                        saved = time.perf_counter()
                advance(len(configs))
        seconds = (time.perf_counter() - start) / len(configs)
        return [_finish(lanes, i, curves, device, seconds, commit) for i in range(len(configs))]


def _finish(lanes: Lanes, i: int, curves: checkpoints.Curves, device: str, seconds: float, commit: str) -> Run:
    config, divergence = lanes.configs[i], lanes.divergences[i]
    kept = [(step, terms) for step, terms in curves if divergence is None or step < divergence.step]
    names = list(dict.fromkeys(name for _, terms in kept for name in terms))
    history: dict[str, list[Any]] = {"step": [step for step, _ in kept]}
    history |= {
        name: [float(f"{terms[name][i] if name in terms else np.nan:.5g}") for _, terms in kept] for name in names
    }
    run = Run(
        config=config,
        divergence=divergence,
        scores=metrics.nothing(),
        history=history,
        samples=torch.zeros(0, *lanes.networks.shape),
        provenance=provenance.collect(config, device, seconds, commit, len(lanes.configs)),
        networks=lanes.lane(i),
    )
    # A run that diverged has no model to score: its row in the table is NaN, whatever its last weights give.
    if divergence:
        return run
    scores = metrics.score(lambda n, draw: run.sample(n, draw), lanes.dataset)
    return dataclasses.replace(run, scores=scores, samples=run.sample(SAMPLES).round(decimals=2))


@contextmanager
def _one_thread() -> Iterator[None]:
    keep_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
