"""Images as bytes, and small sets of images as text for committed results."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

MOST = 4_096
"""Images that a picture may hold."""


def to_bytes(images: Tensor) -> Tensor:
    """Return images ``(..., C, H, W)`` in [0, 1] as uint8; values outside are clipped, NaN becomes 0."""
    return (images.nan_to_num(0.0).clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)


def pack(images: Tensor) -> str:
    """Return ``(n, C, H, W)`` images as one PNG, one below the other, in base64; rounded to bytes, else lossless."""
    n, channels, height, width = images.shape
    column = to_bytes(images).transpose(0, 1).reshape(channels, n * height, width)
    return base64.b64encode(png(column)).decode()


def png(image: Tensor) -> bytes:
    """Return an image ``(C, H, W)`` in uint8, grey or RGB, as the bytes of a PNG."""
    pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(pixels.contiguous().numpy()).save(file, "PNG", optimize=True)
    return file.getvalue()


def unpack(text: str, shape: Sequence[int]) -> Tensor:
    """Return the images that :func:`pack` wrote, ``(n, *shape)`` in [0, 1].

    Raises
    ------
    ValueError
        If the text is not a PNG of at most :data:`MOST` such images.
    """
    channels, height, width = shape
    try:
        with Image.open(io.BytesIO(base64.b64decode(text)), formats=["PNG"]) as image:
            # Before it is decoded: a small file may hold a huge picture.
            if image.width != width or image.height % height or image.height > MOST * height:
                raise ValueError(f"{image.width} × {image.height} pixels")
            column = torch.from_numpy(np.array(image.convert("L" if channels == 1 else "RGB")))
    except Exception as error:
        # Pillow and zlib have many errors for a damaged file, and not all have a base of their own.
        raise ValueError(f"no picture of images of {height} × {width} pixels: {error}") from error
    images = column.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
    return images.contiguous() / 255.0
