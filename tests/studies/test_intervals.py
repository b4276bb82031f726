"""Intervals and tests against SciPy, one by one; coverage; what pairing does; seeds for power by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from asvae_book.studies.intervals import (
    DECIDES,
    POWER,
    Interval,
    difference_for_power,
    over_seeds,
    paired,
    seeds_for_power,
)


def test_an_interval_is_students_and_ranks_are_wilcoxons():
    values = [20.1, 21.3, 20.8, 22.0]
    found = over_seeds(values)
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert found.n == 4
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.p, found.rank_p) == pytest.approx((stats.ttest_1samp(values, 0.0).pvalue, 0.125))
    assert math.isnan(over_seeds([1.0]).half)
    assert over_seeds([1.0]).side == over_seeds([1.0]).decided() == 0
    assert math.isnan(over_seeds([]).mean)


def test_many_experiments_at_once_are_each_one_by_itself():
    table = np.random.default_rng(0).normal(0.5, 1.0, (3, 4, 10))
    many = over_seeds(table)
    for at in np.ndindex(3, 4):
        one = over_seeds(table[at])
        every = [many.mean[at], many.half[at], many.p[at], many.rank_p[at], many.side[at], many.decided()[at]]
        assert every == pytest.approx([one.mean, one.half, one.p, one.rank_p, one.side, one.decided()])


def test_equal_values_have_the_p_of_their_signs_and_not_0():
    same = over_seeds([2.0] * 6)
    assert (same.half, same.side) == (0.0, 1)
    assert same.p == same.rank_p == 2.0 / 2**6
    assert over_seeds([0.0] * 6).p == 1.0
    nearly = over_seeds([0.1 + 0.2, 0.3] * 3)
    assert nearly.p == pytest.approx(2.0 / 2**6, rel=0.5)


@pytest.mark.parametrize("n", [2, 3, 6, 10, pytest.param(13, marks=pytest.mark.slow), 14])
@pytest.mark.filterwarnings("ignore:invalid value|Sample size too small:RuntimeWarning")
def test_ranks_with_ties_and_zeros_are_wilcoxons_too(n):
    for seed in range(2 if n == 13 else 5):  # of 13 SciPy itself takes a second
        values = np.random.default_rng(seed).integers(-3, 5, n) / 2
        assert over_seeds(values).rank_p == pytest.approx(stats.wilcoxon(values).pvalue if values.any() else 1.0)
    assert over_seeds(np.zeros(n)).rank_p == 1.0
    table = np.random.default_rng(0).integers(-3, 5, (2, 3, n)) / 2
    assert over_seeds(table).rank_p == pytest.approx(
        np.array([[over_seeds(row).rank_p for row in rows] for rows in table])
    )


def test_only_what_both_tests_reject_is_decided():
    # Nine small losses and one large one: ranks see ten losses, Student an outlier.
    outlier = over_seeds([0.1, 0.2, 0.3, 0.15, 0.25, 0.12, 0.22, 0.18, 0.28, 9.0])
    assert outlier.rank_p < DECIDES < outlier.p
    assert outlier.decided() == 0
    assert over_seeds([0.1, 0.2, 0.3, 0.15, 0.25, 0.12, 0.22, 0.18, 0.28, 0.3]).decided() == 1
    # Five values of one sign have the smallest p that ranks of five can give, 0.0625; with one of the other sign not.
    assert over_seeds([-1.0, -1.1, -1.2, -0.9, -0.8]).decided() == -1
    assert over_seeds([-1.0, -1.1, -1.2, -0.9, 0.01]).decided() == 0


@pytest.mark.slow
def test_an_interval_covers_the_truth_as_often_as_it_says():
    samples = np.random.default_rng(0).normal(3.0, 2.0, size=(4_000, 5))
    found = over_seeds(samples)
    assert np.mean(np.abs(found.mean - 3.0) <= found.half) == pytest.approx(0.95, abs=0.012)


def test_pairing_removes_what_two_methods_share():
    seeds = np.random.default_rng(1).normal(20.0, 2.0, size=8)
    gap = paired(seeds - 0.1, seeds)
    assert gap.mean == pytest.approx(-0.1)
    assert gap.half < 1e-9
    assert gap.side == -1
    assert paired([1.0, math.nan, 3.0], [1.0, 1.0, 2.0]).n == 2
    assert paired([1.0, math.inf, 3.0], [1.0, 1.0, 2.0]).n == 2


def test_half_a_width_has_two_digits_where_they_are_enough_and_else_those_of_the_mean():
    assert Interval(21.456, 0.1637, 5, 0.5).plus_minus() == "21.46\u00a0±\u00a00.16"
    assert Interval(-1234.0, 123.4, 5, 0.5).plus_minus("{:+.4g}") == "−1234\u00a0±\u00a0123"
    assert Interval(21.456, math.nan, 1, math.nan).plus_minus() == "21.5"
    assert Interval(21.456, 99.6, 2, 0.5).plus_minus() == "21\u00a0±\u00a0100"
    assert Interval(21.456, 99.4, 2, 0.5).plus_minus() == "21\u00a0±\u00a099"
    assert over_seeds([0.0, 0.0]).plus_minus() == "0"
    assert over_seeds([]).plus_minus() == "–"


@pytest.mark.parametrize(("sd", "difference"), [(1.0, 2.0), (1.0, 1.0), (0.7, -0.3)])
def test_the_seeds_for_power_find_the_difference_as_often_as_they_say(sd, difference):
    n = seeds_for_power(sd, difference)
    draws = np.random.default_rng(0).normal(difference, sd, (20_000, n))
    found = np.mean(stats.ttest_1samp(draws, 0.0, axis=-1).pvalue < DECIDES)
    assert found == pytest.approx(POWER, abs=0.01) or found > POWER
    fewer = stats.ttest_1samp(draws[:, : n - 1], 0.0, axis=-1).pvalue < DECIDES
    assert np.mean(fewer) < POWER + 0.005
    assert seeds_for_power(2 * sd, 2 * difference) == n


@pytest.mark.parametrize("effect", [0.35, 0.8, 2.5, 40.0])
def test_the_seeds_for_power_are_the_fewest_by_integration_over_the_estimated_deviation(effect):
    """Power is the mean over s² ~ χ²/(n - 1) of what a normal test with the limit t·s finds."""

    def power(n):
        limit = stats.t.isf(DECIDES / 2, n - 1)
        q = (np.arange(20_000) + 0.5) / 20_000
        s = np.sqrt(stats.chi2.ppf(q, n - 1) / (n - 1))
        return stats.norm.sf(limit * s - effect * np.sqrt(n)).mean()

    n = seeds_for_power(1.0, effect)
    assert power(n) >= POWER
    assert n == 2 or power(n - 1) < POWER


def test_a_difference_for_power_is_the_one_whose_seeds_are_these():
    for sd, n in ((1.0, 5), (0.7, 10), (3.0, 20)):
        found = difference_for_power(sd, n)
        assert seeds_for_power(sd, found * 1.0001) == n
        assert seeds_for_power(sd, found * 0.999) == n + 1


def test_values_that_are_nearly_equal_have_an_interval_of_their_own():
    found = over_seeds([1.0, 1.001, 0.999])
    assert found.half == pytest.approx(stats.t.isf(0.025, 2) * 0.001 / np.sqrt(3.0), rel=1e-6)
    assert found.p == pytest.approx(stats.ttest_1samp([1.0, 1.001, 0.999], 0.0).pvalue, rel=1e-6)


def test_an_interval_that_ends_at_0_contains_it():
    assert [Interval(mean, 1.0, 5, 0.05).side for mean in (-1.5, -1.0, 1.0, 1.5)] == [-1, 0, 0, 1]
