"""95 % confidence intervals of means over seeds, paired where methods share their seeds."""

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
"""Confidence level: the share of such intervals that contain the true mean."""


class Interval(NamedTuple):
    """A mean with its two-sided confidence interval (Student's t, :data:`LEVEL`)."""

    mean: float
    half: float
    """Half of the interval's width; NaN for fewer than two values."""
    n: int
    """Number of values."""
    p: float
    """Two-sided p-value of the hypothesis that the mean is 0; NaN for fewer than two values."""

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
        """Return the mean followed by half of the interval's width if there is one, such as ``21.5 ± 0.16``.

        Where ``form`` counts significant digits, the half-width has two of them.
        """
        if not self.n:
            return "–"
        half = f"{self.half:.2g}" if "g" in form and self.half < 99.5 else form.replace("+", "").format(self.half)
        return signed(form, self.mean) + (f"\u00a0±\u00a0{half}" if self.n > 1 else "")

    @property
    def side(self) -> int:
        """-1 if the whole interval is below 0, +1 if above, 0 if it contains 0 or there is none."""
        return -1 if self.high < 0.0 else 1 if self.low > 0.0 else 0


def signed(form: str, value: float) -> str:
    """Return a number in ``form`` with a typographic minus sign."""
    return form.format(value).replace("-", "−")


def over_seeds(values: Sequence[float]) -> Interval:
    """Return the confidence interval of a mean over seeds; all NaN if a value is NaN or there is none."""
    values, n = np.asarray(values, dtype=float), len(values)
    mean = float(values.mean()) if n else math.nan
    if n < 2:
        return Interval(mean, math.nan, n, math.nan)
    if np.ptp(values) == 0.0:
        # Equal values have no t-statistic.
        return Interval(mean, 0.0, n, float(mean == 0.0))
    with warnings.catch_warnings():
        # SciPy warns of values that differ in their last digits only; their interval is as narrow as they are close.
        warnings.simplefilter("ignore", RuntimeWarning)
        test = stats.ttest_1samp(values, 0.0)
        return Interval(mean, float(test.confidence_interval(LEVEL).high) - mean, n, float(test.pvalue))


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Return the confidence interval of the mean difference, ours minus theirs, of values that share their seeds.

    Pairs with a NaN are left out; ``n`` counts the others.
    """
    differences = np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)
    return over_seeds(differences[np.isfinite(differences)])
