"""Evidence → verdict: the claims that the supplement makes about the checkerboard, judged by fixed rules.

Methods are compared by their differences over shared seeds, with Student's 95 % interval of the mean. A comparison

- **holds** if the interval lies on the claimed side of 0 and no run of ours diverged where its opponent's did not,
- **does not hold** if the difference lies on the other side, at a level of 5 % divided by the number of comparisons
  that the claim is made of (Bonferroni: of many comparisons one looks bad by chance),
- is **undecided** with fewer than five shared seeds, and **within noise** otherwise.

A claim about all comparisons is ``reproduced`` if each holds, ``not reproduced`` if one does not, ``undecided``
(without any run ``not run``) if one is undecided, and ``within noise`` otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from asvae import objectives
from asvae.intervals import LEVEL, paired
from asvae.run import Result
from asvae.table1 import Runs

HOLDS, NOISE, FAILS, UNDECIDED = "holds", "within noise", "does not hold", "undecided"
PARTLY = "holds in part"
"""What one comparison can say."""

MIN_SEEDS = 5
"""Fewer decide nothing."""

OURS, THEIRS = "as-introvae", "s-introvae"


@dataclass(frozen=True)
class Verdict:
    """What the evidence says of one claim."""

    claim: str
    """Its key in the ledger: T1, T2, T3."""
    verdict: str
    comparisons: pd.DataFrame
    """One row a comparison, with what it says."""


def t1(cells: Runs) -> Verdict:
    """Judge T1: AS-IntroVAE has the best KL and JSD in every combination.

    It is compared, over shared seeds, with whichever other method has the best mean there.
    """
    rows, scores = {}, ("kl", "jsd")
    combinations, opponents = _combinations(cells), {name for _, name in cells if name != OURS}
    for row in combinations:
        for score in scores:
            means = {name: _mean(cells.get((row, name), []), score) for name in opponents}
            best = min((name for name, mean in means.items() if mean == mean), key=means.get, default=None)
            label = objectives.get(best).label if best else "–"
            # The opponent is picked by its score, so every opponent counts as a comparison.
            family = len(combinations) * len(scores) * len(opponents)
            pair = cells.get((row, OURS), []), cells.get((row, best), [])
            rows[row, score.upper()] = {"best other": label} | _comparison(*pair, score, -1, "{:+.2f}", family)
    return _every("T1", rows)


def t2(cells: Runs) -> Verdict:
    """Judge T2: IntroVAE diverges in every combination.

    It holds in a combination if every run there did, does not if none did, and holds in part otherwise: then the
    claim is ``partly`` reproduced.
    """
    rows = {}
    for row in _combinations(cells):
        runs = cells.get((row, "introvae"), [])
        bad = sum(run.diverged for run in runs)
        says = HOLDS if bad == len(runs) else PARTLY if bad else FAILS
        says = says if len(runs) >= MIN_SEEDS else UNDECIDED
        rows[row, "NaN"] = {"diverged": f"{bad} of {len(runs)}", "seeds": len(runs), "says": says}
    return _every("T2", rows)


def t3(cells: Runs) -> Verdict:
    """Judge T3: AS-IntroVAE has an advantage over S-IntroVAE in point clustering and centroid convergence."""
    rows = {}
    measures = {
        "samples on the squares": ("on_support", 1, "{:+.2%}"),
        "squares covered": ("squares_covered", 1, "{:+.2f}"),
        "centroid error": ("centroid_error", -1, "{:+.4f}"),
    }
    combinations = _combinations(cells)
    for row in combinations:
        for title, (score, side, form) in measures.items():
            pair = cells.get((row, OURS), []), cells.get((row, THEIRS), [])
            rows[row, title] = _comparison(*pair, score, side, form, len(combinations) * len(measures))
    return _every("T3", rows)


def ledger(cells: Runs) -> pd.DataFrame:
    """Return the claims about the checkerboard, one a row: what is claimed, what the comparisons say, the verdict."""
    claimed = {
        t1: "AS-IntroVAE has the best KL and JSD in every combination",
        t2: "IntroVAE diverges (NaN) in every combination",
        t3: "AS-IntroVAE has a slight advantage over S-IntroVAE in point clustering and centroid convergence",
    }
    rows = {}
    for judge, text in claimed.items():
        verdict = judge(cells)
        counts = verdict.comparisons["says"].value_counts() if len(verdict.comparisons) else {}
        said = ", ".join(
            f"{counts[word]} × {word}" for word in (HOLDS, PARTLY, NOISE, FAILS, UNDECIDED) if word in counts
        )
        rows[verdict.claim] = {"claim": text, "comparisons": said or "–", "verdict": verdict.verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


def _every(claim: str, rows: dict[tuple[str, str], dict[str, str]]) -> Verdict:
    says = {row["says"] for row in rows.values()}
    if FAILS in says:
        verdict = "not reproduced"
    elif not says or (says == {UNDECIDED} and not any(row.get("seeds", 0) for row in rows.values())):
        verdict = "not run"
    elif UNDECIDED in says:
        verdict = UNDECIDED
    else:
        verdict = "partly" if PARTLY in says else "within noise" if NOISE in says else "reproduced"
    return Verdict(claim, verdict, pd.DataFrame.from_dict(rows, orient="index"))


def _comparison(
    ours: Sequence[Result], theirs: Sequence[Result], score: str, side: int, form: str, family: int
) -> dict[str, str | int]:
    """Say of a score whether ours lies on the claimed ``side`` of theirs, as one of a ``family`` of comparisons."""
    by_seed = [{run.config.seed: run for run in runs} for runs in (ours, theirs)]
    shared = sorted(by_seed[0].keys() & by_seed[1].keys())
    pairs = [(by_seed[0][seed], by_seed[1][seed]) for seed in shared]
    gap = paired([ours.scores[score] for ours, _ in pairs], [theirs.scores[score] for _, theirs in pairs])
    lost = sum(ours.diverged and not theirs.diverged for ours, theirs in pairs)
    if len(shared) < MIN_SEEDS or gap.n < 2:
        says = UNDECIDED
    elif gap.side == side and not lost:
        says = HOLDS
    elif gap.mean * side < 0.0 and gap.p < (1.0 - LEVEL) / family:
        says = FAILS
    else:
        says = NOISE
    ends = f"{form.format(gap.low)} to {form.format(gap.high)}" if gap.n > 1 else "–"
    difference = form.format(gap.mean) if gap.n else "–"
    return {"difference": difference, "95 % interval": ends, "seeds": gap.n, "says": says}


def _mean(runs: Sequence[Result], score: str) -> float:
    values = [run.scores[score] for run in runs if not run.diverged]
    return sum(values) / len(values) if values else float("nan")


def _combinations(cells: Runs) -> list[str]:
    return list(dict.fromkeys(row for row, _ in cells))
