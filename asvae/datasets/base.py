"""What a data set promises to the layers above."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor


class Dataset(ABC):
    """Samples of one shape, drawn as a function of (seed, step): no iterator state to save or restore."""

    name: ClassVar[str]
    shape: ClassVar[tuple[int, ...]]
    """Shape of one sample."""
    options: ClassVar[tuple[str, ...]] = ()
    """Names of the keyword options that :func:`asvae.datasets.get` may pass."""

    @abstractmethod
    def sample(self, n: int, seed: int, step: int = 0) -> Tensor:
        """Return ``(n, *shape)`` samples in float32; equal arguments give equal samples."""
