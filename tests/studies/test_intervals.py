"""Student's intervals against SciPy, their coverage, and what pairing does."""

import math

import numpy as np
import pytest
from scipy import stats

from asvae_book.studies.intervals import over_seeds, paired


def test_an_interval_is_students():
    values = [20.1, 21.3, 20.8, 22.0]
    mean, half, n, _ = over_seeds(values)
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((low, high))
    assert n == 4
    assert (over_seeds(values).low, over_seeds(values).high) == pytest.approx((low, high))
    assert math.isnan(over_seeds([1.0]).half)
    assert over_seeds([1.0]).side == 0
    assert math.isnan(over_seeds([]).mean)


@pytest.mark.slow
def test_an_interval_covers_the_truth_as_often_as_it_says():
    samples = np.random.default_rng(0).normal(3.0, 2.0, size=(4_000, 5))
    covered = [abs(interval.mean - 3.0) <= interval.half for interval in map(over_seeds, samples)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)


def test_pairing_removes_what_two_methods_share():
    seeds = np.random.default_rng(1).normal(20.0, 2.0, size=8)
    gap = paired(seeds - 0.1, seeds)
    assert gap.mean == pytest.approx(-0.1)
    assert gap.half < 1e-9
    assert gap.side == -1
    assert paired([1.0, math.nan, 3.0], [1.0, 1.0, 2.0]).n == 2
