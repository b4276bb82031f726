"""The numbers that a figure or a table shows, as CSV."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from asvae import objectives
from asvae_book.chapters import palette

COLUMNS = ["panel", "series", "x", "y"]

MOST = 4_000
"""Rows of the longest CSV."""

_WORD = re.compile(r"[A-Za-z]{2}|[A-Z]\d")


def as_csv(shown: Any) -> str:
    """Return the numbers of a figure or a table as CSV; empty if it has none.

    A figure has a row per point: its panel (the title, else a label of an axis), its series, x and y to six digits, or
    the category there. Both ends of an interval are points. Pictures and clouds of samples are no charts, and more
    than :data:`MOST` points are whole training curves: these are in the results.
    """
    table = _of_figure(shown) if isinstance(shown, Figure) else shown
    if not isinstance(table, pd.DataFrame) or table.empty or len(table) > MOST:
        return ""
    return table.to_csv(index=not isinstance(shown, Figure), lineterminator="\n")


def _of_figure(figure: Figure) -> pd.DataFrame:
    rows, names = [], _names_by_colour(figure)
    for number, axis in enumerate(figure.axes, start=1):
        panel = " ".join((axis.get_title() or axis.get_ylabel() or axis.get_xlabel() or f"panel {number}").split())
        for series, x, y in _series(axis, names):
            places = (_at(axis.xaxis, x), _at(axis.yaxis, y))
            rows += [(panel, series, *place) for place in zip(*places, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _at(axis: Axis, values: Sequence[float]) -> list[str]:
    """Return places on an axis as numbers, or as the categories that they are nearest to."""
    texts = [text.get_text() for text in axis.get_ticklabels()]
    if not any(_WORD.search(text) for text in texts if "$" not in text):  # powers of ten are set as formulae
        return [f"{value:.6g}" for value in values]
    names = dict(zip([round(place) for place in axis.get_ticklocs()], texts, strict=True))
    return [names.get(round(value), f"{value:.6g}") for value in values]


def _series(axis: Axes, names: dict[str, str]) -> Iterator[tuple[str, list[float], list[float]]]:
    """Give the charts of a panel: lines, dots, ends of intervals, cells of a heat map."""
    for number, line in enumerate(axis.lines, start=1):
        # Samples are drawn as pixels, and a line that crosses the panel measures nothing.
        if not line.get_rasterized() and line.get_transform() == axis.transData:
            x, y = (_plain(each) for each in line.get_data())
            yield names.get(to_hex(line.get_color()), f"line {number}"), x.tolist(), y.tolist()
    for number, drawn in enumerate(axis.collections, start=1):
        if drawn.get_rasterized() or not len(drawn.get_edgecolor()):
            continue
        name = names.get(to_hex(drawn.get_edgecolor()[0]))
        if isinstance(drawn, LineCollection):
            for segment in filter(len, drawn.get_segments()):  # an interval that is not finite has no ends
                yield f"{name or number}, interval", *np.asarray(segment, dtype=float).T.tolist()
        # An area has one offset, the origin.
        elif len(offsets := _plain(drawn.get_offsets())) > 1:
            yield name or f"dots {number}", *offsets.T.tolist()
    for image in axis.images:
        if (values := _plain(image.get_array())).ndim == 2:
            for row, cells in enumerate(values):
                yield f"row {row}", list(range(len(cells))), cells.tolist()


def _plain(values) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)


def _names_by_colour(figure: Figure) -> dict[str, str]:
    """Return what a colour stands for: the methods', unless a legend says otherwise."""
    named = {to_hex(palette.of_method(name)): objectives.get(name).label for name in objectives.names()}
    for legend in [*figure.legends, *(each for axis in figure.axes if (each := axis.get_legend()))]:
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            if isinstance(handle, Line2D):
                named[to_hex(handle.get_color())] = text.get_text()
    return named
