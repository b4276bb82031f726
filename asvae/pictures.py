"""Small sets of images as text, for committed results, and as sheets to look at while a run trains."""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from asvae.files import write


def to_bytes(images: Tensor) -> Tensor:
    """Return images ``(..., C, H, W)`` in [0, 1] as uint8; what lies outside is clipped, NaN becomes black."""
    return (images.nan_to_num(0.0).clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)


def pack(images: Tensor) -> str:
    """Return ``(n, C, H, W)`` images as one PNG, one below the other, in base64; no loss beyond rounding to bytes."""
    n, channels, height, width = images.shape
    column = to_bytes(images).transpose(0, 1).reshape(channels, n * height, width)
    return base64.b64encode(_png(column)).decode()


def _png(image: Tensor) -> bytes:
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
        If the text is no PNG of such images.
    """
    channels, height, width = shape
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        column = torch.from_numpy(np.array(image.convert("L" if channels == 1 else "RGB")))
    images = column.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
    return images.contiguous() / 255.0


def save_sheet(images: Tensor, path: Path, columns: int = 8) -> None:
    """Write ``(n, C, H, W)`` images in [0, 1] as one PNG with ``columns`` a row."""
    sheet = make_grid(to_bytes(images), nrow=columns, padding=1, pad_value=255)
    write(path, _png(sheet))


def save_curves(steps: Sequence[int], curves: Mapping[str, Sequence[float]], path: Path) -> None:
    """Write every curve over ``steps`` as one small panel of a PNG."""
    columns = 3
    lines = max(1, -(-len(curves) // columns))
    figure = Figure(figsize=(3.4 * columns, 2.0 * lines), layout="constrained")
    FigureCanvasAgg(figure)
    for k, (name, values) in enumerate(curves.items()):
        axis = figure.add_subplot(lines, columns, k + 1)
        axis.plot(steps, values, lw=1.0)
        axis.set_title(name, fontsize=9)
    file = io.BytesIO()
    figure.savefig(file, dpi=80)
    write(path, file.getvalue())
