"""Committed results: one small file a run in ``data/results/``, scores and provenance without weights."""

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

import pandas as pd

from asvae import datasets
from asvae.checks import InvalidArgumentError, one_of
from asvae.config import COMBINATIONS, SCALES, RunConfig, combination
from asvae.metrics import nothing
from asvae.paths import DATA
from asvae.run import Run

ROOT = DATA / "results"

_COLUMNS = ("objective", "combination", "dataset", "scale", "steps", "seed", "schedule", "diverged")


def record(run: Run) -> dict[str, Any]:
    """Return what is written of a run beside its weights and curves."""
    return {
        "config": run.config.to_dict(),
        "divergence": vars(run.divergence) if run.divergence else None,
        "scores": {name: None if math.isnan(value) else value for name, value in run.scores.items()},
        "provenance": {key: value for key, value in run.provenance.items() if key != "origin"},
    }


def read_scores(kept: dict[str, Any]) -> dict[str, float]:
    """Return the scores of a :func:`record`, in which NaN is written as null."""
    return {name: math.nan if value is None else value for name, value in kept["scores"].items()}


def keep(run: Run, root: Path = ROOT) -> Path:
    """Write a run's configuration, scores, divergence and provenance as a diffable file; return its path."""
    root.mkdir(parents=True, exist_ok=True)
    config = run.config
    identity = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode()).hexdigest()[:8]
    row = combination_of(config)
    path = root / f"{config.dataset}-{config.scale}-{config.objective}-{row}-seed{config.seed}-{identity}.json"
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(record(run), indent=1, sort_keys=True) + "\n")
    part.replace(path)
    return path


def results(dataset: str | None = None, scale: str | None = None, root: Path = ROOT) -> pd.DataFrame:
    """Return the committed results, one row a run.

    Parameters
    ----------
    dataset, scale : str, optional
        Keep only the runs of this data set, or of this scale.
    root : Path
        The folder to read.

    Returns
    -------
    DataFrame
        Columns ``objective``, ``combination``, ``dataset``, ``scale``, ``steps``, ``seed``, ``schedule``, ``diverged``,
        then the scores, then ``provenance`` (a dict).

    Raises
    ------
    InvalidArgumentError
        If the data set or the scale is unknown, or a file is not one that :func:`keep` wrote.
    """
    if dataset is not None:
        one_of("dataset", dataset, datasets.names())
    if scale is not None:
        one_of("scale", scale, {name: None for scales in SCALES.values() for name in scales})
    rows = [_row(path) for path in sorted(Path(root).glob("*.json"))]
    wanted = [row for row in rows if dataset in (None, row["dataset"]) and scale in (None, row["scale"])]
    return pd.DataFrame(wanted, columns=[*_COLUMNS, *nothing(), "provenance"])


def _row(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text())
        config = RunConfig(**kept["config"])
        own = (
            config.objective,
            combination_of(config),
            config.dataset,
            config.scale,
            config.steps,
            config.seed,
            getattr(config.hyperparameters, "schedule", None),
            kept["divergence"] is not None,
        )
        return dict(zip(_COLUMNS, own, strict=True)) | read_scores(kept) | {"provenance": kept["provenance"]}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidArgumentError(f"results: got a damaged {path.name!r} ({error}); remove or restore it.") from error


def combination_of(config: RunConfig) -> str:
    """Return the first Table 1 row that ``config`` is a cell of, any seed and steps, else ``"own"``."""
    for row in COMBINATIONS:
        cell = RunConfig(config.objective, config.dataset, config.scale, **combination(row, config.objective))
        if cell.replace(seed=config.seed, steps=config.steps) == config:
            return row
    return "own"
