"""Committed results: one sealed file per run in ``data/results/``, with scores, curves and samples, without weights."""

import functools
import hashlib
import json
import math
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from asvae import datasets
from asvae.checks import InvalidArgumentError, folder, one_of
from asvae.config import RunConfig
from asvae.config.presets import SCALES
from asvae.files import DATA, read_record, write_record
from asvae.metrics import latents
from asvae.metrics.points import nothing
from asvae.pictures import pack, unpack
from asvae.store.rows import reading_of, row_of
from asvae.store.sound import check, timing_seal
from asvae.training.golden import fingerprint
from asvae.training.provenance import TIMING
from asvae.training.run import Divergence, Result

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

ROOT = DATA / "results"
STALE = "stale.json"
"""The file beside the results that names fingerprints of old numerics, each with the reason why their results stay."""

_RENAMED = {"squares_covered": "modes_covered"}
"""Scores that older files call otherwise."""

_SAID = ("objective", "combination", "dataset", "scale", "steps", "seed", "schedule", "reading", "diverged", "current")
"""The columns before the scores."""


def record(result: Result) -> dict[str, Any]:
    """Return a result as plain values; :func:`from_record` gives it back."""
    source = {key: value for key, value in result.provenance.items() if key != "origin"}
    kept = {
        "config": result.config.to_dict(),
        "divergence": vars(result.divergence) if result.divergence else None,
        "scores": _plain(result.scores),
        "provenance": {key: value for key, value in source.items() if key not in TIMING},
        "timing": {key: source[key] for key in TIMING},
        "history": {name: list(_plain(dict(enumerate(curve))).values()) for name, curve in result.history.items()},
        **_samples(result),
    }
    if "format" in source:
        kept["timing"]["sha256"] = timing_seal(kept)
    return kept


def _samples(result: Result) -> dict[str, Any]:
    if result.config.kind == "points":
        points = {name: _points(value) for name, value in result.pictures.items()}
        return {"samples": _points(result.samples)} | ({"pictures": points} if points else {})
    samples = pack(result.samples) if len(result.samples) else ""
    return {"samples": samples, "pictures": {name: pack(images) for name, images in result.pictures.items()}}


def _points(points: torch.Tensor) -> list[list[float]]:
    return [[round(value, 2) for value in point] for point in points.tolist()]


