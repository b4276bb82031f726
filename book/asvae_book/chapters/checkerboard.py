"""The checkerboard's tables and figures: Table 1 and Figure 8 as one grid, combinations × methods, over seeds."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asvae import objectives
from asvae.config.presets import ROWS, TABLE_ROWS
from asvae.datasets.points import PointsDataset
from asvae.training.run import SAMPLES, Result
from asvae_book.chapters import palette
from asvae_book.chapters.figures import board, curves
from asvae_book.chapters.tables import exceeded
from asvae_book.paper import published
from asvae_book.paper.measures import exceeded_bound
from asvae_book.studies import TABLE1, Cells
from asvae_book.studies.intervals import over_seeds


def floor_table(floor: dict[str, float]) -> pd.DataFrame:
    """Return what the truth scores against itself, one draw's noise, and how far apart the paper's scores are."""
    rows = {
        "truth, 5,000 points, mean of 40 draws": (floor["kl"], floor["jsd"]),
        "noise of one such draw (standard deviation)": (floor["kl_draw_sd"], floor["jsd_draw_sd"]),
        "truth, 200,000 points": (floor["kl_large"], floor["jsd_large"]),
    }
    for row in TABLE_ROWS:
        gap = np.subtract(published.TABLE1[row, "as-introvae"], published.TABLE1[row, "s-introvae"])
        rows[f"printed at {row}: AS-IntroVAE minus S-IntroVAE"] = tuple(gap)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["KL", "JSD"]).map("{:.2f}".format)


def weights_table(combinations: Sequence[str]) -> pd.DataFrame:
    """Return the weights of ``combinations``, one row each."""
    return pd.DataFrame.from_dict({row: ROWS["assumed"][row] for row in combinations}, orient="index")


def table1(cells: Cells, floor: dict[str, float] | None = None, released: bool = False) -> pd.DataFrame:
    """Return Table 1: one column per objective, beside the truth's own score; ours above the printed value.

    ``released`` adds what S-IntroVAE's own released loop scores, where it was run.
    """
    names, rows = _names(cells), {}
    for row in _rows(cells):
        for k, (score, title) in enumerate((("kl", "KL"), ("jsd", "JSD"))):
            ours = {"truth": f"{floor[score]:.2f}"} if floor else {}
            rows[row, title, "here"] = ours | {_label(name): summary(cells[row, name], score) for name in names}
            rows[row, title, "printed"] = {
                _label(name): _printed(published.TABLE1[row, name][k])
                for name in names
                if (row, name) in published.TABLE1
            }
            loop = {
                _label(name): f"{published.RELEASED_LOOP[row, name][score]:.2f}"
                for name in names
                if (row, name) in published.RELEASED_LOOP
            }
            if released and loop:
                rows[row, title, "released loop"] = loop
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")


def support_table(cells: Cells) -> pd.DataFrame:
    """Return what claim T3 speaks of, and scores that Table 1 leaves out; means over seeds."""
    columns = {
        "samples on the squares": ("on_support", "{:.1%}"),
        "squares covered": ("modes_covered", "{:.1f}"),
        "centroid error": ("centroid_error", "{:.3f}"),
        "KL, 200,000 points": ("kl_large", "{:.2f}"),
        "textbook JSD, nats, 200,000 points": ("jsd_textbook_large", "{:.3f}"),
    }
    rows = {
        (row, _label(name)): {title: _form(form, mean(runs, score)) for title, (score, form) in columns.items()}
        for (row, name), runs in cells.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def exceeded_table(cells: Cells) -> pd.DataFrame:
    """Return how many AS-IntroVAE runs saw a distance that variances of one cannot give, and the KL with and without.

    For Gaussians of variance one, the prior's, the AS-distance is at most √2. Runs without its curve are not counted.
    """
    rows = {}
    for row, name in cells.of("as-introvae"):
        kinds = {"where it left the scale": True, "where it stayed": False}
        groups = {
            title: [run for run in cells[row, name] if exceeded_bound(run) is kind] for title, kind in kinds.items()
        }
        groups["S-IntroVAE"] = cells.get((row, "s-introvae"), [])
        rows[row] = {"runs that left the scale": exceeded(cells[row, name])}
        rows[row] |= {f"KL, {title}": summary(runs, "kl") if runs else "–" for title, runs in groups.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def divergence_table(cells: Cells) -> pd.DataFrame:
    """Return, for every cell, how many runs diverged, when, and which term went first."""
    rows = {}
    for (row, name), runs in cells.items():
        bad = [run for run in runs if run.diverged]
        where = [f"step {d.step:,}, {d.player}: {d.term}" for d in (run.divergence for run in bad)]
        rows[row, _label(name)] = {"diverged": f"{len(bad)} of {len(runs)}", "where": "; ".join(where) or "–"}
    return pd.DataFrame.from_dict(rows, orient="index")


def mean(runs: Sequence[Result], score: str) -> float:
    """Return a score's mean over runs; NaN as soon as one of them diverged, as in the paper's table."""
    return float(np.mean([run.scores[score] for run in runs]))


def summary(runs: Sequence[Result], score: str) -> str:
    """Return a score's mean, ± half its 95 % interval over seeds where there are several.

    ``NaN`` as soon as a run diverged, with how many did and what the others gave.
    """
    if not runs:
        return "not run"
    values = [run.scores[score] for run in runs if not run.diverged]
    diverged, finite = len(runs) - len(values), over_seeds(values).plus_minus("{:.2f}")
    if not diverged:
        return finite
    return f"NaN ({diverged} of {len(runs)}; else {finite})" if values else "NaN"


def figure8(cells: Cells, dataset: PointsDataset) -> Figure:
    """Draw Figure 8's grid: rows combinations, columns the truth and then the objectives, the kept samples of each.

    The filled squares are outlined; a run that diverged shows where, and no points.
    """
    rows, names = _rows(cells), _names(cells)
    figure, axes = plt.subplots(
        len(rows), 1 + len(names), figsize=(1.62 * (1 + len(names)), 1.8 * len(rows) + 0.2), squeeze=False
    )
    for i, row in enumerate(rows):
        board(axes[i, 0], dataset, dataset.sample(SAMPLES, seed=0), palette.TRUTH)
        axes[i, 0].set_ylabel(f"{row}\n" + _weights(row))
        for j, name in enumerate(names, start=1):
            run = cells[row, name][0]
            board(axes[i, j], dataset, run.samples, palette.of_method(name))
            if run.diverged:
                text = f"NaN at step {run.divergence.step:,}\n({run.divergence.term})"
                axes[i, j].text(0.5, 0.5, text, transform=axes[i, j].transAxes, ha="center", va="center")
            else:
                axes[i, j].set_xlabel(f"KL {run.scores['kl']:.1f}", fontsize=9)
    for axis, title in zip(axes[0], ["truth", *map(_label, names)], strict=True):
        axis.set_title(title)
    return figure


def score_dots(cells: Cells, floor: dict[str, float]) -> Figure:
    """Draw every cell's KL and JSD: small dots the seeds, the large one their mean, its bar the 95 % interval.

    Without several seeds the bar is one draw's noise. Hollow diamonds are the printed values.
    """
    rows, names = _rows(cells), _names(cells)
    figure, axes = plt.subplots(1, 2, figsize=(8.0, 5.2))
    for k, (axis, score) in enumerate(zip(axes, ("kl", "jsd"), strict=True)):
        axis.axhline(floor[score], color=palette.TRUTH, linestyle="--", linewidth=1, label="truth against truth")
        for j, name in enumerate(names):
            colour = palette.of_method(name)
            for i, row in enumerate(rows):
                x = i + 0.19 * (j - (len(names) - 1) / 2)
                _dots(axis, x, cells[row, name], score, colour, _label(name) if not i else None)
                axis.plot(x + 0.06, published.TABLE1[row, name][k] or np.nan, "D", ms=6, mfc="none", mec=colour)
        axis.plot([], [], "D", ms=6, mfc="none", mec=palette.TRUTH, label="printed in the paper")
        axis.set_xticks(range(len(rows)), rows)
        axis.set_xlim(-0.5, len(rows) - 0.5)
        axis.grid(axis="x", visible=False)
        axis.set(ylabel=f"{score.upper()}, the paper's unit", title=f"{score.upper()} (lower is better)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _dots(axis: Axes, x: float, runs: Sequence[Result], score: str, colour: str, label: str | None) -> None:
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


def distances(cells: Cells) -> Figure:
    """Draw AS-IntroVAE's distance and the term that it enters over training, first seed, one line per combination."""
    first, colours = cells.of("as-introvae").first, palette.of_study(TABLE1)
    terms = {"as_distance": "AS-distance, encoder's turn", "exp_elbo_fake": "exp-ELBO of generated"}
    return curves([*first.values()], terms, [row for row, _ in first], [colours[label] for label in first])


def _rows(cells: Cells) -> list[str]:
    return list(dict.fromkeys(row for row, _ in cells))


def _names(cells: Cells) -> list[str]:
    return list(dict.fromkeys(name for _, name in cells))


def _label(name: str) -> str:
    return objectives.get(name).label


def _weights(row: str) -> str:
    b = ROWS["assumed"][row]
    return f"β_kl {b['beta_kl']:g}\nβ_rec {b['beta_rec']:g}\nβ_neg {b['beta_neg']:g}"


def _form(form: str, value: float) -> str:
    return "NaN" if math.isnan(value) else form.format(value)


def _printed(value: float | None) -> str:
    return "–" if value is None else _form("{:.1f}", value)
