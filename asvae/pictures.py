"""Small sets of images as text, for committed results, and as sheets to look at while a run trains."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor
from torchvision.io import ImageReadMode, decode_png, encode_png
from torchvision.utils import make_grid

from asvae.files import write


def to_bytes(images: Tensor) -> Tensor:
    """Return images ``(..., C, H, W)`` in [0, 1] as uint8; what lies outside is clipped, NaN becomes black."""
    return (images.nan_to_num(0.0).clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)


def pack(images: Tensor) -> str:
    """Return ``(n, C, H, W)`` images as one PNG, one below the other, in base64; no loss beyond rounding to bytes."""
    n, channels, height, width = images.shape
    column = to_bytes(images).transpose(0, 1).reshape(channels, n * height, width)
    return base64.b64encode(encode_png(column).numpy().tobytes()).decode()


def unpack(text: str, shape: Sequence[int]) -> Tensor:
    """Return the images that :func:`pack` wrote, ``(n, *shape)`` in [0, 1].

    Raises
    ------
    ValueError, RuntimeError
        If the text is no PNG of such images.
    """
    channels, height, width = shape
    data = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)
    column = decode_png(data, ImageReadMode.GRAY if channels == 1 else ImageReadMode.RGB)
    return column.reshape(channels, -1, height, width).transpose(0, 1) / 255.0


def save_sheet(images: Tensor, path: Path, columns: int = 8) -> None:
    """Write ``(n, C, H, W)`` images in [0, 1] as one PNG with ``columns`` a row."""
    sheet = make_grid(to_bytes(images), nrow=columns, padding=1, pad_value=255)
    write(path, encode_png(sheet).numpy().tobytes())


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
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
