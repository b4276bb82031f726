"""What all image data sets share: pixels in memory or on disk, a random order per epoch, mirrored images."""

import os
import shlex
import socket
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from asvae import draws
from asvae.checks import InvalidArgumentError, folder, integer, refuse
from asvae.datasets.base import Dataset, Kind, position
from asvae.datasets.content import Content, pixel_fingerprint
from asvae.files import DATA

_PATIENCE = 60.0
"""Seconds that a download may stall."""


class MissingDataError(InvalidArgumentError):
    """The files of a data set are absent; the message is one sentence that says how to get them."""


class ImageDataset(Dataset):
    """Images stored as uint8, opened when first used, and sampled as float32 in [0, 1].

    The images of a step, and which of them are mirrored, follow from (seed, step) alone. An epoch is
    ``steps_per_epoch(n)`` steps and contains no image twice; the remainder of fewer than n images, which is left out,
    differs between epochs.

    Parameters
    ----------
    root : path, optional
        The folder with the files; by default ``data/images``. No file is opened yet.
    """

    kind: ClassVar[Kind] = "images"
    files: ClassVar[bool] = True
    shape: tuple[int, int, int]
    """``(C, H, W)``."""
    flip: ClassVar[bool]
    """Whether images are mirrored at random."""
    classes: ClassVar[int] = 0
    """Number of classes; 0 without labels."""
    whole: ClassVar[int] = 0
    """Number of training images of the published data set; 0 where there is none."""
    source: ClassVar[str]
    """One sentence: what it is and where it comes from."""
    torchvision: ClassVar[str] = ""
    """Name of the class in ``torchvision.datasets`` that downloads it; empty for a data set that has no download."""
    expects: ClassVar[str] = "."
    """The file or folder, relative to the root, that is present when the data set is."""
    folders: ClassVar[tuple[str, ...]] = ()
    """Where else the files may lie, relative to the root."""

    def __init__(self, root: str | Path | None = None):
        self.root = Path(os.path.expanduser(folder("root", root))) if root is not None else DATA / "images"
        self._order: tuple[tuple[int, int], np.ndarray] | None = None

    @abstractmethod
    def _load(self) -> Content:
        """Return what the files contain; they are known to be present."""

    def _fetch(self, root: Path) -> None:
        """Put the files under ``root``, for a data set that can be downloaded."""
        if not self.torchvision:
            refuse("dataset", self.name, "one that can be downloaded")
        from torchvision import datasets  # seconds to import, and most runs train on something else

        getattr(datasets, self.torchvision)(root, download=True)

    @property
    def available(self) -> bool:
        """Whether the files are present, without reading them all; always true without files of its own."""
        return not self.files or os.path.exists(self.root / self.expects)

    @property
    def images(self) -> np.ndarray:
        """``(N, C, H, W)`` in uint8, read-only: the training images.

        Raises
        ------
        MissingDataError
            If the files are absent. Labels, samples and the fingerprint raise it, too.
        InvalidArgumentError
            If the files are damaged.
        """
        return self._content.train

    @property
    def test_images(self) -> np.ndarray:
        """``(M, C, H, W)`` in uint8, read-only: images that are never trained on."""
        return self._content.test

    @property
    def labels(self) -> np.ndarray | None:
        """``(N,)`` in int64: the classes of the training images; ``None`` without labels."""
        return self._content.labels

    @cached_property
    def fingerprint(self) -> str:
        """12 hex digits: a SHA-256 over the shape and the pixels of all images."""
        return self._content.fingerprint or pixel_fingerprint(self.images, self.test_images)

    @property
    def skipped(self) -> list[str]:
        """Names of the files and folders that could not be used, each with the reason in brackets."""
        return list(self._content.skipped)

    def steps_per_epoch(self, n: int) -> int:
        """Return how many batches of ``n`` different training images there are.

        Raises
        ------
        InvalidArgumentError
            If there are fewer images than ``n``.
        """
        n, images = integer("n", n, 1), len(self.images)
        if n > images:
            refuse("batch_size", n, f"a whole number from 1 to {images} (the training images of {self.name!r})")
        return images // n

    def indices(self, n: int, seed: int, step: int) -> np.ndarray:
        """Return ``(n,)`` in int64: the training images of a step, none of them twice in an epoch."""
        n, seed, step = position(n, seed, step)
        epoch, batch = divmod(step, self.steps_per_epoch(n))
        if self._order is None or self._order[0] != (seed, epoch):
            # Cached for the epoch: for 160,000 images it takes longer to draw than a small step to train.
            permutation = draws.generator(seed, epoch, "data/order").permutation(len(self.images))
            self._order = (seed, epoch), permutation
        return self._order[1][batch * n : (batch + 1) * n].copy()

    def mirrored(self, n: int, seed: int, step: int) -> np.ndarray:
        """Return ``(n,)`` in bool: which images of a step are mirrored; none where :attr:`flip` is False."""
        n, seed, step = position(n, seed, step)
        if not self.flip:
            return np.zeros(n, dtype=bool)
        return draws.generator(seed, step, "data/flip").random(n) < 0.5

    def sample(self, n: int, seed: int, step: int = 0) -> Tensor:
        """Return ``(n, C, H, W)`` training images in float32, in [0, 1]; equal arguments give equal samples."""
        pixels = np.asarray(self.images[self.indices(n, seed, step)])
        mirrored = self.mirrored(n, seed, step)
        pixels[mirrored] = pixels[mirrored, ..., ::-1]
        return torch.from_numpy(pixels).float().div_(255.0)

    def download(self) -> None:
        """Fetch the files into the root, with progress and checksums; files that are present are not fetched again.

        Raises
        ------
        MissingDataError
            If there is no network, the source does not answer, or what it sent has the wrong checksum.
        """
        if self.available:
            return
        if closed := self._unreadable():
            raise MissingDataError(closed)
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(_PATIENCE)
        try:
            self._fetch(self.root)
        except Exception as error:
            reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise MissingDataError(
                f"data_root: got {str(self.root)!r}, where the download of {self.name!r} failed ({reason}); "
                f"allowed: a folder in which {self.expects} can be written or lies already."
            ) from error
        finally:
            socket.setdefaulttimeout(before)

    @cached_property
    def _content(self) -> Content:
        if not self.available:
            raise MissingDataError(self._unreadable() or self._absent())
        content = self._load()
        with self._reading():
            self._check(content)
        for array in (content.train, content.test, content.labels):
            if array is not None:
                array.flags.writeable = False
        return content

    def _check(self, content: Content) -> None:
        for part, images in (("training", content.train), ("test", content.test)):
            if not len(images) or tuple(images.shape[1:]) != tuple(self.shape):
                raise ValueError(f"{len(images)} {part} images of shape {tuple(images.shape[1:])}, not {self.shape}")
        labels = content.labels
        if labels is not None and (
            len(labels) != len(content.train) or labels.min() < 0 or labels.max() >= self.classes
        ):
            raise ValueError(f"{len(labels)} labels from {labels.min()} to {labels.max()} of {self.classes} classes")

    def _absent(self) -> str:
        """Return the sentence for files that are not there."""
        command = f"asvae data {self.name} --data-root {shlex.quote(os.fspath(self.root))}"
        looked = self.root / self.expects
        return (
            f"data_root: got {str(self.root)!r}, where the files of {self.name!r} are absent (looked for {looked}); "
            f"allowed: a folder with them, which `{command}` fetches."
        )

    def _unreadable(self) -> str:
        """Return the sentence for a folder that cannot be read; empty where all can, and where there is none."""
        places = (self.root, *(self.root / each for each in (self.expects, *self.folders)))
        return next(filter(None, map(self._closed, places)), "")

    def _closed(self, place: Path) -> str:
        """Return the sentence for one folder that is there and cannot be read, else nothing."""
        try:
            os.scandir(place).close()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as error:
            found = f"{str(self.root)!r}, which cannot be read ({place}: {error.strerror})"
            return f"data_root: got {found}; allowed: a folder that can be."
        return ""

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn any error that a library raises on damaged files into one sentence."""
        try:
            yield
        except Exception as error:
            raise InvalidArgumentError(
                f"data_root: got {str(self.root)!r}, where the files of {self.name!r} are damaged "
                f"({type(error).__name__}: {error}); allowed: whole ones, fetched anew once {self.expects} is removed."
            ) from error
