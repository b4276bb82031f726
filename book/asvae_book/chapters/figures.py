"""Data → figure. One style, colours that the colour-blind can tell apart (Okabe–Ito), no training."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from asvae import objectives
from asvae.datasets.checkerboard import Checkerboard
from asvae.metrics.intervals import over_seeds
from asvae.studies.table1 import Runs
from asvae.training.run import SAMPLES, Result
from asvae_book.chapters.speed import Record
from asvae_book.chapters.table1 import betas
from asvae_book.paper.published import TABLE1

COLOURS = {
    "truth": "#4d4d4d",
    "vae": "#0072b2",
    "introvae": "#e69f00",
    "s-introvae": "#009e73",
    "as-introvae": "#d55e00",
    "wgan-gp": "#cc79a7",
}
"""One colour a method, the same in every figure."""

STYLE = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "legend.frameon": False,
    "savefig.dpi": 130,
    "figure.dpi": 130,
}


def use_style() -> None:
    """Make :data:`STYLE` the current one; a chapter calls it once."""
    plt.rcParams.update(STYLE)


def figure8(cells: Runs, dataset: Checkerboard) -> Figure:
    """Draw Figure 8's grid: rows combinations, columns the truth and then the objectives, the kept samples of each.

    The filled squares are outlined; a run that diverged shows where, and no points.
    """
    rows = list(dict.fromkeys(row for row, _ in cells))
    names = list(dict.fromkeys(name for _, name in cells))
    figure, axes = plt.subplots(
        len(rows), 1 + len(names), figsize=(1.62 * (1 + len(names)), 1.8 * len(rows) + 0.2), squeeze=False
    )
    for i, row in enumerate(rows):
        board(axes[i, 0], dataset, dataset.sample(SAMPLES, seed=0), COLOURS["truth"])
        axes[i, 0].set_ylabel(f"{row}\n" + betas(row).replace(", ", "\n"))
        for j, name in enumerate(names, start=1):
            run = cells[row, name][0]
            board(axes[i, j], dataset, run.samples, COLOURS[name])
            if run.diverged:
                text = f"NaN at step {run.divergence.step:,}\n({run.divergence.term})"
                axes[i, j].text(0.5, 0.5, text, transform=axes[i, j].transAxes, ha="center", va="center")
            else:
                axes[i, j].set_xlabel(f"KL {run.scores['kl']:.1f}", fontsize=9)
    for axis, title in zip(axes[0], ["truth", *(objectives.get(name).label for name in names)], strict=True):
        axis.set_title(title)
    return figure


def board(axis: Axes, dataset: Checkerboard, points: torch.Tensor, colour: str) -> None:
    """Draw points over the outlined squares."""
    limit, side = dataset.limit, dataset.side
    for x, y in dataset.centres.tolist():
        corner = (x - side / 2, y - side / 2)
        axis.add_patch(Rectangle(corner, side, side, facecolor="#f2f2f2", edgecolor="#c0c0c0", linewidth=0.6))
    axis.plot(*points.T.numpy(), ".", markersize=1.4, color=colour, alpha=0.8, rasterized=True)
    axis.set(xlim=(-limit - 0.4, limit + 0.4), ylim=(-limit - 0.4, limit + 0.4), aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(True)
    axis.spines[:].set_color("#c0c0c0")
    axis.grid(visible=False)


def score_dots(cells: Runs, floor: dict[str, float]) -> Figure:
    """Draw every cell's KL and JSD: small dots the seeds, the large one their mean, its bar the 95 % interval.

    Without several seeds the bar is one draw's noise. Hollow diamonds are the printed values.
    """
    rows = list(dict.fromkeys(row for row, _ in cells))
    names = list(dict.fromkeys(name for _, name in cells))
    figure, axes = plt.subplots(1, 2, figsize=(8.0, 5.2))
    for k, (axis, score) in enumerate(zip(axes, ("kl", "jsd"), strict=True)):
        axis.axhline(floor[score], color=COLOURS["truth"], linestyle="--", linewidth=1, label="truth against truth")
        for j, name in enumerate(names):
            for i, row in enumerate(rows):
                x = i + 0.19 * (j - (len(names) - 1) / 2)
                _scores(axis, x, cells[row, name], score, COLOURS[name], objectives.get(name).label if not i else None)
                axis.plot(x + 0.06, TABLE1[row, name][k] or np.nan, "D", ms=6, mfc="none", mec=COLOURS[name])
        axis.plot([], [], "D", ms=6, mfc="none", mec=COLOURS["truth"], label="printed in the paper")
        axis.set_xticks(range(len(rows)), rows)
        axis.set_xlim(-0.5, len(rows) - 0.5)
        axis.grid(axis="x", visible=False)
        axis.set(ylabel=f"{score.upper()}, the paper's unit", title=f"{score.upper()} (lower is better)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _scores(axis: Axes, x: float, runs: Sequence[Result], score: str, colour: str, label: str | None) -> None:
    """Draw one cell's seeds, their mean and its bar at ``x``, and NaN above where a run diverged."""
    finite = [run for run in runs if not run.diverged]
    values = [run.scores[score] for run in finite]
    mean, half, n, _ = over_seeds(values)
    if n:
        bar = half if n > 1 else finite[0].scores[f"{score}_draw_sd"]
        axis.plot([x - 0.06] * n if n > 1 else [], values if n > 1 else [], ".", ms=3, color=colour, alpha=0.5)
        axis.errorbar([x], [mean], [bar], fmt="o", ms=5, lw=1.5, color=colour, label=label)
    if len(finite) < len(runs):
        place = {"transform": axis.get_xaxis_transform(), "ha": "center", "va": "top"}
        axis.text(x, 0.98, "NaN", color=colour, fontsize=8, rotation=90, **place)


