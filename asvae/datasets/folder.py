"""The reader's own images: a folder of files, of any size, in colour or grey."""

import hashlib
import os
from pathlib import Path
from typing import ClassVar

from asvae.checks import boolean, integer
from asvae.datasets.decoding import EXTENSIONS, image_names
from asvae.datasets.image_files import ImageFiles, Listing
from asvae.datasets.images import MissingDataError
from asvae.files import DATA


class Folder(ImageFiles):
    """All image files in a folder and the folders in it: the central square of each, resized.

    A tenth is for testing, at least one image. A checksum of their names decides which, so that every sub-folder has
    its share, and an added image moves few others from one part to the other.

    Parameters
    ----------
    root : path, optional
        The folder; by default ``data/images/folder``.
    pixels : int
        Height and width of the samples.
    grey : bool
        One channel instead of three.
    """

    name: ClassVar[str] = "folder"
    title: ClassVar[str] = "own images"
    options: ClassVar[tuple[str, ...]] = ("pixels", "grey")
    flip: ClassVar[bool] = True
    source: ClassVar[str] = "Images in a folder of the reader's own."

    def __init__(self, root: str | Path | None = None, pixels: int = 64, grey: bool = False):
        super().__init__(DATA / "images" / "folder" if root is None else root)
        pixels = integer("pixels", pixels, 8, 1024)
        self.shape = (1 if boolean("grey", grey) else 3, pixels, pixels)

    @property
    def available(self) -> bool:
        """Whether there is any image file in the folder."""
        return next(image_names(self.root, deep=True), None) is not None

    def _listing(self) -> Listing:
        passed_over: list[str] = []
        names = image_names(self.root, True, passed_over)
        names = sorted(names, key=lambda name: hashlib.sha256(os.fsencode(name)).digest())
        return Listing(self.root, names, passed_over=passed_over)

    def download(self) -> None:
        """Raise an error: only the reader has these images.

        Raises
        ------
        MissingDataError
            Always; the message says where the files belong.
        """
        raise MissingDataError(
            "dataset: got 'folder', which cannot be downloaded; allowed: put your own images "
            f"({', '.join(EXTENSIONS)}) into {self.root}, or name their folder as data_root."
        )

    def _absent(self) -> str:
        return (
            f"data_root: got {str(self.root)!r}, where the files of 'folder' are absent; allowed: a folder that holds "
            f"your own images ({', '.join(EXTENSIONS)}), in it or in folders in it."
        )
