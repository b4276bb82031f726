"""Which of two methods scores lower, in a word: what sentences and tables say beside the verdicts, by their rule."""

from collections.abc import Sequence

from asvae.training.run import Result
from asvae_book.paper.measures import margin_of
from asvae_book.paper.verdicts import FAILS, HOLDS, INCONCLUSIVE, MIN_SEEDS, compare
from asvae_book.studies.measures import headline_of
from asvae_book.studies.pairs import difference

BETTER, WORSE, TOO_FEW = "better", "worse", "too few seeds to decide"


def standing(ours: Sequence[Result], theirs: Sequence[Result], family: int = 1) -> str:
    """Return how ours stands to theirs in the score that ranks: better, worse, too few seeds, or what else is said.

    The claim that is judged, as one of a ``family`` of comparisons, is that ours scores lower.
    """
    both = [*ours, *theirs]
    value = headline_of(both)
    says = compare(ours, theirs, value, -1, "{:+.2f}", family, margin=margin_of(both))["says"]
    if says == INCONCLUSIVE and difference(ours, theirs, value).n < fewest(both):
        return TOO_FEW
    return {HOLDS: BETTER, FAILS: WORSE}.get(says, says)


def fewest(runs: Sequence[Result]) -> int:
    """Return how many seeds are needed to decide anything about such runs."""
    return MIN_SEEDS[runs[0].config.kind]
