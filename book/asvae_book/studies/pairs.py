"""Runs of two methods that share their seeds: the pairs, and what a measure differs by."""

from collections.abc import Callable, Sequence

import numpy as np

from asvae.training.run import Result
from asvae_book.studies import intervals
from asvae_book.studies.intervals import Interval
from asvae_book.studies.measures import headline


def shared(ours: Sequence[Result], theirs: Sequence[Result]) -> list[tuple[Result, Result]]:
    """Return ours and theirs of every seed that both have, in the order of seeds."""
    by_seed = [{run.config.seed: run for run in runs} for runs in (ours, theirs)]
    return [tuple(runs[seed] for runs in by_seed) for seed in sorted(by_seed[0].keys() & by_seed[1].keys())]


def differences(
    ours: Sequence[Result], theirs: Sequence[Result], value: Callable[[Result], float] = headline
) -> np.ndarray:
    """Return ours minus theirs in ``value``, by default the score that ranks, for every pair that has one."""
    found = shared(ours, theirs)
    return intervals.differences([value(each) for each, _ in found], [value(other) for _, other in found])


def difference(
    ours: Sequence[Result], theirs: Sequence[Result], value: Callable[[Result], float] = headline
) -> Interval:
    """Return the mean of :func:`differences` with its interval; ``n`` counts the pairs that have a value."""
    return intervals.over_seeds(differences(ours, theirs, value))
