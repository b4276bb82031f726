"""Data sets by name, one file each."""

from collections.abc import Callable
from pathlib import Path

from asvae.checks import known, one_of
from asvae.datasets.base import Dataset
from asvae.datasets.checkerboard import Checkerboard

_REGISTRY: dict[str, Callable[..., Dataset]] = {"checkerboard": Checkerboard}


def names() -> list[str]:
    """Return the names that :func:`get` accepts."""
    return list(_REGISTRY)


def get(name: str, root: str | Path | None = None, **options) -> Dataset:
    """Return the data set called ``name``.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    root : path, optional
        The folder that holds the files of a data set that has any; a synthetic one ignores it.
    **options
        What the data set itself offers.

    Raises
    ------
    InvalidArgumentError
        If the name or an option is unknown.
    """
    dataset = _REGISTRY[one_of("dataset", name, _REGISTRY)]
    known(f"option of data set {name!r}", options, dataset.options)
    return dataset(root=root, **options)
