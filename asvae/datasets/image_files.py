"""Image files, decoded once into one array on disk that training maps into memory.

``ROOT/packed/`` (``data/images/packed/`` where the root is read-only) holds, for each data set and size, the pixels in
NumPy's own format, alongside a sealed record of what was packed, and from which files. Files that were added, removed
or changed since, or a pack that was truncated or changed, lead to a new one.
"""

import hashlib
import math
import os
import shutil
import tempfile
import warnings
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock
from numpy.lib.format import write_array_header_1_0
from tqdm import tqdm

from asvae.checks import printable, refuse
from asvae.datasets.content import Content, pixel_fingerprint
from asvae.datasets.decoding import decode
from asvae.datasets.images import ImageDataset
from asvae.files import DATA, part_prefix, read_record, remove_leftovers, write_record, writing

_FORMAT = 2
"""To be increased when the same files would give other pixels: older packs are then made again."""
_CHUNK = 256
"""Images decoded ahead of the one being written, at most."""
_VERIFIED = 2**28
"""Bytes up to which a pack is read and verified each time it is opened; a larger one takes seconds."""


@dataclass(frozen=True)
class Listing:
    """Image files in the order in which they are packed: those for training first."""

    folder: Path
    names: list[str]
    """Relative to the folder."""
    train: int | None = None
    """How many are for training; by default all but the last tenth of those that can be read."""
    passed_over: list[str] = field(default_factory=list)
    """Folders that were not looked into, with the reason."""

    def digest(self, shape: tuple[int, ...]) -> str:
        """Return a SHA-256 over what decides the packed pixels: sizes, names, and when a file was written."""
        digest = hashlib.sha256(repr((_FORMAT, shape, self.train)).encode())
        for name in self.names:
            try:
                status = os.stat(self.folder / name)
                stamp = (name, status.st_size, status.st_mtime_ns)
            except OSError:
                stamp = (name, None, None)  # a dangling link: unreadable, and a change once it is not
            digest.update(repr(stamp).encode())
        return digest.hexdigest()

    def split(self, readable: list[bool]) -> int:
        """Return how many readable images are for training."""
        if self.train is not None:
            return sum(readable[: self.train])
        count = sum(readable)
        return count - max(1, count // 10)


class ImageFiles(ImageDataset):
    """An image data set that is a folder of files, packed when first used."""

    @abstractmethod
    def _listing(self) -> Listing:
        """Return the files to pack; at least one is known to be there."""

    def _load(self) -> Content:
        listing = self._listing()
        source = listing.digest(self.shape)
        records = self._records()
        for record in records:
            if content := _open(record, source):
                return content
        record = _first_writable(records)
        # The first of several processes packs; the others wait here, and then open its pack.
        with FileLock(record.with_name(f".{record.stem}.lock")), writing(record):
            return _open(record, source) or self._pack(listing, source, record)

    def _records(self) -> list[Path]:
        name = f"{self.name}-{'x'.join(map(str, self.shape))}"
        root = hashlib.sha256(os.fspath(self.root.absolute()).encode()).hexdigest()[:12]
        return [self.root / "packed" / f"{name}.json", DATA / "images" / "packed" / f"{name}-from-{root}.json"]

    def _pack(self, listing: Listing, source: str, record: Path) -> Content:
        remove_leftovers(record.parent)
        part = record.with_name(f"{part_prefix()}{record.stem.replace('-', '_')}.npy")
        try:
            reasons = self._write(part, listing)
            readable = [reason is None for reason in reasons]
            skipped = self._left_out(listing, reasons)
            train = listing.split(readable)
            test = sum(readable) - train
            if train < 1 or test < 1:
                found = f"{sum(readable)} image{'s' * (sum(readable) != 1)}"
                allowed = f"a folder with an image to train on and one to test that can be used (it has {found})"
                refuse("data_root", str(listing.folder), allowed)
            pixels = np.load(part, mmap_mode="r")
            fingerprint = pixel_fingerprint(pixels[:train], pixels[train:])
            status, data = part.stat(), record.with_name(f"{record.stem}-{fingerprint}.npy")
            os.replace(part, data)
        finally:
            part.unlink(missing_ok=True)
        entries = {
            "source": source,
            "file": data.name,
            "bytes": status.st_size,
            "modified": status.st_mtime_ns,
            "fingerprint": fingerprint,
            "shape": pixels.shape,
            "train": train,
            "test": test,
            "skipped": skipped,
        }
        write_record(record, entries)
        for old in record.parent.glob(f"{record.stem}-{'?' * len(fingerprint)}.npy"):
            if old != data:
                # A process that still trains from it has it mapped, and keeps it until it ends.
                old.unlink(missing_ok=True)
        return _content(pixels, entries)

    def _write(self, path: Path, listing: Listing) -> list[str | None]:
        """Write every usable image into one array, in NumPy's format; return why the others are not in it."""
        _check_space(path.parent, len(listing.names) * math.prod(self.shape))
        reasons = []
        with (
            path.open("wb") as file,
            # Pillow decodes and resizes outside Python's lock, so threads are enough.
            ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as threads,
            tqdm(total=len(listing.names), desc=f"packing {self.name}", unit="image", delay=1.0) as bar,
        ):
            _write_header(file, (0, *self.shape))
            for start in range(0, len(listing.names), _CHUNK):
                paths = [listing.folder / name for name in listing.names[start : start + _CHUNK]]
                for image in threads.map(self._try_decode, paths):
                    reasons.append(image if isinstance(image, str) else None)
                    if reasons[-1] is None:
                        file.write(image)
                    bar.update()
            file.seek(0)
            _write_header(file, (reasons.count(None), *self.shape))
            file.flush()
            os.fsync(file.fileno())
        return reasons

    def _try_decode(self, path: Path) -> np.ndarray | str:
        try:
            return decode(path, self.shape[-1], grey=self.shape[0] == 1)
        except Exception as error:
            # Pillow's formats raise whatever they like, and one bad file must not cost the others.
            reason = (getattr(error, "strerror", None) or str(error)).replace(repr(os.fspath(path)), "this file")
            return " ".join(reason.split()) or type(error).__name__

    def _left_out(self, listing: Listing, reasons: list[str | None]) -> list[str]:
        """Return which files and folders cannot be used, each with the reason, and warn of them."""
        unusable = (f"{name} ({why})" for name, why in zip(listing.names, reasons, strict=True) if why is not None)
        # Names need not be valid text.
        skipped = [printable(each.encode(errors="replace").decode()) for each in (*listing.passed_over, *unusable)]
        if skipped:
            of = len(listing.passed_over) + len(reasons)
            more = f" and {len(skipped) - 5} more" if len(skipped) > 5 else ""
            message = f"{self.name}: {len(skipped)} of {of} images cannot be used and are left out: "
            warnings.warn(message + ", ".join(skipped[:5]) + more, stacklevel=2)
        return skipped


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the header of an array in uint8; NumPy makes it equally long whatever the number of images."""
    write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _open(record: Path, source: str) -> Content | None:
    """Return a pack if it is whole and made from these files."""
    try:
        entries = read_record(record)
        if entries.get("source") != source:
            return None
        data, train = record.with_name(entries["file"]), entries["train"]
        status = data.stat()
        if status.st_size != entries["bytes"]:
            return None
        pixels = np.load(data, mmap_mode="r")
        if not 0 < train < len(pixels) or pixels.dtype != np.uint8:
            return None
        # Reading all of a large pack takes long, so only one that was written to, or copied, since is verified.
        doubted = status.st_size <= _VERIFIED or status.st_mtime_ns != entries["modified"]
        if doubted and pixel_fingerprint(pixels[:train], pixels[train:]) != entries["fingerprint"]:
            return None
        return _content(pixels, entries)
    except Exception:  # NumPy parses a damaged header as Python
        return None


def _content(pixels: np.ndarray, entries: dict) -> Content:
    train = entries["train"]
    return Content(pixels[:train], pixels[train:], fingerprint=entries["fingerprint"], skipped=entries["skipped"])


def _first_writable(records: list[Path]) -> Path:
    for record in records:
        try:
            record.parent.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=record.parent).close()
            return record
        except OSError:
            continue
    refuse("data_root", str(records[0].parents[1]), f"a folder that can be written to, unless {DATA} can")


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        allowed = f"at least {needed / 1e9:.1f} GB, for the packed images"
        refuse(f"disk space in {folder}", f"{free / 1e9:.1f} GB", allowed)
