"""Data sets by name, one file per data set."""

from pathlib import Path

from asvae.checks import known, one_of
from asvae.datasets.base import Dataset, Kind
from asvae.datasets.celeba import CelebA64, CelebA128, CelebA256
from asvae.datasets.checkerboard import Checkerboard
from asvae.datasets.cifar10 import CIFAR10
from asvae.datasets.digits import Digits
from asvae.datasets.folder import Folder
from asvae.datasets.gaussians import EightGaussians
from asvae.datasets.mnist import MNIST

_REGISTRY: dict[str, type[Dataset]] = {
    dataset.name: dataset
    for dataset in (Checkerboard, EightGaussians, Digits, MNIST, CIFAR10, CelebA64, CelebA128, CelebA256, Folder)
}


def names() -> list[str]:
    """Return the names that :func:`get` accepts."""
    return list(_REGISTRY)


def title(name: str) -> str:
    """Return the title that text gives the data set called ``name``."""
    return _named(name).title


def kind(name: str) -> Kind:
    """Return ``"points"`` or ``"images"``: what the data set called ``name`` contains."""
    return _named(name).kind


def has_files(name: str) -> bool:
    """Return whether the data set called ``name`` has files of its own, which a root is for."""
    return _named(name).files


def get(name: str, root: str | Path | None = None, **options) -> Dataset:
    """Return the data set called ``name``; no file is opened before the first sample is asked for.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    root : path, optional
        The folder that holds the files of a data set that has any, by default ``data/images``; a data
        set without files ignores it.
    **options
        The data set's own options: ``pixels`` and ``grey`` of ``"folder"``.

    Raises
    ------
    InvalidArgumentError
        If the name or an option is unknown, or an option's value is impossible.
    """
    dataset = _named(name)
    known(f"option of data set {name!r}", options, dataset.options)
    return dataset(root=root, **options) if dataset.files else dataset(**options)


def _named(name: str) -> type[Dataset]:
    return _REGISTRY[one_of("dataset", name, _REGISTRY)]
