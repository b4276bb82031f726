"""Images as bytes, and small sets of images as text for committed results."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor


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
    ValueError, OSError
        If the text is not a PNG of such images.
    """
    channels, height, width = shape
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        column = torch.from_numpy(np.array(image.convert("L" if channels == 1 else "RGB")))
    images = column.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
    return images.contiguous() / 255.0