def seed_dots(axis: Axes, rows: Sequence[Sequence[float]], colours: Sequence[str]) -> None:
    """Draw a row of dots for each group of values, a dot a seed, and above them their mean with its 95 % interval.

    Values that are not finite are left out.
    """
    for i, (values, colour) in enumerate(zip(rows, colours, strict=True)):
        values = [value for value in values if np.isfinite(value)]
        if values:
            mean, half, n, _ = over_seeds(values)
            axis.plot(values, [i + 0.16] * n, ".", ms=4, color=colour, alpha=0.6)
            axis.errorbar([mean], [i - 0.08], xerr=[half] if n > 1 else None, fmt="o", ms=5, color=colour)
    axis.grid(axis="y", visible=False)


def curves(
    runs: Sequence[Result], terms: dict[str, str], labels: Sequence[str] | None = None, columns: int = 2
) -> Figure:
    """Draw one panel a term (name → title) over steps, one line a run, on a logarithmic axis where values allow.

    A term that no run has gets no panel.
    Lines are labelled and coloured by objective, or by ``labels`` where all runs are of one. A diverged run's line
    ends in a cross.
    """
    if labels is None:
        labels = [objectives.get(run.config.objective).label for run in runs]
        colours = [COLOURS[run.config.objective] for run in runs]
    else:
        colours = list(plt.colormaps["cividis"](np.linspace(0.0, 0.85, len(runs))))
    terms = {term: title for term, title in terms.items() if any(term in run.history for run in runs)}
    columns = max(1, min(columns, len(terms)))
    lines = max(1, -(-len(terms) // columns))
    figure, axes = plt.subplots(lines, columns, figsize=(3.9 * columns, 2.2 * lines + 0.5), squeeze=False, sharex=True)
    handles = {}
    for axis, (term, title) in zip(axes.flat, terms.items(), strict=False):
        values = [np.array(run.history.get(term, []), dtype=float) for run in runs]
        for run, label, colour, curve in zip(runs, labels, colours, values, strict=True):
            steps = run.history["step"][: len(curve)]
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
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles), fontsize=9)
    return figure


def quality(record: Record, colours: Sequence[str] = ("#009e73", "#0072b2")) -> Figure:
    """Draw KL over seconds of training, a line a run, a colour a recipe; a cross where the released defaults end."""
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    for (name, runs), colour in zip(record["curves"].items(), colours, strict=True):
        for i, run in enumerate(runs):
            axis.plot(run["seconds"], run["kl"], color=colour, lw=1.2, label=None if i else name)
    released = record["rows"][0]
    axis.plot(released["seconds"], record["target"], "x", ms=9, mew=2, color=COLOURS["truth"], label=released["recipe"])
    axis.axhline(record["target"], color=COLOURS["truth"], linestyle="--", linewidth=1)
    axis.set(xscale="log", xlabel="seconds of training, one core", ylabel="KL, the paper's unit", ylim=(None, 27.0))
    axis.legend(fontsize=9)
    return figure
