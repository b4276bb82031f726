"""Means over seeds: 95 % confidence intervals, two tests of the mean, and how many seeds a difference would need.

Methods that share their seeds are compared by their differences. Student's test is of their mean and assumes that it is
nearly normal; Wilcoxon's signed-rank test is of their ranks and does not. What both reject is *decided*.
"""

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

LEVEL = 0.95
"""Confidence level: the share of such intervals that contain the true mean."""

DECIDES = 0.02
"""Both p-values must be below it: one between it and 0.05 decides nothing by itself."""

POWER = 0.8
"""The share of experiments in which a true difference should be found."""


class Interval(NamedTuple):
    """A mean with its two-sided confidence interval (Student's t, :data:`LEVEL`), or arrays of them."""

    mean: float
    half: float
    """Half of the interval's width; NaN for fewer than two values."""
    n: int
    """Number of values."""
    p: float
    """Two-sided p-value of the hypothesis that the mean is 0; NaN for fewer than two values."""
    rank_p: float = math.nan
    """The same by Wilcoxon's signed-rank test."""

    @property
    def low(self) -> float:
        """Lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end."""
        return self.mean + self.half

    def text(self, form: str = "{:+.2f}") -> str:
        """Return the mean followed by its interval, such as ``−0.25 (−0.30 to −0.20)``."""
        if self.n < 2:
            return signed(form, self.mean) if self.n else "–"
        return f"{signed(form, self.mean)} ({signed(form, self.low)} to {signed(form, self.high)})"

    def plus_minus(self, form: str = "{:.3g}") -> str:
        """Return the mean followed by half of the interval's width if there is one, such as ``21.46 ± 0.16``.

        Where ``form`` counts significant digits, the half-width has two of them, and the mean as many decimals.
        """
        if not self.n:
            return "–"
        if "g" in form and 1e-5 < self.half < 1e5:
            decimals = max(0, 1 - math.floor(math.log10(self.half)))
            form = f"{{:{'+' * ('+' in form)}.{decimals}f}}"
        # To values that are all equal there is nothing to add.
        if self.n < 2 or not self.half:
            return signed(form, self.mean)
        return f"{signed(form, self.mean)}\u00a0±\u00a0{form.replace('+', '').format(self.half)}"

    @property
    def side(self) -> int:
        """-1 if the whole interval is below 0, +1 if above, 0 if it contains 0 or there is none."""
        return np.where(np.abs(self.mean) > self.half, np.sign(self.mean), 0.0).astype(int)[()]

    def decided(self, level: float = DECIDES) -> int:
        """-1 or +1, the side of 0 on which the mean lies, if both tests reject 0 at ``level``; else 0.

        Ranks of n values give no p below 2^(1 − n). Where that is above ``level``, they agree if they reach it.
        """
        agree = (self.p < level) & (self.rank_p <= max(level, 2.0 ** (1 - self.n)))
        return np.where(agree, np.sign(self.mean), 0.0).astype(int)[()]


def signed(form: str, value: float) -> str:
    """Return a number in ``form`` with a typographic minus sign."""
    return form.format(value).replace("-", "−")


def over_seeds(values: ArrayLike) -> Interval:
    """Return the confidence interval of a mean over seeds and its two p-values.

    Parameters
    ----------
    values : array
        ``(..., n)``: the last axis is of the seeds; results have the shape of the others. With a NaN they are NaN.
    """
    values = np.asarray(values, dtype=float)
    n = values.shape[-1]
    if n < 2:
        return Interval(float(values.mean()) if n else math.nan, math.nan, n, math.nan)
    mean = values.mean(-1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # SciPy warns of values that are all equal; they are seen to below.
        warnings.simplefilter("ignore", RuntimeWarning)
        test = stats.ttest_1samp(values, 0.0, axis=-1)
        half = test.confidence_interval(LEVEL).high - mean
        ranks = _rank_p(values)
    # Equal values have no t-statistic, and their p is not 0: it is what their signs say.
    flat = np.ptp(values, axis=-1) <= 1e-12 * np.abs(mean)
    return Interval(mean[()], np.where(flat, 0.0, half)[()], n, np.where(flat, ranks, test.pvalue)[()], ranks)


def _rank_p(values: np.ndarray) -> float:
    """Return what ``stats.wilcoxon`` does, a hundred times as fast where up to 13 values have zeros or ties among them.

    It then counts over all their signs, which is exact, and asks for the statistic of each by itself.
    """
    sizes = np.sort(np.abs(values), axis=-1)
    plain = np.diff(sizes, prepend=0.0, axis=-1).all()
    if plain or values.shape[-1] > 13:
        # Of zeros alone it says NaN where they are many.
        return stats.wilcoxon(values, axis=-1).pvalue if values.any() else np.ones(values.shape[:-1])[()]
    return stats.permutation_test(
        (values,), _positive_ranks, permutation_type="samples", vectorized=True, axis=-1
    ).pvalue


def _positive_ranks(values: np.ndarray, axis: int) -> np.ndarray:
    """Return Wilcoxon's statistic: the sum of the ranks of positive values among all that are not 0."""
    ranks = stats.rankdata(np.abs(values), axis=axis) - (values == 0).sum(axis, keepdims=True)
    return np.where(values > 0, ranks, 0.0).sum(axis)


def differences(ours: Sequence[float], theirs: Sequence[float]) -> np.ndarray:
    """Return ours minus theirs of values that share their seeds; pairs with a value that is not finite are left out."""
    gaps = np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)
    return gaps[np.isfinite(gaps)]


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Return :func:`over_seeds` of :func:`differences`; ``n`` counts the pairs that are finite."""
    return over_seeds(differences(ours, theirs))


def seeds_for_power(sd: float, difference: float, level: float = DECIDES) -> int:
    """Return with how many seeds Student's test finds a true mean ``difference`` in :data:`POWER` of experiments.

    From the noncentral t distribution; the search begins at the normal approximation (z₁ + z₂)² sd² / difference²,
    which is too small by two or three [Cohen 1988, ch. 2].

    Parameters
    ----------
    sd : float
        Standard deviation of the differences over seeds.
    difference : float
        The mean difference to be found, in the same unit.
    level : float
        Two-sided level of the test.
    """
    effect = abs(difference) / max(sd, 1e-12 * abs(difference))
    normal = math.ceil(((stats.norm.isf(level / 2) + stats.norm.isf(1 - POWER)) / effect) ** 2)
    n = np.arange(max(2, normal), normal + 20)
    return int(n[np.argmax(_power(effect, n, level) >= POWER)])


def difference_for_power(sd: float, n: int, level: float = DECIDES) -> float:
    """Return the true mean difference that Student's test of ``n`` seeds finds in :data:`POWER` of experiments.

    The inverse of :func:`seeds_for_power`, with the same parameters.
    """
    return sd * optimize.brentq(lambda effect: _power(effect, n, level) - POWER, 0.0, 1e3)


def _power(effect: float, n: ArrayLike, level: float) -> np.ndarray:
    """Return in what share of experiments Student's test of n values finds a mean of ``effect`` standard deviations."""
    return stats.nct.sf(stats.t.isf(level / 2, n - 1), n - 1, effect * np.sqrt(n))
