"""What the figures of several chapters are made of."""

import math
from dataclasses import replace

import pytest

from asvae_book.chapters import figures


def test_a_curve_that_is_noted_at_some_points_is_one_line_through_these(run, diverged):
    noted = {"step": [0, 10, 20, 30], "score": [math.nan, 3.0, math.nan, 2.0]}
    ended, lost = (replace(each, history=noted) for each in (run, diverged))
    line, other, cross = figures.curves([ended, lost], {"score": "score"}).axes[0].lines
    assert line.get_xydata().tolist() == other.get_xydata().tolist() == [[10, 3.0], [30, 2.0]]
    assert (cross.get_marker(), cross.get_xydata().tolist()) == ("x", [[30, 2.0]])


def test_seeds_without_a_value_are_left_out_of_the_dots_and_of_their_mean():
    axis = figures.plt.figure().subplots()
    figures.seed_dots(axis, [[1.0, math.nan, 3.0], [math.nan]], ["red", "blue"])
    dots, mean, *_ = axis.lines
    assert list(dots.get_xdata()) == [1.0, 3.0]
    assert list(mean.get_xdata()) == [pytest.approx(2.0)]
    assert {line.get_color() for line in axis.lines} == {"red"}
