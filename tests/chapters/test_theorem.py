"""Theorem 1 on two Gaussians: the derivatives against formulas and integrals, and the order in which they vanish."""

import math

import pytest
from scipy import integrate, stats

from asvae_book.chapters import theorem

MEANS = (0.5, 1.0, 2.0, 4.0, 8.0)


@pytest.mark.parametrize("m", MEANS)
def test_the_cores_gradients_are_those_of_the_closed_forms(m):
    derivatives = theorem.derivatives(m)
    assert {key: derivatives[key] for key in ("as", "kl")} == pytest.approx(theorem.exact(m), rel=1e-12)


def integral(m, function):
    value, _ = integrate.quad(
        lambda z: function(stats.norm.pdf(z, m), stats.norm.pdf(z)), -9.0, m + 9.0, points=[0.0, m / 2, m], limit=400
    )
    return value


def two_jsd(m):
    def gap(p, q):
        return p * math.log(2 * p / (p + q)) + q * math.log(2 * q / (p + q))

    return integral(m, gap)


@pytest.mark.parametrize("m", MEANS[:4])
def test_the_other_two_are_the_slopes_of_what_they_are_said_to_be(m):
    h, derivatives = 1e-4, theorem.derivatives(m)
    assert derivatives["2 jsd"] == pytest.approx((two_jsd(m + h) - two_jsd(m - h)) / (2 * h), rel=1e-4)
    # Between Gaussians of one variance the 2-Wasserstein distance is that of the means.
    assert derivatives["w2"] == pytest.approx(((m + h) ** 2 - (m - h) ** 2) / (2 * h))


def test_the_distances_gradient_vanishes_first_and_kls_does_not():
    near, far = theorem.derivatives(4.0), theorem.derivatives(8.0)
    assert far["as"] < 1e-3 * far["2 jsd"] < 1e-3 * far["kl"]
    assert [far[key] / near[key] for key in ("kl", "w2")] == [2.0, 2.0]
    # e^(−m²/4) against e^(−m²/8), apart from a power of m.
    assert math.log(near["as"] / far["as"]) == pytest.approx((64 - 16) / 4, abs=1.0)
    assert math.log(near["2 jsd"] / far["2 jsd"]) == pytest.approx((64 - 16) / 8, abs=1.0)
    assert list(theorem.table().columns) == list(theorem.NAMES.values())
