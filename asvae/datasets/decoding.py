"""The image files in a folder, and the pixels of one."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np

EXTENSIONS = ("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff")
"""Endings of image files' names, in either case."""

DARK = 2**12
"""A 16-bit image without any pixel from here on is of fewer bits, and its upper 8 bits would be all but black."""


def image_names(folder: Path, deep: bool = False, passed_over: list[str] | None = None) -> Iterator[str]:
    """Yield the names of the image files in ``folder`` (and, if ``deep``, below it), relative to it, in any order.

    Folders in it that cannot be read, or are links, which might lead in a circle, are appended to ``passed_over``.
    """
    passed = [] if passed_over is None else passed_over

    def unreadable(error: OSError) -> None:
        passed.append(f"{os.path.relpath(error.filename, folder)}/ ({error.strerror})")

    for path, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if deep and not name.startswith(".")]
        passed += [
            f"{Path(path, name).relative_to(folder).as_posix()}/ (a link to a folder: copy it, or name it)"
            for name in folders
            if os.path.islink(os.path.join(path, name))
        ]
        for name in files:
            # A leading dot marks what systems store alongside an image, such as macOS's "._photo.jpg".
            if name.lower().rpartition(".")[2] in EXTENSIONS and not name.startswith("."):
                yield Path(path, name).relative_to(folder).as_posix()


def decode(path: Path, pixels: int, grey: bool) -> np.ndarray:
    """Return an image file as ``(C, pixels, pixels)`` in uint8: upright, its central square, resized.

    Resizing is bicubic with antialiasing. Transparent parts become white; 16-bit grey keeps its upper 8 bits.

    Raises
    ------
    Exception
        Whatever Pillow's formats raise; ``ValueError`` of what is no file, and of pixels whose range is not known.
    """
    from PIL import Image, ImageOps

    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("not a file")  # a pipe would be waited for
    with Image.open(path) as opened:
        # A JPEG can be decoded at a half, quarter or eighth: much faster for photographs, and still enough pixels.
        opened.draft(None, (2 * pixels, 2 * pixels))
        # Pillow keeps the upper 8 of 16 bits in colour: of fewer bits they are all but black.
        deep = opened.mode in ("RGB", "RGBA") and any(";16" in str(tile) for tile in opened.tile)
        image = ImageOps.exif_transpose(opened)
    if image.mode == "F":
        raise ValueError("floating-point pixels, of no known range")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or not DARK <= values.max() < 2**16:
            raise ValueError(f"grey from {values.min()} to {values.max()}, of no known range; 16 bits reach 65535")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if deep and (most := int(np.asarray(image)[..., :3].max())) < DARK >> 8:
        raise ValueError(f"colours up to {most << 8}, of no known range; 16 bits reach 65535")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if grey else "RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    # Cropped first: resize's own box would blend in pixels from outside it.
    image = image.crop((left, top, left + side, top + side)).resize((pixels, pixels), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(image).reshape(pixels, pixels, -1).transpose(2, 0, 1))
