"""Schedules side by side as pictures: the layout of Figures 1 to 3, scores over seeds, checks, gradients by route."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torchvision.utils import make_grid

from asvae.datasets.checkerboard import Checkerboard
from asvae.draws import EVALUATION_SEED
from asvae.studies.catalogue import Cells, title
from asvae.studies.measures import fluctuation, headline_name, headline_of
from asvae.training.run import RECONSTRUCTED, Result
from asvae_book.chapters.figures import COLOURS, board, seed_dots
from asvae_book.chapters.why import TITLES

SHADES = {
    "vae": "#4d4d4d",
    "as-only": "#0072b2",
    "half": "#d55e00",
    "half-kl": "#009e73",
    "kl-only": "#cc79a7",
    "linear": "#e69f00",
    "annealed": "#56b4e9",
    "as-only-squashed": "#000000",
    "half-squashed": "#999999",
    "annealed-squashed": "#7f5539",
    "sum": "#d55e00",
    "released": "#000000",
}
"""Label → its colour in every figure: Okabe–Ito and what sets the squashed ones apart."""

_ROWS = ("real", "reconstructed", "generated")
"""The supplement's order, from above."""

ROUTE_COLOURS = {"data": "#4d4d4d", "fakes": "#e69f00", "kl": "#009e73", "as": "#d55e00"}


def layout(cells: Cells) -> Figure:
    """Draw the supplement's Figures 1 to 3 for every schedule, first seed: real, reconstructed, generated.

    Of images two rows of eight each, as there; of points one panel each.
    """
    shown = {label: runs[0] for label, runs in cells.items() if runs}
    plane = next(iter(shown.values())).config.kind == "points"
    return _boards(shown) if plane else _sheets(shown)


def _sheets(shown: dict[str, Result]) -> Figure:
    columns = 3
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9.0, 2.75 * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (label, run) in zip(axes.flat, shown.items(), strict=False):
        axis.set_title(title(label), fontsize=9)
        if run.diverged:
            axis.text(0.5, 0.5, "diverged, no images", ha="center", va="center")
            continue
        sets = [run.pictures["real"], run.pictures["reconstructed"], run.samples]
        sheets = [make_grid(images[:16].clamp(0.0, 1.0), nrow=8, padding=1, pad_value=1.0) for images in sets]
        gap = torch.ones(3, 5, sheets[0].shape[-1])
        whole = torch.cat([part for sheet in sheets for part in (sheet, gap)][:-1], dim=1)
        axis.imshow(whole.permute(1, 2, 0).numpy(), interpolation="nearest")
    for axis in axes[:, 0]:
        for place, name in zip((0.84, 0.5, 0.16), _ROWS, strict=True):
            axis.text(-0.03, place, name, transform=axis.transAxes, rotation=90, ha="right", va="center", fontsize=7)
    return figure


def _boards(shown: dict[str, Result]) -> Figure:
    dataset = Checkerboard()
    real = dataset.sample(5_000, EVALUATION_SEED)[:RECONSTRUCTED]
    columns = min(5, len(shown))
    bands = -(-len(shown) // columns)
    figure, axes = plt.subplots(3 * bands, columns, figsize=(1.8 * columns, 5.6 * bands), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    panels = axes.reshape(bands, 3, columns).swapaxes(1, 2).reshape(-1, 3)
    for column, (label, run) in zip(panels, shown.items(), strict=False):
        sets = (real, run.pictures.get("reconstructed", real[:0]), run.samples)
        for axis, points in zip(column, sets, strict=True):
            axis.set_axis_on()
            board(axis, dataset, points, COLOURS[run.config.objective])
        column[0].set_title(title(label).replace(", ", ",\n").replace(" (", "\n("), fontsize=8)
    for axis, name in zip(axes[:, 0], _ROWS * bands, strict=True):
        axis.set_ylabel(name)
    return figure


def scores(cells: Cells) -> Figure:
    """Draw each schedule's score, a dot a seed with the mean's 95 % interval, and beside it how much it fluctuates."""
    labels = [label for label, runs in cells.items() if runs]
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 0.42 * len(labels) + 1.2), sharey=True)
    everything = [run for label in labels for run in cells[label]]
    name, score = headline_name(everything), headline_of(everything)
    for axis, (value, words) in zip(axes, ((score, name), (fluctuation, "fluctuation, last third")), strict=True):
        values = [[value(run) for run in cells[label] if not run.diverged] for label in labels]
        seed_dots(axis, values, [SHADES[label] for label in labels])
        axis.set_xlabel(words + ", lower is better")
    axes[0].set_yticks(range(len(labels)), [title(label) for label in labels])
    axes[0].invert_yaxis()
    return figure


