"""The one reader of results' files: each is checked, and none may repeat another."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.files import read_record
from asvae.store.earlier import RENAMED, config_of
from asvae.store.sound import check
from asvae.training.provenance import TIMING
from asvae.training.run import Divergence

T = TypeVar("T")


class Summary(NamedTuple):
    """What a table shows of a result: neither curves nor samples."""

    config: RunConfig
    divergence: Divergence | None
    scores: dict[str, float]
    provenance: dict[str, Any]


def summary(kept: dict[str, Any]) -> Summary:
    """Return the summary of a record that :func:`asvae.store.sound.check` lets pass."""
    check(kept)
    return Summary(
        config_of(kept),
        Divergence(**kept["divergence"]) if kept["divergence"] else None,
        {RENAMED.get(name, name): or_nan(value) for name, value in kept["scores"].items()},
        kept["provenance"] | {key: kept["timing"][key] for key in TIMING} | {"origin": "loaded"},
    )


def or_nan(kept: float | None) -> float:
    """Return a number as it was before it was written: NaN where a file has null."""
    return math.nan if kept is None else kept


def read(path: Path, make: Callable[[dict[str, Any]], T] = summary) -> T:
    """Return what ``make`` makes of a file's record.

    Raises
    ------
    InvalidArgumentError
        If the file is damaged, or ``make`` finds that it is no result.
    """
    kept = read_record(path)
    try:
        return make(kept)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InvalidArgumentError(f"results: got {path.name!r}, which is no result of this core ({error}).") from error


def read_all(paths: Iterable[Path], read: Callable[[Path], T] = read, *, strict: bool = False) -> Iterator[T]:
    """Yield what ``read`` gives for each file, with at least a summary's ``config`` and ``scores``.

    A damaged file is named in a warning and passed over, and so is one that says the same as another: of the same run,
    or with the same scores under another seed.

    Raises
    ------
    InvalidArgumentError
        If ``strict``, instead of that warning.
    """
    seen: dict[Any, Any] = {}
    for path in sorted(paths):
        try:
            found = read(path)
            _check_new(path, found.config, found.scores, seen)
        except InvalidArgumentError as error:
            if strict:
                raise
            warnings.warn(str(error), stacklevel=3)
            continue
        yield found


def _check_new(path: Path, config: RunConfig, scores: dict[str, float], seen: dict[Any, Any]) -> None:
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
