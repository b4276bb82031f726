"""Comparisons → verdict: the rule by which every claim is judged.

Methods are compared by their differences over shared seeds, with Student's 95 % interval of the mean. A comparison

- **does not hold** if the difference lies on the other side, at a level of 5 % divided by the number of comparisons
  that the claim is made of (Bonferroni: of many comparisons one looks bad by chance), or if ours diverged in more than
  half of the shared seeds where its opponent did not,
- is **undecided** with fewer than five shared seeds, or fewer than five of which neither diverged,
- **holds** if the interval lies on the claimed side of 0 and no run of ours diverged where its opponent's did not,
- and is **within noise** otherwise.

A claim about all comparisons is made of all of them, run or not. It is ``reproduced`` if each holds, ``not reproduced``
if one does not, ``undecided`` (without any run ``not run``) if one is undecided, and ``within noise`` otherwise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from asvae.training.run import Result
from asvae_book.studies.intervals import LEVEL, Interval, over_seeds, paired, signed

HOLDS, NOISE, FAILS, UNDECIDED = "holds", "within noise", "does not hold", "undecided"
PARTLY = "holds in part"
"""What one comparison can say."""

SEVERITY = (HOLDS, PARTLY, NOISE, UNDECIDED, FAILS)
"""From what speaks for a claim to what speaks against it."""

MIN_SEEDS = 5
"""Fewer decide nothing."""

Value = Callable[[Result], float]
"""A run → the number that is compared; NaN where it has none."""


@dataclass(frozen=True)
class Verdict:
    """What the evidence says of one claim."""

    verdict: str
    """``reproduced``, ``partly``, ``within noise``, ``not reproduced``, ``undecided`` or ``not run``."""
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
            f"{label}: {what} {row['difference']} ({row['95 % interval']}; {row['seeds']} seeds), {row['says']}"
            for (label, what), row in rows
            if row["seeds"]
        ]
        return f"**{self.verdict}**" + (f" ({'; '.join(figures)})" if figures else "")


def conclude(rows: dict[tuple[str, str], dict[str, str | int]]) -> Verdict:
    """Return the verdict on a claim that all of its comparisons must bear out."""
    says = {row["says"] for row in rows.values()}
    if FAILS in says:
        verdict = "not reproduced"
    elif not says or (says == {UNDECIDED} and not any(row.get("seeds", 0) for row in rows.values())):
        verdict = "not run"
    elif UNDECIDED in says:
        verdict = UNDECIDED
    else:
        verdict = "partly" if PARTLY in says else "within noise" if NOISE in says else "reproduced"
    return Verdict(verdict, pd.DataFrame.from_dict(rows, orient="index"))


def compare(
    ours: Sequence[Result], theirs: Sequence[Result], value: Value, side: int, form: str, family: int
) -> dict[str, str | int]:
    """Say whether ours lies on the claimed ``side`` of theirs, as one of a ``family`` of comparisons."""
    by_seed = [{run.config.seed: run for run in runs} for runs in (ours, theirs)]
    shared = sorted(by_seed[0].keys() & by_seed[1].keys())
    pairs = [(by_seed[0][seed], by_seed[1][seed]) for seed in shared]
    gap = paired([value(ours) for ours, _ in pairs], [value(theirs) for _, theirs in pairs])
    lost = sum(ours.diverged and not theirs.diverged for ours, theirs in pairs)
    return _say(gap, len(shared), side, form, family, lost)


def against(runs: Sequence[Result], value: Value, target: float, side: int, form: str, family: int) -> dict:
    """Say whether the mean over seeds lies on the claimed ``side`` of a number."""
    gaps = [value(run) - target for run in runs if not run.diverged]
    return _say(over_seeds(gaps), len(runs), side, form, family, len(runs) - len(gaps))


def _say(gap: Interval, shared: int, side: int, form: str, family: int, lost: int) -> dict[str, str | int]:
    if shared >= MIN_SEEDS and 2 * lost > shared:
        says = FAILS
    elif gap.n < MIN_SEEDS:
        says = UNDECIDED
    elif gap.side == side and not lost:
        says = HOLDS
    elif gap.mean * side < 0.0 and gap.p < (1.0 - LEVEL) / family:
        says = FAILS
    else:
        says = NOISE
    ends = f"{signed(form, gap.low)} to {signed(form, gap.high)}" if gap.n > 1 else "–"
    difference = signed(form, gap.mean) if gap.n else "–"
    ends += f", of {gap.n} that ended" if gap.n < shared else ""
    return {"difference": difference, "95 % interval": ends, "seeds": shared, "says": says}
