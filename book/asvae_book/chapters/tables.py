"""What the tables of several chapters are made of: means over seeds, counts, what the diagnostics found."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from asvae.training.diagnostics import findings
from asvae.training.run import Result
from asvae_book.paper.measures import exceeded_bound, underflow_share
from asvae_book.studies.intervals import over_seeds, signed

SPAN = 100.0
"""Where a value is larger than the usual one by more than this factor, sign aside, a mean says nothing."""


def plus_minus(runs: Sequence[Result], value: Callable[[Result], float], form: str = "{:.3g}") -> str:
    """Return the mean over the runs that ended and have a value, ± half its 95 % interval where there are several.

    Of values that span orders of magnitude, which have no such interval, the median and the ends that lie far off.
    """
    values = [each for run in runs if not run.diverged and math.isfinite(each := value(run))]
    usual = float(np.median(np.abs(values))) if values else 0.0
    ends = {"down to": min(values, default=0.0), "up to": max(values, default=0.0)}
    far = [f"{words} {signed('{:.1g}', end)}" for words, end in ends.items() if abs(end) > SPAN * usual > 0.0]
    if far:
        return f"median {signed('{:.2g}', float(np.median(values)))}, {' and '.join(far)}"
    return over_seeds(values).plus_minus(form)


def scores(runs: Sequence[Result], columns: Mapping[str, str], form: str = "{:.3g}") -> dict[str, str]:
    """Return :func:`plus_minus` of the scores that ``columns`` names, title → key."""
    return {
        title: plus_minus(runs, lambda run, key=key: run.scores.get(key, math.nan), form)
        for title, key in columns.items()
    }


def exceeded(runs: Sequence[Result]) -> str:
    """Return how many runs saw an AS-distance above its bound, of those that have its curve."""
    answers = [answer for answer in map(exceeded_bound, runs) if answer is not None]
    return f"{sum(answers)} of {len(answers)}" if answers else "–"


def underflowed(runs: Sequence[Result]) -> str:
    """Return in how much of the adversarial phase the encoder's adversarial term had underflowed, mean over runs."""
    shares = [share for share in map(underflow_share, runs) if math.isfinite(share)]
    return f"{np.mean(shares):.0%}" if shares else "–"


def diagnosed(groups: Mapping[str, Sequence[Result]]) -> list[str]:
    """Return what is wrong with groups of runs, a sentence per finding: what, in how many of which, cause and knob."""
    counts: dict[str, Counter] = {}
    about: dict[str, str] = {}
    for title, runs in groups.items():
        for run in runs:
            for finding in findings(run):
                counts.setdefault(finding.name, Counter())[title] += 1
                about[finding.name] = f"{finding.cause}; try {finding.knob}"
    return [
        f"**{name}** in {', '.join(f'{count} of {len(groups[title])} ({title})' for title, count in each.items())}: "
        f"{about[name]}."
        for name, each in counts.items()
    ] or ["Nothing."]
