"""The interface of a data set."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor

from asvae.checks import integer
from asvae.cpu import check_room, memory

Kind = Literal["points", "images"]


def position(n: int, seed: int, step: int) -> tuple[int, int, int]:
    """Return what decides a sample, each a whole number in its range; refuse more points than fit into memory."""
    n, seed, step = integer("n", n, 1), integer("seed", seed, 0, 2**63 - 1), integer("step", step, 0, 2**63 - 1)
    check_room(f"n={n}", 40 * n, memory())  # ten numbers in float32
    return n, seed, step


class Dataset(ABC):
    """Samples of one shape, drawn as a function of (seed, step): no iterator state to save or restore."""

    name: ClassVar[str]
    title: ClassVar[str]
    """Its name in text."""
    kind: ClassVar[Kind]
    """``"points"``, whose runs are stacked and trained together, or ``"images"``, whose runs are trained one by one."""
    files: ClassVar[bool] = False
    """Whether it has files, which lie in a root."""
    shape: tuple[int, ...]
    """Shape of one sample, known without opening any file."""
    options: ClassVar[tuple[str, ...]] = ()
    """Names of the keyword options that :func:`asvae.datasets.get` may pass."""

    @abstractmethod
    def sample(self, n: int, seed: int, step: int = 0) -> Tensor:
        """Return ``(n, *shape)`` samples in float32; equal arguments give equal samples."""

    @property
    def available(self) -> bool:
        """Whether its files are present, without reading them all; always true of a data set without files."""
        return True

    def download(self) -> None:
        """Fetch the files, on request only; does nothing for a data set without files."""
