"""Golden traces: a few steps of small runs in double precision, which tell whether the numerics are still the same.

A stored result carries the fingerprint of its method's trace. A refactoring that changes no number keeps it; a change
that does fails a test, until the trace is written again (``make golden``) and the results that carry the old
fingerprint are made again, or marked in ``data/results/stale.json``.
"""

import dataclasses
import hashlib
import inspect
import json
import math
import warnings
from functools import partial
from pathlib import Path

import torch

from asvae import datasets, objectives
from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.cpu import threads
from asvae.files import DATA, read_record, write_record
from asvae.metrics import points
from asvae.training.images.machinery import Machinery
from asvae.training.images.trainer import Trainer
from asvae.training.points.lanes import Lanes
from asvae.training.run import sample

ROOT = DATA / "golden"
TOLERANCE = 1e-6
"""Relative: machines differ by 1e-12 in double precision after these few steps, a changed equation by far more."""

SMALL = {"width": 8, "depth": 2, "batch_size": 16, "steps": 6, "warmup": 0.2}
SMALL_IMAGES = {"width": 1 / 16, "latent_dim": 4, "batch_size": 8, "steps": 4, "warmup": 0.25, "ema": 0.5}

TRACED = ("checkerboard", "digits")
"""The data sets that numerics are traced on: all image sets share the second's, which needs no files."""

Trace = dict[str, list[float | None]]
"""``"<variant>/<term>"`` → its value at every step."""


def fingerprint(objective: str, dataset: str = "checkerboard") -> str:
    """Return, from a trace, the name of the numerics that a run of this method has today.

    It is the fingerprint of the committed trace where today's agrees with that, and another one where it does not, or
    where the trace is absent or damaged: a warning names it then, as no committed result counts.
    """
    dataset = traced_on(dataset)
    today = trace(objective, dataset)
    try:
        kept = read_record(path(objective, dataset))
        if agree(today, kept["trace"]):
            return kept["fingerprint"]
        reason = f"golden trace: got {path(objective, dataset).name!r}, which is not what {objective!r} computes today;"
    except InvalidArgumentError as error:
        reason = f"golden trace: {error}"
    except (AttributeError, KeyError, TypeError):
        reason = f"golden trace: got {path(objective, dataset).name!r}, which is no trace;"
    if ROOT.is_dir():  # none comes with an installed package
        warnings.warn(
            f"{reason} results of this method do not count until it is restored, or `make golden` writes it.",
            stacklevel=2,
        )
    return identity(today)


def traced_on(dataset: str) -> str:
    """Return which of :data:`TRACED` tells the numerics of runs on a data set."""
    return TRACED[0] if datasets.kind(dataset) == "points" else TRACED[1]


def path(objective: str, dataset: str) -> Path:
    """Return the file of a committed trace."""
    return ROOT / f"{dataset}-{objective}.json"


def trace(objective: str, dataset: str = "checkerboard") -> Trace:
    """Return today's trace: every switch of the method turned once, both decays, what samples score, over how many."""
    with threads(1):
        return _on_points(objective, dataset) if datasets.kind(dataset) == "points" else _on_images(objective, dataset)


def _on_points(objective: str, dataset: str) -> Trace:
    traced: Trace = {}
    for name, changes in _variants(objective).items():
        lanes = Lanes([RunConfig(objective, dataset, **SMALL | changes)], dtype=torch.float64)
        traced |= _steps(name, lanes, SMALL["steps"])
        scores = points.score(partial(sample, lanes.networks), lanes.dataset, n=200, draws=2, large=400)
        traced |= {f"{name}/score/{score}": [_finite(value)] for score, value in scores.items()}
    defaults = inspect.signature(points.score).parameters.values()
    return traced | {f"score/{each.name}": [float(each.default)] for each in defaults if isinstance(each.default, int)}


def _on_images(objective: str, dataset: str) -> Trace:
    # Switches are the same code on images, and are traced on points, where a step is cheap.
    config = RunConfig(objective, dataset, **SMALL_IMAGES)
    # Processes of one run ask for this at times of their own, and each must find the same.
    alone = Machinery(precision="float32", alone=True)
    trainer = Trainer(config, "cpu", alone, dtype=torch.float64)
    traced = _steps("default", trainer, config.steps)
    samples = sample(trainer.shown(), 8, 0)
    return traced | {"default/samples": [_finite(value) for value in (samples.mean().item(), samples.std().item())]}


def _steps(name: str, engine: Lanes | Trainer, steps: int) -> Trace:
    traced: Trace = {}
    for step in range(steps):
        for term, value in engine.step(step).items():
            traced.setdefault(f"{name}/{term}", []).append(_finite(value.item()))
    return traced


def _variants(objective: str) -> dict[str, dict[str, str | bool]]:
    variants = {"default": {}, "decay=steps": {"decay": "steps"}}
    for field in dataclasses.fields(objectives.get(objective).hyperparameters):
        values = [not field.default] if field.type is bool else field.metadata.get("choices", ())
        variants |= {f"{field.name}={value}": {field.name: value} for value in values if value != field.default}
    return variants


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def agree(a: Trace, b: Trace) -> bool:
    """Whether two traces have the same entries, equal within :data:`TOLERANCE`."""

    def close(x: float | None, y: float | None) -> bool:
        return x is y if None in (x, y) else math.isclose(x, y, rel_tol=TOLERANCE, abs_tol=1e-9)

    return a.keys() == b.keys() and all(
        a[key] is not None and len(a[key]) == len(b[key]) and all(map(close, a[key], b[key])) for key in a
    )


def identity(traced: Trace) -> str:
    """Return a trace's own fingerprint, from its values to six digits."""
    text = json.dumps({key: [x if x is None else f"{x:.5e}" for x in values] for key, values in sorted(traced.items())})
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def renew() -> None:
    """Write the trace of every method that no longer agrees with its committed one, and say which."""
    for dataset in TRACED:
        for objective in objectives.names():
            today, place = trace(objective, dataset), path(objective, dataset)
            kept = read_record(place) if place.is_file() else {"trace": {}, "fingerprint": ""}
            if agree(today, kept["trace"]):
                print(f"{place.name}: unchanged, {kept['fingerprint']}")
                continue
            if kept["trace"] and agree({key: today.get(key) for key in kept["trace"]}, kept["trace"]):
                # New switches alone: whatever could be asked for before has the numbers that it had.
                write_record(place, {"fingerprint": kept["fingerprint"], "trace": today})
                print(f"{place.name}: extended, {kept['fingerprint']}")
                continue
            write_record(place, {"fingerprint": identity(today), "trace": today})
            print(f"{place.name}: written, {identity(today)}; results with another fingerprint are stale now")
