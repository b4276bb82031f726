"""The score that ranks results, and a study in one table."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from asvae.training.run import Result
from asvae_book.studies.intervals import over_seeds
from asvae_book.studies.records import Cells, Study

if TYPE_CHECKING:
    import pandas as pd


def headline(run: Result) -> float:
    """Return the score that ranks results, lower is better; NaN if the run diverged.

    For points Table 1's KL; for images FID if it was computed, else the Fréchet distance in the classifier's features.
    """
    return headline_of([run])(run)


def unscored(run: Result) -> bool:
    """Whether a run has nothing to be ranked by: it diverged, or no sample of points lies in the estimator's window."""
    return run.diverged or (run.config.kind == "points" and math.isnan(headline(run)))


def headline_of(runs: Sequence[Result]) -> Callable[[Result], float]:
    """Return the measure that ranks ``runs``: one for all, so that FID is never compared with another distance."""
    key = headline_key(runs)
    return lambda run: run.scores.get(key, math.nan)


def headline_key(runs: Sequence[Result]) -> str:
    """Return the key of the score that ranks ``runs``."""
    if any(run.config.kind == "points" for run in runs):
        return "kl"
    return "fid" if runs and all("fid" in run.scores for run in runs) else "frechet_classifier"


def headline_name(runs: Sequence[Result]) -> str:
    """Return the name of :func:`headline` for these runs."""
    names = {"kl": "KL, the paper's unit", "fid": "FID", "frechet_classifier": "Fréchet distance, classifier features"}
    return names[headline_key(runs)]


def counted(runs: Sequence[Result]) -> str:
    """Return how many runs there are, and how many of them diverged if any did."""
    lost = sum(run.diverged for run in runs)
    return str(len(runs)) + (f", {lost} diverged" if lost else "")


def summary(study: Study, cells: Cells[Result]) -> "pd.DataFrame":
    """Return one row per variant: the mean of its score over seeds ± half of the 95 % interval, and how many seeds."""
    import pandas as pd  # half a second to import

    name, value = headline_name(cells.runs), headline_of(cells.runs)
    rows = {}
    for label, runs in cells.items():
        scores = [value(run) for run in runs if not run.diverged]
        mean = over_seeds([score for score in scores if math.isfinite(score)]).plus_minus()
        rows[study.title(label)] = {name: mean, "seeds": counted(runs)}
    return pd.DataFrame.from_dict(rows, orient="index")
