"""MNIST: 70,000 handwritten digits, 28×28."""

import gzip
import math
import os
from pathlib import Path
from typing import ClassVar

import numpy as np

from asvae.datasets.content import Content
from asvae.datasets.images import ImageDataset

_FILES = [f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")]


class MNIST(ImageDataset):
    """The four IDX files where torchvision puts them, ``ROOT/MNIST/raw``, gzipped as they are published or unpacked."""

    name: ClassVar[str] = "mnist"
    title: ClassVar[str] = "MNIST"
    shape = (1, 28, 28)
    flip: ClassVar[bool] = False
    classes: ClassVar[int] = 10
    whole: ClassVar[int] = 60_000
    torchvision: ClassVar[str] = "MNIST"
    expects: ClassVar[str] = "MNIST/raw"
    source: ClassVar[str] = (
        "60,000 and 10,000 handwritten digits (LeCun, Cortes and Burges, from NIST's databases), "
        "fetched by torchvision from its mirror."
    )

    @property
    def available(self) -> bool:
        """Whether all four files are present, each gzipped or unpacked."""
        return all(os.path.isfile(self._file(name)) for name in _FILES)

    def _file(self, name: str) -> Path:
        unpacked = self.root / self.expects / name
        return unpacked if os.path.isfile(unpacked) else unpacked.with_name(f"{name}.gz")

    def _load(self) -> Content:
        with self._reading():
            train, labels, test, others = (_idx(self._file(name)) for name in _FILES)
            if (len(labels), len(others)) != (len(train), len(test)):
                raise ValueError(f"{len(labels)} and {len(others)} labels for {len(train)} and {len(test)} images")
            return Content(train[:, None], test[:, None], labels.astype(np.int64))


def _idx(path: Path) -> np.ndarray:
    """Return an IDX file of bytes as an array; its head is 0, 0, 8 for bytes, the number of axes, and their lengths."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is no IDX file of bytes")
    shape = tuple(np.frombuffer(data, ">i4", data[3], 4).tolist())
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    if min(shape, default=0) < 0 or math.prod(shape) != len(values):  # NumPy would work out a -1
        raise ValueError(f"{path.name} holds {len(values)} bytes in the shape {shape}")
    return values.reshape(shape)
