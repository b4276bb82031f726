"""The CSV of a figure holds what is drawn: lines, dots, intervals and heat maps, under the names that a reader sees."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from asvae import datasets
from asvae_book.chapters import figures, palette
from asvae_book.chapters.figure_data import MOST, as_csv
from asvae_book.studies.intervals import over_seeds


@pytest.fixture
def axis():
    figure, axis = plt.subplots()
    yield axis
    plt.close(figure)


def read(axis):
    return pd.read_csv(io.StringIO(as_csv(axis.figure)))


def test_a_line_is_its_points_under_the_name_that_the_legend_gives_its_colour(axis):
    axis.plot([0, 10], [0.123456789, 1e-7], color="#123456", label="half KL")
    axis.plot([0, 10], [1.0, 2.0], color=palette.of_method("s-introvae"))
    axis.set(title="KL", yscale="log")
    axis.legend(handles=axis.lines[:1])
    table = read(axis)
    assert list(table.columns) == ["panel", "series", "x", "y"]
    assert table.iloc[0].tolist() == ["KL", "half KL", 0, 0.123457]
    assert table["series"].tolist() == ["half KL"] * 2 + ["S-IntroVAE"] * 2
    assert table["y"].tolist() == [0.123457, 1e-7, 1.0, 2.0]


def test_a_forest_has_means_and_both_ends_by_the_name_of_the_row(axis):
    gap = over_seeds([1.0, 2.0, 3.0])
    figures.forest(axis, [("minus VAE", gap)], [palette.of_method("vae")])
    table = read(axis)
    assert table["y"].unique().tolist() == ["minus VAE"]
    ends = table[table["series"] == "VAE, interval"]["x"]
    assert sorted(ends) == pytest.approx([gap.mean - gap.half, gap.mean + gap.half], rel=1e-5)
    assert table[table["series"] == "VAE"]["x"].tolist() == [2.0]
    assert 0.0 not in table["x"].tolist()  # the line at zero crosses the panel and measures nothing


def test_a_heat_map_has_its_cells_and_a_picture_or_a_cloud_of_samples_has_nothing(axis):
    axis.imshow(np.array([[1.0, np.nan], [3.0, 4.0]]))
    assert [value for value in read(axis)["y"] if value == value] == [1.0, 3.0, 4.0]
    for draw in (
        lambda axis: figures.sheet(axis, torch.rand(3, 4, 4), "pictures"),
        lambda axis: figures.board(axis, datasets.get("checkerboard"), torch.rand(50, 2), "#000000"),
        lambda axis: axis.scatter(range(9), range(9), edgecolors="black", rasterized=True),
        lambda axis: axis.plot(np.zeros(MOST + 1)),
    ):
        axis.clear()
        draw(axis)
        assert as_csv(axis.figure) == ""


def test_a_table_is_its_own_numbers_and_anything_else_has_none():
    assert as_csv(pd.DataFrame({"KL": ["1 ± 2"]}, index=["VAE"])) == ",KL\nVAE,1 ± 2\n"
    assert as_csv("text") == as_csv(pd.DataFrame()) == ""


def test_an_interval_that_is_not_finite_has_no_ends(axis):
    axis.errorbar([0.0], [1.0], [float("nan")], fmt="o")
    assert read(axis)[["x", "y"]].to_numpy().tolist() == [[0.0, 1.0]]
