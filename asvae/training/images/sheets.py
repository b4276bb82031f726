"""What a run on images can do while it trains, as pictures to look at: samples and curves."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from asvae.files import write
from asvae.pictures import png, to_bytes


def save_sheet(images: Tensor, path: Path) -> None:
    """Write ``(n, C, H, W)`` images in [0, 1] as one PNG, eight per row."""
    from torchvision.utils import make_grid  # seconds to import

    sheet = make_grid(to_bytes(images), nrow=8, padding=1, pad_value=255)
    write(path, png(sheet))


def save_curves(steps: Sequence[int], curves: Mapping[str, Sequence[float]], path: Path) -> None:
    """Write every curve over ``steps`` as one small panel of a PNG."""
    from matplotlib.figure import Figure

    columns = 3
    lines = max(1, -(-len(curves) // columns))
    figure = Figure(figsize=(3.4 * columns, 2.0 * lines), layout="constrained")
    for k, (name, values) in enumerate(curves.items()):
        axis = figure.add_subplot(lines, columns, k + 1)
        axis.plot(steps, values, lw=1.0)
        axis.set_title(name, fontsize=9)
    file = io.BytesIO()
    figure.savefig(file, dpi=80)
    write(path, file.getvalue())
