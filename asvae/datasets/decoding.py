"""The image files in a folder, and the pixels of one."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

EXTENSIONS = ("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff")
"""Endings of image files' names, in either case."""


def image_names(folder: Path, deep: bool = False) -> Iterator[str]:
    """Yield the names of the image files in ``folder`` (and, if ``deep``, below it), relative to it, in any order."""
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if deep and not name.startswith(".")]
        for name in files:
            # A leading dot marks what systems store alongside an image, such as macOS's "._photo.jpg".
            if name.lower().rpartition(".")[2] in EXTENSIONS and not name.startswith("."):
                yield Path(path, name).relative_to(folder).as_posix()


def decode(path: Path, pixels: int, grey: bool) -> np.ndarray:
    """Return an image file as ``(C, pixels, pixels)`` in uint8: upright, its central square, resized.

    Resizing is bicubic with antialiasing. Transparent parts become white; 16-bit grey keeps its upper 8 bits.
    """
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        # A JPEG can be decoded at a half, quarter or eighth: much faster for photographs, and still enough pixels.
        opened.draft(None, (2 * pixels, 2 * pixels))
        image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image).clip(0, 65_535) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if grey else "RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    # Cropped first: resize's own box would blend in pixels from outside it.
    image = image.crop((left, top, left + side, top + side)).resize((pixels, pixels), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(image).reshape(pixels, pixels, -1).transpose(2, 0, 1))
