"""Who scores lower: the verdicts' rule in a word, with too few seeds named as such."""

import pytest

from asvae_book.paper.standing import BETTER, TOO_FEW, WORSE, standing
from asvae_book.paper.verdicts import INCONCLUSIVE, NO_DIFFERENCE, NOT_RUN
from asvae_book.studies import TABLE1
from asvae_book.studies.pairs import difference, shared


@pytest.fixture
def scored(made):
    """Runs of a method at C1 with given scores, seeds 0, 1, …."""
    return lambda name, scores: made(TABLE1, ("C1", name), scores)


@pytest.mark.parametrize(
    ("by", "seeds", "said"),
    [
        (-3.0, 10, BETTER),
        (3.0, 10, WORSE),
        (3.0, 9, TOO_FEW),
        (-3.0, 1, TOO_FEW),
        (0.0, 10, NO_DIFFERENCE),
        (3.0, 0, NOT_RUN),
    ],
)
def test_a_difference_is_decided_by_the_verdicts_rule(scored, by, seeds, said):
    soft = scored("s-introvae", [20.0 + seed for seed in range(10)])
    ours = scored("as-introvae", [20.0 + by + seed + 0.01 * (seed % 2) for seed in range(10)])
    assert standing(ours[:seeds], soft) == said


def test_a_difference_within_the_spread_is_inconclusive_and_what_one_opponent_decides_may_not_among_many(scored):
    soft = scored("s-introvae", [20.0] * 10)
    assert standing(scored("as-introvae", [20.0 + (-1) ** seed * seed for seed in range(10)]), soft) == INCONCLUSIVE
    slightly = scored("as-introvae", [20.0 + gap for gap in (1.5, 1.4, 1.3, 1.2, 1.1, -1.0, 0.9, 0.8, 1.7, 0.5)])
    assert standing(slightly, soft) == WORSE
    assert standing(slightly, soft, family=100) != WORSE


def test_pairs_are_of_shared_seeds_whatever_their_order(scored):
    ours, soft = scored("as-introvae", [21.0, 23.0, 26.0]), scored("s-introvae", [20.0, 20.0])
    assert [(one.config.seed, other.config.seed) for one, other in shared(ours[::-1], soft)] == [(0, 0), (1, 1)]
    assert difference(ours[::-1], soft).mean == pytest.approx(2.0)
    assert difference(ours[2:], soft).n == 0
