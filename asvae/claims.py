"""Evidence → verdict: the claims that the supplement makes about the checkerboard, judged by fixed rules.

A comparison holds if the 95 % interval of the paired difference over seeds lies on the claimed side of 0, does not if
it lies on the other, and is within noise if it holds 0; with fewer than two seeds it is undecided. A claim about all
comparisons is ``reproduced`` if each holds, ``not reproduced`` if one does not, ``undecided`` (without any run
``not run``) if one is undecided, and ``within noise`` otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from asvae import objectives
from asvae.intervals import Interval, paired
from asvae.run import Result
from asvae.table1 import Runs

HOLDS, NOISE, FAILS, UNDECIDED = "holds", "within noise", "does not hold", "undecided"
"""What one comparison can say."""

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
    rows = {}
    for row in _combinations(cells):
        for score in ("kl", "jsd"):
            others = {name: runs for (r, name), runs in cells.items() if r == row and name != OURS}
            means = {name: _mean(runs, score) for name, runs in others.items()}
            best = min((name for name in means if means[name] == means[name]), key=means.get, default=None)
            gap = _gap(cells.get((row, OURS), []), others.get(best, []), score)
            label = objectives.get(best).label if best else "–"
            rows[row, score.upper()] = {"best other": label} | _comparison(gap, -1, "{:+.2f}")
    return _every("T1", rows)


def t2(cells: Runs) -> Verdict:
    """Judge T2: IntroVAE diverges in every combination.

    It holds in a combination if every run there did, and does not if none did.
    """
    rows = {}
    for row in _combinations(cells):
        runs = cells.get((row, "introvae"), [])
        bad = sum(run.diverged for run in runs)
        says = UNDECIDED if not runs else HOLDS if bad == len(runs) else NOISE if bad else FAILS
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
    for row in _combinations(cells):
        for title, (score, side, form) in measures.items():
            gap = _gap(cells.get((row, OURS), []), cells.get((row, THEIRS), []), score)
            rows[row, title] = _comparison(gap, side, form)
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
        said = ", ".join(f"{counts[word]} × {word}" for word in (HOLDS, NOISE, FAILS, UNDECIDED) if word in counts)
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
        verdict = "within noise" if NOISE in says else "reproduced"
    return Verdict(claim, verdict, pd.DataFrame.from_dict(rows, orient="index"))


def _comparison(gap: Interval, side: int, form: str) -> dict[str, str]:
    """Say of a difference whether it lies on the claimed ``side`` of 0."""
    if gap.n < 2:
        difference = form.format(gap.mean) if gap.n else "–"
        return {"difference": difference, "95 % interval": "–", "seeds": gap.n, "says": UNDECIDED}
    says = {side: HOLDS, -side: FAILS, 0: NOISE}[gap.side]
    ends = f"{form.format(gap.low)} to {form.format(gap.high)}"
    return {"difference": form.format(gap.mean), "95 % interval": ends, "seeds": gap.n, "says": says}


def _gap(ours: Sequence[Result], theirs: Sequence[Result], score: str) -> Interval:
    """Return the paired difference over the seeds that both have."""
    by_seed = [{run.config.seed: run.scores[score] for run in runs} for runs in (ours, theirs)]
    shared = sorted(by_seed[0].keys() & by_seed[1].keys())
    return paired(*([scores[seed] for seed in shared] for scores in by_seed))


def _mean(runs: Sequence[Result], score: str) -> float:
    values = [run.scores[score] for run in runs if not run.diverged]
    return sum(values) / len(values) if values else float("nan")


def _combinations(cells: Runs) -> list[str]:
    return list(dict.fromkeys(row for row, _ in cells))