def checks(cells: Cells) -> Figure:
    """Draw the score at the checks over the last third of every run, a line a seed, a panel a schedule."""
    shown = {label: [run for run in runs if "score" in run.history] for label, runs in cells.items()}
    shown = {label: runs for label, runs in shown.items() if runs}
    columns = min(3, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    figure, axes = plt.subplots(
        rows, columns, figsize=(8.4, 1.75 * rows + 0.3), squeeze=False, sharex=True, sharey=True
    )
    for axis, (label, runs) in zip(axes.flat, shown.items(), strict=False):
        for run in runs:
            steps, values = (np.array(run.history[key], dtype=float) for key in ("step", "score"))
            there = np.isfinite(values)
            axis.plot(steps[there], values[there], ".-", ms=3, lw=0.9, color=SHADES[label], alpha=0.7)
        axis.set_title(title(label), fontsize=9)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    figure.supxlabel("step", fontsize=9)
    figure.supylabel("score", fontsize=9)
    return figure


def routes(cells: Cells) -> Figure:
    """Draw the gradients that encoder (above) and decoder (below) receive by route, over training, a column a schedule.

    Medians over seeds, and thin lines of every seed; a logarithmic axis, below which lines end that are 0.
    """
    labels = [label for label, runs in cells.items() if runs]
    figure, axes = plt.subplots(
        2, len(labels), figsize=(1.6 * len(labels) + 0.6, 4.2), squeeze=False, sharex=True, sharey="row"
    )
    handles = {}
    for column, label in zip(axes.T, labels, strict=True):
        for axis, player in zip(column, ("encoder", "decoder"), strict=True):
            for route, colour in ROUTE_COLOURS.items():
                steps, curves = _curves(cells[label], f"grad_{player}_{route}")
                if not len(curves):
                    continue
                axis.plot(steps, curves.T, color=colour, lw=0.5, alpha=0.35)
                [handles[TITLES[route]]] = axis.plot(steps, np.median(curves, 0), color=colour, lw=1.5)
            axis.set_yscale("log")
            axis.set_ylim(1e-9, None)
        column[0].set_title(title(label).replace(", ", ",\n"), fontsize=9)
        column[1].set_xlabel("step")
        column[1].xaxis.set_major_locator(MaxNLocator(3))
    for axis, player in zip(axes[:, 0], ("encoder", "decoder"), strict=True):
        axis.set_ylabel(f"{player}'s gradient")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles), fontsize=9)
    return figure


def underflow(cells: Cells) -> Figure:
    """Draw the encoder's adversarial term over training, on a logarithmic axis that shows single precision's 0."""
    figure, axes = _over_time(cells, "exp_elbo_fake")
    for axis in axes:
        axis.set_yscale("symlog", linthresh=1e-38)
        axis.set(yticks=[0.0, 1e-30, 1e-20, 1e-10, 1.0], ylim=(-1e-39, 5.0))
    axes[0].set_ylabel("exp term of samples")
    return figure


def distance(cells: Cells) -> Figure:
    """Draw the AS-distance of the encoder's turn over training; dashed √2, the most that variances of one allow."""
    figure, axes = _over_time(cells, "as_distance")
    for axis in axes:
        axis.axhline(2.0**0.5, color=COLOURS["truth"], linestyle="--", linewidth=1)
        axis.set_yscale("log")
    axes[0].set_ylabel("AS-distance")
    return figure


def _over_time(cells: Cells, term: str) -> tuple[Figure, Sequence[Axes]]:
    """Draw a term over training, a panel a schedule that has it: a thin line a seed, the first one thick."""
    shown = {label: _curves(runs, term) for label, runs in cells.items()}
    shown = {label: pair for label, pair in shown.items() if len(pair[1])}
    width = max(1.6, 4.5 / max(1, len(shown))) * max(1, len(shown)) + 0.8
    figure, [axes] = plt.subplots(1, max(1, len(shown)), figsize=(width, 2.7), squeeze=False, sharex=True, sharey=True)
    for axis, (label, (steps, curves)) in zip(axes, shown.items(), strict=False):
        axis.plot(steps, curves[1:].T, color=SHADES[label], lw=0.6, alpha=0.5)
        axis.plot(steps, curves[0], color=SHADES[label], lw=1.3)
        axis.set_title(title(label).replace(", ", ",\n"), fontsize=9)
        axis.set_xlabel("step")
        axis.xaxis.set_major_locator(MaxNLocator(3))
    return figure, axes


def _curves(runs: Sequence[Result], term: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps at which all of ``runs`` have a term, and ``(runs, steps)`` values."""
    runs = [run for run in runs if term in run.history and not run.diverged]
    if not runs:
        return np.zeros(0), np.zeros((0, 0))
    curves = np.array([run.history[term] for run in runs], dtype=float)
    there = np.isfinite(curves).all(0)
    return np.array(runs[0].history["step"])[there], curves[:, there]
