"""CIFAR-10: 60,000 colour photographs of ten kinds of things, 32×32."""

import math
import os
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from asvae.datasets.content import Content
from asvae.datasets.images import ImageDataset

_TRAIN = [f"data_batch_{i}" for i in range(1, 6)]
_TEST = ["test_batch"]
_ARRAYS = {
    (module, name)
    for module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
    for name in ("ndarray", "dtype", "_reconstruct")
} | {("_codecs", "encode")}
"""What a pickled array is made of."""


class _Unpickler(pickle.Unpickler):
    """Arrays and plain values only, so that no code in a file is ever run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ARRAYS:
            raise pickle.UnpicklingError(f"{module}.{name} in a batch of images")
        return super().find_class(module, name)


class CIFAR10(ImageDataset):
    """The six pickled batches where torchvision puts them, ``ROOT/cifar-10-batches-py``.

    torchvision fetches them and checks their MD5. They are read here, because its reader checks again each time and
    so refuses a smaller set in the same format.
    """

    name: ClassVar[str] = "cifar10"
    title: ClassVar[str] = "CIFAR-10"
    shape = (3, 32, 32)
    flip: ClassVar[bool] = True
    classes: ClassVar[int] = 10
    whole: ClassVar[int] = 50_000
    torchvision: ClassVar[str] = "CIFAR10"
    expects: ClassVar[str] = "cifar-10-batches-py"
    source: ClassVar[str] = (
        "50,000 and 10,000 photographs of ten classes (Krizhevsky, 2009, from the Tiny Images), "
        "fetched by torchvision from the University of Toronto."
    )

    @property
    def available(self) -> bool:
        """Whether all six batches are present."""
        return all(os.path.isfile(self.root / self.expects / name) for name in _TRAIN + _TEST)

    def _load(self) -> Content:
        with self._reading():
            (train, labels), (test, _) = self._part(_TRAIN), self._part(_TEST)
            return Content(train, test, labels)

    def _part(self, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
        rows, labels = zip(*(self._batch(self.root / self.expects / name) for name in names), strict=True)
        return np.concatenate(rows).reshape(-1, *self.shape), np.concatenate(labels).astype(np.int64)

    def _batch(self, path: Path) -> tuple[np.ndarray, np.ndarray]:
        with path.open("rb") as file:
            batch = _Unpickler(file, encoding="latin1").load()
        rows, labels = np.asarray(batch["data"]), np.asarray(batch["labels"])
        if rows.dtype != np.uint8 or rows.shape != (len(labels), math.prod(self.shape)):
            raise ValueError(f"{path.name} holds {rows.dtype} of shape {rows.shape} for {len(labels)} labels")
        # Numbers that are not whole would be cut off, and NaN would be any.
        if labels.dtype.kind not in "iu" or labels.ndim != 1 or not ((labels >= 0) & (labels < self.classes)).all():
            raise ValueError(f"{path.name} holds labels other than whole numbers from 0 to {self.classes - 1}")
        return rows, labels
