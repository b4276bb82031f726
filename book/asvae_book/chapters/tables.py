"""What the tables of several chapters are made of: means over seeds, counts, what the diagnostics found."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from asvae.training.diagnostics import findings
from asvae.training.run import Result
from asvae_book.paper.measures import exceeded_bound, underflow_share
from asvae_book.studies.intervals import over_seeds


def plus_minus(runs: Sequence[Result], value: Callable[[Result], float], form: str = "{:.3g}") -> str:
    """Return the mean over the runs that ended and have a value, ± half its 95 % interval where there are several."""
    values = [value(run) for run in runs if not run.diverged]
    return over_seeds([each for each in values if math.isfinite(each)]).plus_minus(form)


def scores(runs: Sequence[Result], columns: Mapping[str, str]) -> dict[str, str]:
    """Return :func:`plus_minus` of the scores that ``columns`` names, title → key."""
    return {
        title: plus_minus(runs, lambda run, key=key: run.scores.get(key, math.nan)) for title, key in columns.items()
    }


def exceeded(runs: Sequence[Result]) -> str:
    """Return how many runs saw an AS-distance above its bound, of those that have its curve."""
    answers = [answer for answer in map(exceeded_bound, runs) if answer is not None]
    return f"{sum(answers)} of {len(answers)}" if answers else "–"


def underflowed(runs: Sequence[Result]) -> str:
    """Return in how much of the adversarial phase the encoder's adversarial term had underflowed, mean over runs."""
    shares = [share for share in map(underflow_share, runs) if math.isfinite(share)]
    return f"{np.mean(shares):.0%} of the time" if shares else "–"


def diagnosed(groups: Mapping[str, Sequence[Result]]) -> pd.DataFrame:
    """Return what is wrong with groups of runs, one row per group and finding: how many, since when, cause and knob."""
    rows = {}
    for title, runs in groups.items():
        for run in runs:
            for finding in findings(run):
                row = rows.setdefault((title, finding.name), {"runs": 0, "earliest step": finding.step})
                row["runs"] += 1
                row["earliest step"] = min(row["earliest step"], finding.step)
                row |= {"likely cause": finding.cause, "try": finding.knob}
        for (group, _), row in rows.items():
            if group == title:
                row["runs"] = f"{row['runs']} of {len(runs)}"
    return pd.DataFrame.from_dict(rows, orient="index")
