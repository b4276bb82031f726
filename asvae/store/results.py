"""Committed results: one sealed file per run in ``data/results/``, with scores, curves and samples, without weights."""

import functools
import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from asvae import datasets
from asvae.checks import folder, one_of, refuse
from asvae.config import RunConfig
from asvae.config.presets import SCALES
from asvae.files import DATA, listed, write_record
from asvae.metrics import latents
from asvae.metrics.points import nothing
from asvae.pictures import pack, unpack
from asvae.store.kept import Summary, or_nan, read, read_all, summary
from asvae.store.rows import reading_of, row_of
from asvae.store.sound import timing_seal
from asvae.training.numerics import fingerprint
from asvae.training.provenance import TIMING
from asvae.training.run import Result

if TYPE_CHECKING:
    import pandas as pd

ROOT = DATA / "results"
STALE = "stale.json"
"""The file beside the results that names fingerprints of old numerics, each with the reason why their results stay."""

_FARTHEST = 1e15
"""Beyond, the sum of squares of many samples leaves single precision."""

_SAID = ("objective", "combination", "dataset", "scale", "steps", "seed", "schedule", "reading", "diverged", "current")
"""The columns before the scores."""


def record(result: Result) -> dict[str, Any]:
    """Return a result as plain values; :func:`from_record` gives it back."""
    source = {key: value for key, value in result.provenance.items() if key != "origin"}
    kept = {
        "config": result.config.to_dict(),
        "divergence": vars(result.divergence) if result.divergence else None,
        "scores": {name: _plain(value) for name, value in result.scores.items()},
        "provenance": {key: value for key, value in source.items() if key not in TIMING},
        "timing": {key: source[key] for key in TIMING},
        "history": {name: [_plain(value) for value in curve] for name, curve in result.history.items()},
        **_samples(result),
    }
    if "format" in source:
        kept["timing"]["sha256"] = timing_seal(kept)
    return kept


def _samples(result: Result) -> dict[str, Any]:
    points = result.config.kind == "points"
    plain = _plain_points if points else _plain_images
    pictures = {name: plain(each) for name, each in result.pictures.items()}
    return {"samples": plain(result.samples)} | ({"pictures": pictures} if pictures or not points else {})


def _plain_points(points: torch.Tensor) -> list[list[float]]:
    return [[round(value, 2) for value in point] for point in points.tolist()]


def _plain_images(images: torch.Tensor) -> str:
    return pack(images) if len(images) else ""


def from_record(kept: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a :class:`~asvae.Result` from its :func:`record`, in which NaN is written as null."""
    said = summary(kept)
    points, shape = said.config.kind == "points", said.config.data().shape
    tensor = _points if points else _images
    pictures = kept.get("pictures", {}) if points else kept["pictures"]
    return said._asdict() | {
        "history": {name: [or_nan(value) for value in curve] for name, curve in kept["history"].items()},
        "samples": tensor(kept["samples"], shape),
        "pictures": {name: tensor(each, shape) for name, each in pictures.items()},
    }


def _images(text: str, shape: tuple[int, ...]) -> torch.Tensor:
    return unpack(text, shape) if text else torch.zeros(0, *shape)


def _points(points: list[list[float]], shape: tuple[int, ...]) -> torch.Tensor:
    points = torch.tensor(points, dtype=torch.float32) if points else torch.zeros(0, *shape)
    if points.shape[1:] != shape or not (points.abs() <= _FARTHEST).all():  # nor is NaN
        raise ValueError("samples that are no points, or beyond all that has a spread")
    return points


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def keep(result: Result, root: Path = ROOT) -> Path:
    """Write a result as a diffable file; return its path. Equal runs write equal files but for their timing."""
    path = root / name_of(result.config)
    write_record(path, record(result))
    return path


def name_of(config: RunConfig) -> str:
    """Return the name of the file that holds the result of ``config``."""
    row = row_of(config)
    name = f"{config.dataset}-{config.scale}-{config.objective}-{row}-seed{config.seed}"
    if row == "own" or reading_of(config) != "paper" or config.overrides:
        identity = json.dumps(config.identity(), sort_keys=True)
        name += f"-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
    return f"{name}.json"


def find(configs: Iterable[RunConfig], root: Path = ROOT) -> dict[RunConfig, Result]:
    """Return the kept results of ``configs`` that belong to today's numerics.

    A damaged file is named in a warning and passed over: its run counts as not kept. So is one that says the same as
    another file: see :func:`asvae.results`.
    """
    wanted = set(configs)
    places = {(config.dataset, config.scale, config.objective) for config in wanted}
    results = read_all((path for key in places for path in listed("root", root, f"{'-'.join(key)}-*.json")), _result)
    return {
        result.config: result
        for result in results
        if result.config in wanted and is_current(result.config, result.provenance)
    }


def _result(path: Path) -> Result:
    try:
        state = path.stat()
    except OSError as error:
        refuse("results", path.name, f"a file that can be read ({error.strerror})")
    return _as_written(path, (state.st_ino, state.st_size, state.st_mtime_ns))


@functools.lru_cache(maxsize=4096)
def _as_written(path: Path, written: tuple[int, ...]) -> Result:
    """Return the result in a file; a chapter asks for the same ones many times."""
    return read(path, lambda kept: Result(**from_record(kept)))


def is_current(config: RunConfig, provenance: dict[str, Any]) -> bool:
    """Whether a result of ``config`` with this provenance belongs to today's numerics."""
    return provenance["fingerprint"] == fingerprint(config.objective, config.dataset)


def results(dataset: str | None = None, scale: str | None = None, root: Path = ROOT) -> "pd.DataFrame":
    """Return the committed results, one row per run.

    Parameters
    ----------
    dataset, scale : str, optional
        Keep only the runs of this data set, or of this scale.
    root : Path
        The folder to read; the default one may be absent.

    Returns
    -------
    DataFrame
        Columns ``objective``, ``combination``, ``dataset``, ``scale``, ``steps``, ``seed``, ``schedule``, ``reading``,
        ``diverged``, ``current`` (made by today's numerics), then the scores, then ``provenance`` (a dict).

    Raises
    ------
    InvalidArgumentError
        If the data set or the scale is unknown, the folder is absent or cannot be read, or one of their files is
        damaged, is another file of the same run, or has the scores of another seed to the last digit.
    """
    import pandas as pd  # half a second to import

    if dataset is not None:
        one_of("dataset", dataset, datasets.names())
    if scale is not None:
        one_of("scale", scale, {name: None for scales in SCALES.values() for name in scales})
    place = folder("root", root)
    named = listed("root", place, f"{dataset or '*'}-{scale or '*'}-*.json", absent=place == ROOT)
    found = map(_row, read_all(named, strict=True))
    wanted = [row for row in found if dataset in (None, row["dataset"]) and scale in (None, row["scale"])]
    scores = dict.fromkeys(name for row in wanted for name in row if name not in (*_SAID, "provenance"))
    return pd.DataFrame(wanted, columns=[*_SAID, *(scores or nothing() | latents.nothing()), "provenance"])


def _row(said: Summary) -> dict[str, Any]:
    config = said.config
    own = {
        "objective": config.objective,
        "combination": row_of(config),
        "dataset": config.dataset,
        "scale": config.scale,
        "steps": config.steps,
        "seed": config.seed,
        "schedule": getattr(config.hyperparameters, "schedule", None),
        "reading": reading_of(config),
        "diverged": said.divergence is not None,
        "current": is_current(config, said.provenance),
    }
    return own | said.scores | {"provenance": said.provenance}
