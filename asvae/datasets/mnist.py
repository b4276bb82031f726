"""MNIST: 70,000 handwritten digits, 28×28."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
        import torchvision  # seconds to import, and most runs train on something else

        with self._reading(), self._unpacked() as root:
            parts = [torchvision.datasets.MNIST(root, train=train) for train in (True, False)]
            images = [part.data.numpy().reshape(-1, *self.shape) for part in parts]
            labels = parts[0].targets.numpy().astype(np.int64)
            if len(labels) != len(images[0]):
                raise ValueError(f"{len(labels)} labels for {len(images[0])} images")
            return Content(*images, labels)

    @contextmanager
    def _unpacked(self) -> Iterator[Path]:
        """Yield a root with unpacked files: torchvision reads no others, and ours may be read-only."""
        from torchvision.datasets.utils import extract_archive

        if not any(self._file(name).suffix == ".gz" for name in _FILES):
            yield self.root
            return
        with tempfile.TemporaryDirectory() as folder:
            raw = Path(folder, self.expects)
            raw.mkdir(parents=True)
            for name in _FILES:
                file = self._file(name)
                if file.suffix == ".gz":
                    extract_archive(str(file), str(raw))
                else:
                    shutil.copy(file, raw)
            yield Path(folder)
