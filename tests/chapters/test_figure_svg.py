"""Charts as lines: the same text each time, the size of the picture they replace, and no clouds of pixels."""

import re
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from asvae.datasets import get
from asvae_book.chapters import figure_svg, figures
from asvae_book.chapters.figure_svg import as_svg


@pytest.fixture(autouse=True)
def _style():
    with plt.rc_context():
        figures.use_style()
        yield
    plt.close("all")


def chart(points=20):
    figure, axis = plt.subplots(figsize=(4.0, 2.0))
    axis.plot(np.linspace(0.0, 1.0, points), np.linspace(0.0, 1.0, points) ** 2, label="square")
    axis.set_xlabel("x")
    figure.legend()
    return figure


def test_the_same_figure_gives_the_same_text():
    assert as_svg(chart()) == as_svg(chart())


def test_it_is_as_large_as_its_picture():
    figure, picture = chart(), BytesIO()
    width, height = map(int, re.search(r'width="(\d+)px" height="(\d+)px"', as_svg(figure)).groups())
    figure.savefig(picture, format="png", bbox_inches="tight")
    with Image.open(picture) as image:
        assert (width, height) == pytest.approx(image.size, abs=2)


def test_shortened_numbers_draw_the_same_line():
    """A scale below 1 keeps its digits, places lose less than a hundredth of a point."""
    text = as_svg(chart())
    assert re.search(r"scale\(0\.\d{3,}", text)
    assert not re.search(r"\b[1-9]\d*\.\d{3,}", text)
    path = next(d for d in re.findall(r'<path d="([^"]*)" clip-path', text) if d.count("L") == 19)
    x, y = np.array([line.split()[-2:] for line in path.strip().splitlines()], dtype=float).T
    share = (x - x[0]) / (x[-1] - x[0])
    assert (y - y[0]) / (y[-1] - y[0]) == pytest.approx(share**2, abs=2e-4)


def test_clouds_pictures_and_long_curves_stay_pixels(monkeypatch):
    cloud, axis = plt.subplots()
    figures.board(axis, get("checkerboard"), torch.zeros(50, 2), "#123456")
    picture, axis = plt.subplots()
    axis.imshow(np.zeros((4, 4)))
    assert as_svg(cloud) == as_svg(picture) == ""
    monkeypatch.setattr(figure_svg, "MOST", len(as_svg(chart())) - 1)
    assert as_svg(chart()) == ""
