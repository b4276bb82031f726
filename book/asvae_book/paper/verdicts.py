"""Comparisons → verdict: the rule by which every claim is judged.

Methods are compared by their differences over shared seeds, with Student's 95 % interval of the mean. A side of 0 is
*decided* if Student's test and Wilcoxon's both reject 0 with p < 0.02 (:mod:`asvae_book.studies.intervals`). Ranks of
fewer than seven values have no such p: there they need all values on one side. The first that applies is what a
comparison says:

- **not run** without a shared seed, or where no run has the measure; **inconclusive** with fewer than ten seeds on
  points or five on images;
- **does not hold** if ours diverged in more than half of the shared seeds where its opponent did not;
- **runs unhealthy** if the diagnostics find a run unfit to be compared (:mod:`asvae_book.paper.health`);
- **holds** if the claimed side is decided and no run of ours diverged where its opponent's did not;
- **does not hold** if the other side is decided, at 5 % divided by the number of comparisons that the claim is made of
  where that is less than 2 % (Bonferroni: of many comparisons one looks bad by chance);
- **no difference** if it is decided that the mean lies above −margin and below +margin. The margin is the plan's; a
  measure without one cannot say it, unless every difference is exactly 0;
- **leans against** if the interval lies on the other side, but that is not decided;
- **inconclusive** otherwise.

Where several judges make up a score, none of what is decided above stands unless each judge by itself puts the mean on
the same side: else it is **inconclusive**, and lies within the noise of the evaluation.

Where the paper prints a tie, the claim is that ours is not worse: 0 gives way to the margin on the other side.

A claim is made of all its comparisons, run or not. It is ``not reproduced`` if one does not hold, else ``runs
unhealthy`` if one is, ``inconclusive`` if one is inconclusive, leans against it or was not run, ``reproduced`` if all
hold, ``partly`` if some do that claim more than a tie, and ``not reproduced`` if none does, as each shows no
difference. Without any run it is ``not run``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from asvae.training.run import Result
from asvae_book.paper.health import healthy
from asvae_book.studies import pairs
from asvae_book.studies.intervals import (
    DECIDES,
    LEVEL,
    difference_for_power,
    over_seeds,
    seeds_for_power,
    signed,
)
from asvae_book.studies.measures import unscored

HOLDS, PARTLY, NO_DIFFERENCE, FAILS = "holds", "holds in part", "no difference", "does not hold"
INCONCLUSIVE, AGAINST, UNHEALTHY, NOT_RUN = "inconclusive", "leans against", "runs unhealthy", "not run"
"""What one comparison can say."""

SEVERITY = (HOLDS, PARTLY, NOT_RUN, NO_DIFFERENCE, INCONCLUSIVE, UNHEALTHY, AGAINST, FAILS)
"""From what speaks for a claim to what speaks against it."""

REPRODUCED, PARTLY_REPRODUCED, NOT_REPRODUCED = "reproduced", "partly", "not reproduced"
VERDICTS = (NOT_REPRODUCED, UNHEALTHY, INCONCLUSIVE, NOT_RUN, PARTLY_REPRODUCED, REPRODUCED)
"""What can be said of a claim, the worst first: one about several data sets is as good as the worst of them."""

MIN_SEEDS = {"points": 10, "images": 5}
"""Kind of data → fewer seeds decide nothing."""

CLAIMED = {(-1, False): "lower", (1, False): "higher", (-1, True): "not higher", (1, True): "not lower"}
"""(Side, whether the paper prints a tie) → what is claimed of a difference."""

Value = Callable[[Result], float]
"""A run → the number that is compared; NaN where it has none."""

Row = dict[str, str | int]
"""A comparison as tables show it."""


@dataclass(frozen=True)
class Verdict:
    """What the evidence says of one claim."""

    verdict: str
    """One of :data:`VERDICTS`."""
    comparisons: pd.DataFrame
    """One row per comparison, with what it says."""

    @property
    def said(self) -> str:
        """How many comparisons say what."""
        counts = self.comparisons["says"].value_counts() if len(self.comparisons) else {}
        return ", ".join(f"{counts[word]} × {word}" for word in SEVERITY if word in counts) or "–"

    @property
    def in_words(self) -> str:
        """The verdict, and behind it in brackets every comparison of which there are runs."""
        rows = self.comparisons.iterrows() if len(self.comparisons) else ()
        figures = [
            f"{label}: {what} {row['difference']} "
            f"({row['95 % interval']}; {row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}), {row['says']}"
            for (label, what), row in rows
            if row["seeds"]
        ]
        return f"**{self.verdict}**" + (f" ({'; '.join(figures)})" if figures else "")


def conclude(rows: dict[tuple[str, str], Row]) -> Verdict:
    """Return the verdict on a claim that all of its comparisons must bear out."""
    ties = [row.get("claimed") in (CLAIMED[-1, True], CLAIMED[1, True]) for row in rows.values()]
    verdict = claim_says([row["says"] for row in rows.values()], ties)
    return Verdict(verdict, pd.DataFrame.from_dict(rows, orient="index"))


def claim_says(each: Sequence[str], ties: Sequence[bool]) -> str:
    """Return the verdict on a claim, given what each of its comparisons says and whether it only claims a tie."""
    says, strictly = set(each), {said for said, tie in zip(each, ties, strict=True) if not tie}
    if says <= {NOT_RUN}:
        return NOT_RUN
    if FAILS in says:
        return NOT_REPRODUCED
    if UNHEALTHY in says:
        return UNHEALTHY
    if says & {NOT_RUN, INCONCLUSIVE, AGAINST}:
        return INCONCLUSIVE
    if says == {HOLDS}:
        return REPRODUCED
    return PARTLY_REPRODUCED if strictly & {HOLDS, PARTLY} else NOT_REPRODUCED


def comparison_says(gaps: np.ndarray, side: int, family: int, margin: float | None, tie: bool = False) -> np.ndarray:
    """Return what differences over seeds say of a claim that their mean lies on ``side`` of 0.

    Parameters
    ----------
    gaps : array
        ``(..., n)``: differences, the last axis over seeds.
    side : int
        -1 or +1: the side that is claimed.
    family : int
        Of how many comparisons the claim is made.
    margin : float, optional
        The largest difference that counts as none, in the unit of ``gaps``.
    tie : bool
        Whether only "not worse" is claimed; this needs a margin.

    Returns
    -------
    array
        ``(...)``, of str.
    """
    gap = over_seeds(gaps)
    above, below = (over_seeds(gaps + (margin or 0.0)), over_seeds(gaps - (margin or 0.0)))
    tested = (above if side > 0 else below) if tie else gap
    return np.select(
        [
            tested.decided() == side,
            tested.decided(min(DECIDES, (1.0 - LEVEL) / family)) == -side,
            _is_same(gaps) | ((margin is not None) & (above.decided() > 0) & (below.decided() < 0)),
            tested.side == -side,
        ],
        [HOLDS, FAILS, NO_DIFFERENCE, AGAINST],
        INCONCLUSIVE,
    )


def _is_same(gaps: np.ndarray) -> np.ndarray:
    """Return whether every difference is 0, as where both methods reach the end of a scale."""
    return (np.asarray(gaps) == 0.0).all(-1)


def compare(
    ours: Sequence[Result],
    theirs: Sequence[Result],
    value: Value,
    side: int,
    form: str,
    family: int,
    *,
    margin: float | None = None,
    printed: float | None = None,
    judges: Sequence[Value] = (),
) -> Row:
    """Say whether ours lies on the claimed ``side`` of theirs, as one of a ``family`` of comparisons.

    ``margin`` is the largest difference that counts as none; ``printed`` the difference that the paper prints, 0 where
    it prints a tie. One of them is what the number of seeds for :data:`~asvae_book.studies.intervals.POWER` is about.
    ``value`` may be the mean of what several ``judges`` say.
    """
    shared = pairs.shared(ours, theirs)
    lost = sum(unscored(one) and not unscored(other) for one, other in shared)
    compared = [run for pair in shared for run in pair]
    row = _row(pairs.differences(ours, theirs, value), len(shared), lost, compared, side, form, family, margin, printed)
    sides = {np.sign(each.mean()) for judge in judges if len(each := pairs.differences(ours, theirs, judge))}
    return row | {"says": INCONCLUSIVE} if len(sides) > 1 and row["says"] in (HOLDS, FAILS) else row


def against(runs: Sequence[Result], value: Value, target: float, side: int, form: str, family: int) -> Row:
    """Say whether the mean over seeds lies on the claimed ``side`` of a number."""
    gaps = np.array([value(run) - target for run in runs if not unscored(run)])
    return _row(gaps, len(runs), len(runs) - len(gaps), runs, side, form, family, None, None)


def _row(
    gaps: np.ndarray,
    seeds: int,
    lost: int,
    runs: Sequence[Result],
    side: int,
    form: str,
    family: int,
    margin: float | None,
    printed: float | None,
) -> Row:
    tie = printed == 0.0 and margin is not None
    gap, fewest = over_seeds(gaps), MIN_SEEDS[runs[0].config.kind] if runs else 0
    measured = gap.n or seeds == lost
    if not seeds or not measured:
        says = NOT_RUN
    elif seeds >= fewest and 2 * lost > seeds:
        says = FAILS
    elif gap.n < fewest:
        says = INCONCLUSIVE
    elif not all(map(healthy, runs)):
        says = UNHEALTHY
    else:
        says = str(comparison_says(gaps, side, family, margin, tie))
        says = INCONCLUSIVE if says == HOLDS and lost else says
    ends = f"{signed(form, gap.low)} to {signed(form, gap.high)}" if gap.n > 1 else "–"
    if seeds and not measured:
        ends = "not measured"
    elif gap.n < seeds:
        ends += f", of {gap.n} that ended"
    target = printed or margin
    return {
        "claimed": CLAIMED[side, tie],
        "difference": signed(form, gap.mean) if gap.n else "–",
        "95 % interval": ends,
        "p, Student; ranks": f"{_p(gap.p)}; {_p(gap.rank_p)}" if gap.n > 1 else "–",
        "seeds": seeds,
        "seeds for 80 % power": _power(gaps, target, form),
        "says": says,
    }


def _power(gaps: np.ndarray, target: float | None, form: str) -> str:
    """Return how many seeds would find ``target``; without one, the difference that as many seeds as there are find."""
    if len(gaps) < 2 or not (sd := gaps.std(ddof=1)):
        return "–"
    if target:
        return f"{seeds_for_power(sd, target):,}"
    return f"{len(gaps)} find {form.replace('+', '').format(difference_for_power(sd, len(gaps)))}"


def _p(value: float) -> str:
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"
