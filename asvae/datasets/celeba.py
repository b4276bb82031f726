"""CelebA: 202,599 aligned faces, at 128 and at 256 pixels, and the first 10,000 of them at 64."""

import contextlib
import os
import tempfile
import warnings
from pathlib import Path
from typing import ClassVar

from asvae.checks import printable, refuse
from asvae.datasets.decoding import image_names
from asvae.datasets.image_files import ImageFiles, Listing
from asvae.files import part_prefix, remove_leftovers

_TRAIN, _TEST = 0, 2
"""Numbers of the official partition's parts; part 1, for validation, is not used."""
_FIRST = range(1, 10_001)
"""Numbers of the faces at 64 pixels."""


class CelebA(ImageFiles):
    """The aligned images, 178×218: the central square, 178×178, resized.

    (Soft-IntroVAE's released loader crops nothing: it squeezes whatever it finds into a square.) Either torchvision's
    layout, ``ROOT/celeba/img_align_celeba``, or ROOT itself full of images. With ``list_eval_partition.txt`` among
    the images or one folder up, the split is the official one; without it, the last tenth by file name is for testing,
    which is nearly the same. Packed, the images take 9 GB of disk at 128 pixels, 36 GB at 256.
    """

    flip: ClassVar[bool] = True
    whole: ClassVar[int] = 162_770
    torchvision: ClassVar[str] = "CelebA"
    expects: ClassVar[str] = "celeba/img_align_celeba"
    source: ClassVar[str] = (
        "202,599 aligned faces of celebrities (Liu, Luo, Wang and Tang, 2015; for research that is not commercial), "
        "fetched by torchvision from Google Drive."
    )

    folders: ClassVar[tuple[str, ...]] = (expects, "img_align_celeba", ".")
    """Where the images may lie, relative to the root; the first folder that has any counts."""

    @property
    def available(self) -> bool:
        """Whether there is any image in one of the folders above."""
        return self._folder() is not None

    def _folder(self) -> Path | None:
        for folder in (self.root / name for name in self.folders):
            if next(image_names(folder), None):
                return folder
            if self._closed(folder):  # the next one's images might be others
                return None
        return None

    def _fetch(self, root: Path) -> None:
        """Let the images appear all at once: a part of them, left by an interruption, would look like the data set."""
        images = root / self.expects
        place = images.parent
        place.mkdir(parents=True, exist_ok=True)
        remove_leftovers(place)
        if images.exists():
            images.rmdir()  # fails now, not after the download, where it holds anything else
        with tempfile.TemporaryDirectory(dir=place, prefix=part_prefix()) as own:
            fetched = Path(own) / place.name
            fetched.mkdir()
            for file in filter(Path.is_file, place.iterdir()):
                with contextlib.suppress(OSError):  # without it a file that is here is fetched again
                    (fetched / file.name).symlink_to(file.absolute())
            try:
                super()._fetch(Path(own))
            finally:
                # The archive need not come again because its extraction was interrupted.
                for file in fetched.iterdir():
                    if file.suffix in (".txt", ".zip") and not file.is_symlink():
                        os.replace(file, place / file.name)
            os.replace(fetched / images.name, images)

    def _listing(self) -> Listing:
        folder = self._folder()
        names = sorted(image_names(folder))
        partitions = (each / "list_eval_partition.txt" for each in (folder, folder.parent))
        partition = next(filter(Path.is_file, partitions), None)
        if partition is None:
            return Listing(folder, names)
        parts = _parts(partition)
        absent = len(parts.keys() - {Path(name).stem for name in names})
        if absent:
            which = f"{absent} of {len(parts)} images in {partition}"
            warnings.warn(printable(f"{self.name}: {which} are absent"), stacklevel=2)
        train, test = ([name for name in names if parts.get(Path(name).stem) == part] for part in (_TRAIN, _TEST))
        if not train or not test:
            refuse(str(partition), f"{len(train)} training and {len(test)} test images", "at least one of each")
        return Listing(folder, train + test, len(train))


def _parts(partition: Path) -> dict[str, int]:
    """Return each image's part; by the stem of its name, as the same images are also published as PNG."""
    parts: dict[str, int] = {}
    try:
        for name, part in (line.split() for line in partition.read_text().splitlines() if line.strip()):
            if parts.setdefault(Path(name).stem, int(part)) != int(part):
                raise ValueError(f"{name} in parts {parts[Path(name).stem]} and {int(part)}")
        return parts
    except (OSError, ValueError) as error:
        refuse(str(partition), str(error), "on each line the name of an image and the number of its part")


class CelebA64(CelebA):
    """The first 10,000 aligned faces at 64 pixels: the last thousand for testing, all others for training.

    They are files 000001 to 010000, in the layouts above, or as copies at half size, 89×109, in ``ROOT/celeba-half``.
    The official split puts all of them in the training part. For a small machine; larger ones have
    :class:`CelebA128` and :class:`CelebA256`.
    """

    name: ClassVar[str] = "celeba64"
    title: ClassVar[str] = "CelebA, first 10,000, 64 pixels"
    shape = (3, 64, 64)
    whole: ClassVar[int] = 9_000
    folders: ClassVar[tuple[str, ...]] = (*CelebA.folders[:-1], "celeba-half", ".")
    source: ClassVar[str] = f"The first 10,000 of {CelebA.source}"

    def _listing(self) -> Listing:
        folder = self._folder()
        return Listing(folder, sorted(name for name in image_names(folder) if _number(name) in _FIRST))


def _number(name: str) -> int:
    """Return the number that an image is published under, 0 for any other file."""
    stem = Path(name).stem
    return int(stem) if stem.isascii() and stem.isdigit() else 0


class CelebA128(CelebA):
    """CelebA at 128 pixels."""

    name: ClassVar[str] = "celeba128"
    title: ClassVar[str] = "CelebA-128"
    shape = (3, 128, 128)


class CelebA256(CelebA):
    """CelebA at 256 pixels, enlarged from 178."""

    name: ClassVar[str] = "celeba256"
    title: ClassVar[str] = "CelebA-256"
    shape = (3, 256, 256)
