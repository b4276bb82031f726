"""Size and power of the rule: how often it comes to which verdict on T1, if we knew what is true.

A truth is a mean KL and JSD per combination and method. Scores of runs are drawn about it from normal distributions
with the covariance that the kept runs of each cell have, and judged as the claim is.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from asvae.store.rows import TABLE_ROWS
from asvae.training.run import Result
from asvae_book.paper import published
from asvae_book.paper.claims.toy import FAMILY, OURS, SCORES, THEIRS
from asvae_book.paper.verdicts import HOLDS, claim_says, comparison_says
from asvae_book.studies import TABLE1, Cells

METHODS = ("vae", THEIRS, OURS)
"""IntroVAE, which the table prints as NaN, is never the best other method."""

Truth = Mapping[tuple[str, str], tuple[float, float]]
"""(Combination, method) → mean KL and JSD."""


def truths() -> dict[str, Truth]:
    """Return what may be true of the checkerboard, by name: the printed table, and others that are made from it."""
    printed = {(row, name): np.array(published.TABLE1[row, name]) for row in TABLE_ROWS for name in METHODS}
    gaps = {row: np.array([published.gap_to_best(TABLE1.dataset, row, k) for k in (0, 1)]) for row in TABLE_ROWS}

    def with_gaps(times: float) -> Truth:
        return printed | {(row, OURS): printed[row, OURS] + (times - 1.0) * gaps[row] for row in TABLE_ROWS}

    return {
        "the printed table": printed,
        "AS equal to the best other method": with_gaps(0.0),
        "AS worse by the printed gaps": with_gaps(-1.0),
        "AS better by three times the printed gaps": with_gaps(3.0),
    }


def false_alarms(seeds: int, experiments: int = 20_000) -> dict[str, float]:
    """Return by distribution of the differences how often one comparison holds although their mean is 0.

    Normal, and exponential less its mean, with the long tail on the side that is not claimed: the worst for Student's
    test, which takes too narrow an interval from what such a tail leaves.
    """
    generator = np.random.default_rng(0)
    drawn = {
        "normal": generator.normal(size=(experiments, seeds)),
        "skewed": generator.exponential(size=(experiments, seeds)) - 1.0,
    }
    return {name: float((comparison_says(gaps, -1, 1, None) == HOLDS).mean()) for name, gaps in drawn.items()}


def spread(cells: Cells[Result]) -> dict[tuple[str, str], np.ndarray]:
    """Return the covariance of KL and JSD over the seeds of every cell of Table 1.

    Raises
    ------
    ValueError
        If a cell has fewer than two runs that ended.
    """
    found = {}
    for cell in ((row, name) for row in TABLE_ROWS for name in METHODS):
        scores = [[run.scores[score] for score in SCORES] for run in cells.get(cell, []) if not run.diverged]
        if len(scores) < 2:
            raise ValueError(f"cells: got {len(scores)} runs of {' '.join(cell)} that ended; allowed: 2 or more.")
        found[cell] = np.cov(scores, rowvar=False)
    return found


def frequencies(
    truth: Truth, spread: Mapping[tuple[str, str], np.ndarray], seeds: int, experiments: int = 1_000
) -> dict[str, float]:
    """Return verdict → the share of experiments that come to it, each with so many seeds per cell."""
    generator = np.random.default_rng(0)
    says, ties = [], []
    for row in TABLE_ROWS:
        # (experiments, seeds, scores) of each method
        scores = {
            name: generator.multivariate_normal(truth[row, name], spread[row, name], (experiments, seeds))
            for name in METHODS
        }
        for place, score in enumerate(SCORES):
            drawn = {name: each[..., place] for name, each in scores.items()}
            others = np.stack([drawn[name] for name in METHODS if name != OURS])
            best = np.take_along_axis(others, others.mean(-1).argmin(0)[None, :, None], axis=0)[0]
            tie = published.gap_to_best(TABLE1.dataset, row, place) == 0.0
            ties.append(tie)
            says.append(comparison_says(drawn[OURS] - best, -1, FAMILY, published.MARGINS[score], tie))
    verdicts = Counter(claim_says(each, ties) for each in zip(*says, strict=True))
    return {verdict: count / experiments for verdict, count in verdicts.items()}