def from_record(kept: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a :class:`~asvae.Result` from its :func:`record`, in which NaN is written as null."""
    fields = _summary(kept)
    config = fields["config"]
    shape = config.data().shape
    if config.kind == "points":
        packed = {"samples": kept["samples"]} | kept.get("pictures", {})
        points = {name: _tensor(each, shape) for name, each in packed.items()}
        samples = {"samples": points.pop("samples"), "pictures": points}
    else:
        packed = {name: unpack(text, shape) for name, text in kept["pictures"].items()}
        none = torch.zeros(0, *shape)
        samples = {"samples": unpack(kept["samples"], shape) if kept["samples"] else none, "pictures": packed}
    history = {name: list(_numbers(dict(enumerate(curve))).values()) for name, curve in kept["history"].items()}
    return fields | {"history": history} | samples


def _tensor(points: list[list[float]], shape: tuple[int, ...]) -> torch.Tensor:
    points = torch.tensor(points, dtype=torch.float32) if points else torch.zeros(0, *shape)
    if points.shape[1:] != shape or not points.isfinite().all():
        raise ValueError("samples that are no finite points")
    return points


def _summary(kept: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a table shows: neither curves nor samples."""
    check(kept)
    return {
        "config": RunConfig.from_dict(kept["config"]),
        "divergence": Divergence(**kept["divergence"]) if kept["divergence"] else None,
        "scores": {_RENAMED.get(name, name): value for name, value in _numbers(kept["scores"]).items()},
        "provenance": kept["provenance"] | {key: kept["timing"][key] for key in TIMING} | {"origin": "loaded"},
    }


def _plain(values: dict[Any, float]) -> dict[Any, float | None]:
    return {key: value if math.isfinite(value) else None for key, value in values.items()}


def _numbers(values: dict[Any, float | None]) -> dict[Any, float]:
    return {key: math.nan if value is None else value for key, value in values.items()}


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
    wanted, found, seen = set(configs), {}, {}
    places = {(config.dataset, config.scale, config.objective) for config in wanted}
    for path in sorted(path for key in places for path in root.glob(f"{'-'.join(key)}-*.json")):
        try:
            result = _result(path, _written(path))
            _check_new(path, result.config, result.scores, seen)
        except InvalidArgumentError as error:
            warnings.warn(str(error), stacklevel=2)
            continue
        if result.config in wanted and is_current(result.config, result.provenance):
            found[result.config] = result
    return found


def _written(path: Path) -> tuple[int, ...]:
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


@functools.lru_cache(maxsize=4096)
def _result(path: Path, written: tuple[int, ...]) -> Result:
    """Return the result in a file; a chapter asks for the same ones many times."""
    return _read(path, lambda kept: Result(**from_record(kept)))


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
        The folder to read.

    Returns
    -------
    DataFrame
        Columns ``objective``, ``combination``, ``dataset``, ``scale``, ``steps``, ``seed``, ``schedule``, ``reading``,
        ``diverged``, ``current`` (made by today's numerics), then the scores, then ``provenance`` (a dict).

    Raises
    ------
    InvalidArgumentError
        If the data set or the scale is unknown, or one of their files is damaged, is another file of the same run, or
        has the scores of another seed to the last digit.
    """
    import pandas as pd  # half a second to import

    if dataset is not None:
        one_of("dataset", dataset, datasets.names())
    if scale is not None:
        one_of("scale", scale, {name: None for scales in SCALES.values() for name in scales})
    named = folder("root", root).glob(f"{dataset or '*'}-{scale or '*'}-*.json")
    seen: dict[Any, Any] = {}
    found = [_row(path, seen) for path in sorted(named)]
    wanted = [row for row in found if dataset in (None, row["dataset"]) and scale in (None, row["scale"])]
    scores = dict.fromkeys(name for row in wanted for name in row if name not in (*_SAID, "provenance"))
    return pd.DataFrame(wanted, columns=[*_SAID, *(scores or nothing() | latents.nothing()), "provenance"])


def _read(path: Path, make: Callable[[dict[str, Any]], T]) -> T:
    kept = read_record(path)
    try:
        return make(kept)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InvalidArgumentError(f"results: got {path.name!r}, which is no result of this core ({error}).") from error


def _check_new(path: Path, config: RunConfig, scores: dict[str, float], seen: dict[Any, Any]) -> None:
    """Refuse what another file says already: of the same run, or with the same scores under another seed."""
    other = seen.setdefault(config, path)
    if other is not path:
        raise InvalidArgumentError(f"results: got {path.name!r}, of the same run as {other.name!r}; remove one.")
    finite = sorted((name, value) for name, value in scores.items() if math.isfinite(value))
    if len(finite) > 2:
        other, seed = seen.setdefault(tuple(finite), (path, config.seed))
        if seed != config.seed:
            raise InvalidArgumentError(
                f"results: got {path.name!r}, with the scores of {other.name!r} to the last digit under another seed; "
                "make both again, or remove the one that is relabelled."
            )


def _row(path: Path, seen: dict[Any, Any]) -> dict[str, Any]:
    kept = _read(path, _summary)
    config = kept["config"]
    _check_new(path, config, kept["scores"], seen)
    own = {
        "objective": config.objective,
        "combination": row_of(config),
        "dataset": config.dataset,
        "scale": config.scale,
        "steps": config.steps,
        "seed": config.seed,
        "schedule": getattr(config.hyperparameters, "schedule", None),
        "reading": reading_of(config),
        "diverged": kept["divergence"] is not None,
        "current": is_current(config, kept["provenance"]),
    }
    return own | kept["scores"] | {"provenance": kept["provenance"]}
