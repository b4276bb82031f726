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
from asvae.published import TABLE1
from asvae.run import Run
from asvae.table1 import Runs, betas

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


def figure8(cells: Runs, dataset: Checkerboard, n: int = 2_000) -> Figure:
    """Draw Figure 8's grid: rows combinations, columns the truth and then the objectives, ``n`` points a panel.

    The filled squares are outlined; a run that diverged shows where, and no points.
    """
    rows = list(dict.fromkeys(row for row, _ in cells))
    names = list(dict.fromkeys(name for _, name in cells))
    figure, axes = plt.subplots(
        len(rows), 1 + len(names), figsize=(1.62 * (1 + len(names)), 1.8 * len(rows) + 0.2), squeeze=False
    )
    for i, row in enumerate(rows):
        _board(axes[i, 0], dataset, dataset.sample(n, seed=0), COLOURS["truth"])
        axes[i, 0].set_ylabel(f"{row}\n" + betas(row).replace(", ", "\n"))
        for j, name in enumerate(names, start=1):
            run = cells[row, name][0]
            _board(axes[i, j], dataset, None if run.diverged else run.sample(n), COLOURS[name])
            if run.diverged:
                text = f"NaN at step {run.divergence.step:,}\n({run.divergence.term})"
                axes[i, j].text(0.5, 0.5, text, transform=axes[i, j].transAxes, ha="center", va="center")
            else:
                axes[i, j].set_xlabel(f"KL {run.scores['kl']:.1f}", fontsize=9)
    for axis, title in zip(axes[0], ["truth", *(objectives.get(name).label for name in names)], strict=True):
        axis.set_title(title)
    return figure


def _board(axis: Axes, dataset: Checkerboard, points: torch.Tensor | None, colour: str) -> None:
    limit, side = dataset.limit, dataset.side
    for x, y in dataset.centres.tolist():
        corner = (x - side / 2, y - side / 2)
        axis.add_patch(Rectangle(corner, side, side, facecolor="#f2f2f2", edgecolor="#c0c0c0", linewidth=0.6))
    if points is not None:
        axis.plot(*points.T.numpy(), ".", markersize=1.0, color=colour, alpha=0.7, rasterized=True)
    axis.set(xlim=(-limit - 0.4, limit + 0.4), ylim=(-limit - 0.4, limit + 0.4), aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(True)
    axis.spines[:].set_color("#c0c0c0")
    axis.grid(visible=False)


def score_dots(cells: Runs, floor: dict[str, float]) -> Figure:
    """Draw every cell's KL and JSD: dots our seeds, bars one draw's noise, hollow diamonds the printed values."""
    rows = list(dict.fromkeys(row for row, _ in cells))
    names = list(dict.fromkeys(name for _, name in cells))
    figure, axes = plt.subplots(1, 2, figsize=(8.0, 3.9))
    for k, (axis, score) in enumerate(zip(axes, ("kl", "jsd"), strict=True)):
        axis.axhline(floor[score], color=COLOURS["truth"], linestyle="--", linewidth=1, label="truth against truth")
        for j, name in enumerate(names):
            for i, row in enumerate(rows):
                x = i + 0.17 * (j - (len(names) - 1) / 2)
                runs = [run for run in cells[row, name] if not run.diverged]
                values = [run.scores[score] for run in runs]
                noise = [run.scores[f"{score}_draw_sd"] for run in runs]
                label = objectives.get(name).label if i == 0 else None
                axis.errorbar([x] * len(values), values, noise, fmt="o", ms=4, lw=1, color=COLOURS[name], label=label)
                if (row, name) in TABLE1:
                    axis.plot(x, TABLE1[row, name][k], "D", ms=6, mfc="none", mec=COLOURS[name])
        axis.plot([], [], "D", ms=6, mfc="none", mec=COLOURS["truth"], label="printed in the paper")
        axis.set_xticks(range(len(rows)), rows)
        axis.set_xlim(-0.5, len(rows) - 0.5)
        axis.grid(axis="x", visible=False)
        axis.set(ylabel=f"{score.upper()}, the paper's unit", title=f"{score.upper()} (lower is better)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    return figure


def curves(runs: Sequence[Run], terms: dict[str, str], columns: int = 2) -> Figure:
    """Draw one panel a term (name → title) over steps, one line a run, labelled by its objective.

    The vertical axis is logarithmic where the values allow; a diverged run's line ends in a cross.
    """
    columns = min(columns, len(terms))
    lines = -(-len(terms) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(3.9 * columns, 2.2 * lines + 0.5), squeeze=False, sharex=True)
    for axis, (term, title) in zip(axes.flat, terms.items(), strict=False):
        seen = []
        for run in runs:
            if term not in run.history:
                continue
            steps, values = np.array(run.history["step"]), np.array(run.history[term], dtype=float)
            name = run.config.objective
            axis.plot(steps, values, color=COLOURS[name], lw=1.2, label=objectives.get(name).label)
            if run.diverged and len(steps):
                axis.plot(steps[-1], values[-1], "x", color=COLOURS[name], ms=7)
            seen.append(values[np.isfinite(values)])
        if any(len(v) for v in seen) and min(v.min() for v in seen if len(v)) > 0:
            axis.set_yscale("log")
        axis.set_title(title)
    for axis in axes[-1]:
        axis.set_xlabel("step")
    for axis in axes.flat[len(terms) :]:
        axis.set_visible(False)
    entries = {
        label: handle for axis in axes.flat for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=len(entries) or 1, fontsize=9)
    return figure
