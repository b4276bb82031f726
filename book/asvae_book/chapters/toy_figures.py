"""The figures of a toy problem: the paper's grid of samples, scores beside the printed ones."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from asvae.datasets.points import PointsDataset
from asvae.store.rows import combinations
from asvae.training.run import SAMPLES, Result
from asvae_book.chapters import palette
from asvae_book.chapters.figures import WIDTH, board, forest
from asvae_book.chapters.toy import Cell, Toy
from asvae_book.chapters.toy_tables import NOT_RUN, SCORES, columns_of, label, rows_of
from asvae_book.studies import Cells
from asvae_book.studies.intervals import Interval, over_seeds
from asvae_book.studies.measures import unscored
from asvae_book.studies.pairs import difference

RUNAWAY = 100.0
"""Curves that exceed it are drawn on a logarithmic axis."""

DECADE = 10.0
"""Scores that differ by more than this factor are drawn on a logarithmic axis."""


def samples_grid(cells: Cells, data: PointsDataset) -> Figure:
    """Draw the paper's grid: rows combinations, columns the truth and then the objectives, the median seed of each.

    The regions of the data are outlined; a run that diverged shows where, and no points; so does a missing one.
    """
    rows, names = rows_of(cells), columns_of(cells)
    figure, axes = plt.subplots(
        len(rows), 1 + len(names), figsize=(1.24 * (1 + len(names)), 1.55 * len(rows) + 0.2), squeeze=False
    )
    for i, row in enumerate(rows):
        board(axes[i, 0], data, data.sample(SAMPLES, seed=0), palette.TRUTH)
        axes[i, 0].set_ylabel(row, rotation=0, ha="right", va="center", fontsize=11)
        axes[i, 0].set_xlabel(_weights(data.name, row), fontsize=9)
        for j, name in enumerate(names, start=1):
            _panel(axes[i, j], data, median_first(cells.get((row, name), [])), palette.of_method(name))
    for axis, title in zip(axes[0], ["truth", *map(label, names)], strict=True):
        axis.set_title(title)
    return figure


def median_first(runs: Sequence[Result]) -> list[Result]:
    """Return runs with the one of the median KL first; those without one come last, as worse than any."""
    ranked = sorted(runs, key=lambda run: math.inf if unscored(run) else run.scores["kl"])
    middle = (len(ranked) - 1) // 2
    return [*ranked[middle : middle + 1], *ranked[:middle], *ranked[middle + 1 :]]


def gaps(cells: Cells) -> dict[Cell, Interval]:
    """Return AS-IntroVAE minus each other method in KL over seeds that both finished, by row and method."""
    found = {
        (row, name): difference(cells.get((row, "as-introvae"), []), theirs)
        for (row, name), theirs in cells.items()
        if name != "as-introvae"
    }
    return {at: gap for at, gap in found.items() if gap.n}


def differences(toy: Toy, cells: Cells) -> Figure:
    """Draw the forest of :func:`gaps`, coloured by the other method; hollow diamonds are the printed ones.

    IntroVAE, which lies so far off that beside it no other interval could be seen, has a panel and a scale of its own.
    """
    found = gaps(cells)
    panels = [
        {at: gap for at, gap in found.items() if (at[1] == "introvae") is far}
        for far in (False, True)
        if not far or any(name == "introvae" for _, name in found)
    ]
    sizes = [max(1, len(each)) for each in panels]
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(WIDTH, 0.27 * sum(sizes) + 0.5 + 0.4 * len(panels)), height_ratios=sizes, squeeze=False
    )
    for axis, each in zip(axes[:, 0], panels, strict=True):
        rows = [(f"{row}, minus {label(name)}", gap) for (row, name), gap in each.items()]
        forest(axis, rows, [palette.of_method(name) for _, name in each])
        for i, (row, name) in enumerate(each):
            printed = np.subtract(*(toy.printed[row, either][0] or np.nan for either in ("as-introvae", name)))
            axis.plot([printed], [i], "D", ms=6, mfc="none", mec=palette.of_method(name))
    axes[-1, 0].set_xlabel("KL of AS-IntroVAE minus the other method's: below 0 AS-IntroVAE is better")
    return figure


def training(runs: Sequence[Result]) -> Figure:
    """Draw a panel per method with the KL of real data and of generated samples; below, what only some methods have."""
    lower = {"exp_elbo_fake": "exp-ELBO of generated", "as_distance": "AS-distance, encoder's turn"}
    rows = -(-len(runs) // 2)
    figure, axes = plt.subplots(rows + 1, 2, figsize=(WIDTH, 1.45 * (rows + 1) + 0.5), squeeze=False, sharex=True)
    for axis in axes[:rows].flat[len(runs) :]:
        axis.set_visible(False)
    for axis, run in zip(axes[:rows].flat, runs, strict=False):
        name = run.config.objective
        for term, style in (("kl_real", "-"), ("kl_fake", "--")):
            _curve(axis, run, term, color=palette.of_method(name), linestyle=style)
        axis.set(title=f"{label(name)}: KL, nats", yscale=_scale(axis))
    for axis, (term, title) in zip(axes[rows], lower.items(), strict=True):
        for run in runs:
            _curve(axis, run, term, color=palette.of_method(run.config.objective))
        axis.set(title=title, yscale=_scale(axis), xlabel="step")
    handles = [Line2D([], [], color=palette.TRUTH, linestyle=style) for style in ("-", "--")]
    figure.legend(handles, ["real data", "generated samples"], loc="outside lower center", ncols=2)
    return figure


def _scale(axis: Axes) -> str:
    """Return a linear scale, on which lines near one another stand apart, unless one of them runs away."""
    low, high = axis.dataLim.intervaly
    return "log" if low > 0.0 and high > RUNAWAY else "linear"


def _curve(axis: Axes, run: Result, term: str, **style) -> None:
    """Draw a term of a run over steps; where the run diverged, the line ends in a cross."""
    curve = np.array(run.history.get(term, []), dtype=float)
    steps = np.array(run.history["step"][: len(curve)])
    axis.plot(steps, curve, lw=1.2, **style)
    if run.diverged and len(curve):
        axis.plot(steps[-1], curve[-1], "x", color=style["color"], ms=7)


def _panel(axis: Axes, data: PointsDataset, runs: Sequence[Result], colour: str) -> None:
    """Draw the samples of the first run, and under them its KL and how many regions they cover."""
    ended = bool(runs) and not runs[0].diverged
    board(axis, data, runs[0].samples if ended else data.centres[:0], colour)
    if ended:
        scores = runs[0].scores
        covered = f"{scores['modes_covered']:.0f} of {len(data.centres)}"
        axis.set_xlabel(f"KL {scores['kl']:.1f}\n{covered}", fontsize=9)
        return
    text = f"NaN at step {runs[0].divergence.step:,}\n({runs[0].divergence.term})" if runs else NOT_RUN
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center")


def score_dots(toy: Toy, cells: Cells, floor: Mapping[str, float]) -> Figure:
    """Draw every cell's KL and JSD: small dots the seeds, the large one their mean, its bar the 95 % interval.

    Without several seeds the bar is one draw's noise. Hollow diamonds are the printed values.
    """
    rows, names = rows_of(cells), columns_of(cells)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.9))
    for k, (axis, (score, title)) in enumerate(zip(axes, SCORES.items(), strict=True)):
        axis.axhline(floor[score], color=palette.TRUTH, linestyle="--", linewidth=1, label="truth against truth")
        for j, name in enumerate(names):
            colour = palette.of_method(name)
            axis.plot([], [], "o", ms=5, color=colour, label=label(name))
            for i, row in enumerate(rows):
                x = i + 0.19 * (j - (len(names) - 1) / 2)
                _dots(axis, x, cells.get((row, name), []), score, colour)
                axis.plot(x + 0.06, toy.printed[row, name][k] or np.nan, "D", ms=6, mfc="none", mec=colour)
        axis.plot([], [], "D", ms=6, mfc="none", mec=palette.TRUTH, label="printed in the paper")
        low, high = axis.dataLim.intervaly
        if low > 0.0 and high / low > DECADE:
            axis.set_yscale("log")
            axis.yaxis.set_major_formatter("{x:g}")
        axis.set_xticks(range(len(rows)), rows)
        axis.set_xlim(-0.5, len(rows) - 0.5)
        axis.grid(axis="x", visible=False)
        axis.set(ylabel=f"{title}, the paper's unit", title=f"{title} (lower is better)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def _dots(axis: Axes, x: float, runs: Sequence[Result], score: str, colour: str) -> None:
    """Draw one cell's seeds, their mean and its bar at ``x``, and NaN above where one is NaN."""
    finite = [run for run in runs if math.isfinite(run.scores[score])]
    values = [run.scores[score] for run in finite]
    mean, half, n, *_ = over_seeds(values)
    if n:
        bar = half if n > 1 else finite[0].scores[f"{score}_draw_sd"]
        axis.plot([x - 0.06] * n if n > 1 else [], values if n > 1 else [], ".", ms=3, color=colour, alpha=0.5)
        axis.errorbar([x], [mean], [bar], fmt="o", ms=5, lw=1.5, color=colour)
    if len(finite) < len(runs):
        place = {"transform": axis.get_xaxis_transform(), "ha": "center", "va": "top"}
        axis.text(x, 0.98, "NaN", color=colour, fontsize=9, rotation=90, **place)


def _weights(dataset: str, row: str) -> str:
    b = combinations(dataset)[row]
    return f"{b['beta_kl']:g}, {b['beta_rec']:g}, {b['beta_neg']:g}"
