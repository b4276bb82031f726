"""What the figures of several chapters are made of: one style, points, dots per seed, curves; no training."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

from asvae import objectives
from asvae.datasets.points import PointsDataset
from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.studies.intervals import Interval, over_seeds

WIDTH = 6.2
"""Inches of the widest figure: that of a page's text, so that letters keep their size."""

STYLE = {
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "savefig.dpi": 150,
    "figure.dpi": 150,
}


def use_style() -> None:
    """Make :data:`STYLE` the current one, and let tables show whole texts; a chapter calls it once."""
    plt.rcParams.update(STYLE)
    pd.set_option("display.max_colwidth", None)


def board(axis: Axes, dataset: PointsDataset, points: Tensor, colour: str) -> None:
    """Draw ``(N, 2)`` points over the outlined regions of their truth."""
    limit, side = dataset.limit, dataset.side
    outline = {"facecolor": "#f2f2f2", "edgecolor": "#c0c0c0", "linewidth": 0.6}
    for x, y in dataset.centres.tolist():
        square = dataset.region == "square"
        corner = (x - side / 2, y - side / 2)
        axis.add_patch(Rectangle(corner, side, side, **outline) if square else Circle((x, y), side / 2, **outline))
    axis.plot(*points.T.numpy(), ".", markersize=1.4, color=colour, alpha=0.8, rasterized=True)
    axis.set(xlim=(-limit - 0.4, limit + 0.4), ylim=(-limit - 0.4, limit + 0.4), aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(True)
    axis.spines[:].set_color("#c0c0c0")
    axis.grid(visible=False)


def grid(images: Tensor, columns: int) -> Tensor:
    """Return ``(n, C, H, W)`` images in [0, 1] side by side in one of ``(3, height, width)``, ``columns`` per row."""
    from torchvision.utils import make_grid  # two seconds to import

    return make_grid(images.clamp(0.0, 1.0), nrow=columns, padding=1, pad_value=1.0)


def sheet(axis: Axes, image: Tensor, title: str, **style) -> None:
    """Draw one ``(3, height, width)`` image under a title, without axes."""
    axis.imshow(image.permute(1, 2, 0).numpy(), interpolation="nearest")
    axis.set_title(title, **style)
    axis.set_axis_off()


def seed_dots(axis: Axes, rows: Sequence[Sequence[float]], colours: Sequence[str]) -> None:
    """Draw a row of dots for each group of values, one dot per seed, and above them their mean with its 95 % interval.

    Values that are not finite are left out.
    """
    for i, (values, colour) in enumerate(zip(rows, colours, strict=True)):
        values = [value for value in values if np.isfinite(value)]
        if values:
            mean, half, n, *_ = over_seeds(values)
            axis.plot(values, [i + 0.16] * n, ".", ms=4, color=colour, alpha=0.6)
            axis.errorbar([mean], [i - 0.08], xerr=[half] if n > 1 else None, fmt="o", ms=5, color=colour)
    axis.grid(axis="y", visible=False)


def forest(axis: Axes, rows: Sequence[tuple[str, Interval]], colours: Sequence[str]) -> None:
    """Draw a paired difference per row, the mean with its 95 % interval, the first on top, beside a line at 0."""
    for i, ((_, gap), colour) in enumerate(zip(rows, colours, strict=True)):
        axis.errorbar([gap.mean], [i], xerr=[gap.half] if gap.n > 1 else None, fmt="o", ms=5, lw=1.6, color=colour)
    axis.axvline(0.0, color=palette.TRUTH, lw=1.0)
    axis.set_yticks(range(len(rows)), [title for title, _ in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)


def curves(
    runs: Sequence[Result],
    terms: dict[str, str],
    labels: Sequence[str] | None = None,
    colours: Sequence[str] | None = None,
    columns: int = 2,
    height: float = 1.9,
) -> Figure:
    """Draw one panel per term (name → title) over steps, one line per run, on a logarithmic axis where values allow.

    A term that no run has gets no panel. Lines are labelled and coloured by objective where labels and colours are not
    given. A diverged run's line ends in a cross.
    """
    labels = labels or [objectives.get(run.config.objective).label for run in runs]
    colours = colours or [palette.of_method(run.config.objective) for run in runs]
    terms = {term: title for term, title in terms.items() if any(term in run.history for run in runs)}
    columns = max(1, min(columns, len(terms)))
    lines = max(1, -(-len(terms) // columns))
    figure, axes = plt.subplots(
        lines, columns, figsize=(WIDTH if columns > 1 else 4.2, height * lines + 0.5), squeeze=False, sharex=True
    )
    handles = {}
    for axis, (term, title) in zip(axes.flat, terms.items(), strict=False):
        values = [np.array(run.history.get(term, []), dtype=float) for run in runs]
        for run, label, colour, curve in zip(runs, labels, colours, values, strict=True):
            # A score is noted at some of the points only.
            known = np.isfinite(curve)
            steps, curve = np.array(run.history["step"][: len(curve)])[known], curve[known]
            [handles[label]] = axis.plot(steps, curve, color=colour, lw=1.2)
            if run.diverged and len(curve):
                axis.plot(steps[-1], curve[-1], "x", color=colour, ms=7)
        finite = np.concatenate([curve[np.isfinite(curve)] for curve in values])
        if len(finite) and finite.min() > 0:
            axis.set_yscale("log")
        axis.set_title(title)
    for axis in axes.flat[max(0, len(terms) - columns) : len(terms)]:
        axis.set_xlabel("step")
        axis.tick_params(labelbottom=True)
    for axis in axes.flat[len(terms) :]:
        axis.set_visible(False)
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(4, len(handles)))
    return figure
