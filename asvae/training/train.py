"""From a configuration to a run: one stack of lanes, trained, scored, interrupted and resumed."""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.cpu import threads
from asvae.draws import EVALUATION_SEED
from asvae.metrics import latents
from asvae.metrics import points as metrics
from asvae.training import checkpoint as checkpoints
from asvae.training import diagnostics, provenance
from asvae.training.checkpoint import Checkpoint
from asvae.training.image_training import train_images
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery
from asvae.training.marks import CHECKPOINT_SECONDS, Interruption, checks_score, notes_curves, parts_gradients
from asvae.training.points.cuda_graphs import stepper
from asvae.training.points.gradient_routes import gradient_norms
from asvae.training.points.lanes import Lanes
from asvae.training.run import RECONSTRUCTED, SAMPLES, Run, sample

CHECK_DRAWS = 5
"""Over how many draws a run in the plane is scored while it trains."""


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
        If the configuration is none, or the device is not one of this machine's.
    """
    check_config(config)
    check_device(device)
    total, unit = work([config])
    with tqdm(total=total, desc=config.objective, unit=unit, disable=not (progress and is_main_process())) as bar:
        [run] = train_any([config], device, bar.update, machinery=machinery)
    if is_main_process():
        diagnostics.log([run])
    return run


def work(configs: Sequence[RunConfig]) -> tuple[int, str]:
    """Return how much there is to train, and in what a progress bar counts it: images, or steps in the plane."""
    images = {config.kind == "points" for config in configs} == {False}
    total = sum(config.steps * (config.recipe.batch_size if images else 1) for config in configs)
    return total, "img" if images else "step"


def train_any(
    configs: Sequence[RunConfig],
    device: str,
    advance: Callable[[int], object],
    interruption: Interruption | None = None,
    begun: Checkpoint | None = None,
    commit: str | None = None,
    machinery: Machinery | None = None,
) -> list[Run] | None:
    """Train a stack of runs in the plane, or the one run on images that ``configs`` holds.

    ``advance`` is told how much of :func:`work` has passed. ``None`` if it was interrupted.
    """
    if configs[0].kind == "points":
        return train_stack(configs, device, advance, interruption, begun, commit)
    [config] = configs
    run = train_images(config, device, machinery or Machinery(), advance, interruption, commit)
    return None if run is None else [run]


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
    with threads(1):
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
        with stepper(lanes) as make_step:
            for step in range(done, steps):
                terms = make_step(step)
                marked = notes_curves(step, steps)
                if marked:
                    if parts_gradients(step, steps):
                        terms |= gradient_norms(lanes, step)
                    if checks_score(step, steps):
                        terms |= {"score": _check(lanes)}
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


def _check(lanes: Lanes) -> torch.Tensor:
    """Return the KL of Table 1 of every lane as it is now, ``(lanes,)``: over few draws, to see it move."""
    singles = (lanes.lane(i) for i in range(len(lanes.configs)))
    samplers = (functools.partial(sample, networks) for networks in singles)
    return torch.tensor([metrics.score(each, lanes.dataset, draws=CHECK_DRAWS, large=100)["kl"] for each in samplers])


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
        scores=metrics.nothing() | latents.nothing(),
        history=history,
        samples=torch.zeros(0, *lanes.networks.shape),
        provenance=provenance.collect(config, device, seconds, commit, len(lanes.configs)),
        networks=lanes.lane(i),
    )
    # A run that diverged has no model to score: its row in the table is NaN, whatever its last weights give.
    if divergence:
        return run
    scores, pictures = metrics.score(lambda n, draw: run.sample(n, draw), lanes.dataset), {}
    if "encoder" in run.networks.modules:
        real = lanes.dataset.sample(5_000, EVALUATION_SEED)
        scores |= latents.latent_scores(run.networks, real, run.sample(len(real)))
        pictures = {"reconstructed": run.reconstruct(real[:RECONSTRUCTED]).round(decimals=2)}
    return dataclasses.replace(run, scores=scores, samples=run.sample(SAMPLES).round(decimals=2), pictures=pictures)
