"""Two Gaussians: the formulas against numerical integration and differences, the core against the formulas."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from asvae_book.chapters import two_gaussians

PLACES = [(0.3, 1.0), (1.5, 0.2), (2.0, 4.0), (0.0, 1e-3)]


@pytest.mark.parametrize(("m", "v"), PLACES)
def test_the_formula_is_the_integral_of_the_squared_difference(m, v):
    def gap(z):
        return (stats.norm.pdf(z, m, math.sqrt(v)) - stats.norm.pdf(z)) ** 2

    integral, _ = integrate.quad(gap, -12.0, 12.0, points=[m - 0.1, m, m + 0.1], limit=400)
    assert two_gaussians.exact(m, v)["distance"] == pytest.approx(math.sqrt(2.0 * math.pi) * integral, rel=1e-7)


@pytest.mark.parametrize(("m", "v"), PLACES)
def test_the_core_agrees_with_the_formulas_and_they_with_differences(m, v):
    exact, computed, h = two_gaussians.exact(m, v), two_gaussians.computed(m, v), 1e-5
    assert computed == pytest.approx(exact, rel=1e-10, abs=1e-12)
    by_m = (two_gaussians.exact(m + h, v)["distance"] - two_gaussians.exact(m - h, v)["distance"]) / (2 * h)
    up, down = (two_gaussians.exact(m, v * math.exp(side * h))["distance"] for side in (1, -1))
    assert exact["distance by m"] == pytest.approx(by_m, rel=1e-6, abs=1e-9)
    assert exact["distance by log v"] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-9)


def test_the_pull_dies_with_the_gap_and_grows_as_a_variance_shrinks():
    far = [two_gaussians.exact(m, 1.0)["distance by m"] for m in (2.0, 4.0, 8.0)]
    assert far[0] > far[1] > far[2] > 0.0
    assert far[2] < 1e-6
    small = [abs(two_gaussians.exact(0.0, v)["distance by log v"]) for v in (1e-2, 1e-4, 1e-6)]
    assert np.allclose(np.divide(small[1:], small[:-1]), 10.0, rtol=0.05)
    assert [row["AS-distance"] == row["exact"] for _, row in two_gaussians.table().iterrows()] == [True] * 5
    assert len(two_gaussians.figure().axes) == 2
