"""Committed results: one small file a run in ``data/results/``, scores and provenance without weights."""

import json
from pathlib import Path

import pandas as pd

import asvae
from asvae.checks import InvalidArgumentError
from asvae.config import COMBINATIONS, RunConfig, combination
from asvae.run import Run

ROOT = Path(asvae.__file__).resolve().parent.parent / "data" / "results"


def keep(run: Run, root: Path = ROOT) -> Path:
    """Write a run's configuration, scores, divergence and provenance as a diffable file; return its path."""
    root.mkdir(parents=True, exist_ok=True)
    config = run.config
    record = {
        "config": config.to_dict(),
        "divergence": vars(run.divergence) if run.divergence else None,
        "scores": run.scores,
        "provenance": {key: value for key, value in run.provenance.items() if key != "origin"},
    }
    row = _combination(config)
    name = f"{config.dataset}-{config.scale}-{config.objective}-{row}-{config.steps}steps-seed{config.seed}.json"
    path = root / name
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
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
        If a file is not one that :func:`keep` wrote.
    """
    rows = []
    for path in sorted(root.glob("*.json")):
        try:
            record = json.loads(path.read_text())
            config = RunConfig(**record["config"])
            rows.append(
                {
                    "objective": config.objective,
                    "combination": _combination(config),
                    "dataset": config.dataset,
                    "scale": config.scale,
                    "steps": config.steps,
                    "seed": config.seed,
                    "schedule": getattr(config.hyperparameters, "schedule", None),
                    "diverged": record["divergence"] is not None,
                    **record["scores"],
                    "provenance": record["provenance"],
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidArgumentError(
                f"results: got a damaged {path.name!r} ({error}); remove or restore it."
            ) from error
    frame = pd.DataFrame(rows)
    for column, wanted in (("dataset", dataset), ("scale", scale)):
        if wanted is not None and len(frame):
            frame = frame[frame[column] == wanted]
    return frame.reset_index(drop=True)


def _combination(config: RunConfig) -> str:
    """Return the first combination whose weights these are, else ``"own"``; VAE fits every one."""
    for row in COMBINATIONS:
        weights = combination(row, config.objective)
        if all(getattr(config.hyperparameters, key) == value for key, value in weights.items()):
            return row
    return "own"
