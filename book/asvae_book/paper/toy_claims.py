"""Evidence → verdict: the claims that the supplement makes about the checkerboard, judged by :mod:`asvae.verdicts`."""

from collections.abc import Sequence

import pandas as pd

from asvae import objectives
from asvae.config.presets import COMBINATIONS
from asvae.studies.table1 import Runs
from asvae.training.run import Result
from asvae_book.paper.published import METHODS
from asvae_book.paper.verdicts import FAILS, HOLDS, MIN_SEEDS, PARTLY, UNDECIDED, Value, Verdict, compare, conclude

OURS, THEIRS = "as-introvae", "s-introvae"

CLAIMS = {
    "T1": "AS-IntroVAE has the best KL and JSD in every combination",
    "T2": "IntroVAE diverges (NaN) in every combination",
    "T3": "AS-IntroVAE has a slight advantage over S-IntroVAE in point clustering and centroid convergence",
}


def t1(cells: Runs) -> Verdict:
    """Judge T1: AS-IntroVAE has the best KL and JSD in every combination.

    It is compared, over shared seeds, with whichever other method has the best mean there; all of Table 1's must be.
    """
    rows, scores = {}, ("kl", "jsd")
    combinations, opponents = list(COMBINATIONS), [name for name in METHODS if name != OURS]
    for row in combinations:
        for name in opponents:
            if not cells.get((row, name)) and any(cells.values()):
                rows[row, objectives.get(name).label] = {"best other": "–"} | compare([], [], _score("kl"), -1, "", 1)
        for score in scores:
            means = {name: _mean(cells.get((row, name), []), score) for name in opponents}
            best = min((name for name, mean in means.items() if mean == mean), key=means.get, default=None)
            label = objectives.get(best).label if best else "–"
            # The opponent is picked by its score, so every opponent counts as a comparison.
            family = len(combinations) * len(scores) * len(opponents)
            pair = cells.get((row, OURS), []), cells.get((row, best), [])
            rows[row, score.upper()] = {"best other": label} | compare(*pair, _score(score), -1, "{:+.2f}", family)
    return conclude("T1", rows)


def t2(cells: Runs) -> Verdict:
    """Judge T2: IntroVAE diverges in every combination.

    It holds in a combination if every run there did, does not if none did, and holds in part otherwise: then the
    claim is ``partly`` reproduced.
    """
    rows = {}
    for row in COMBINATIONS:
        runs = cells.get((row, "introvae"), [])
        bad = sum(run.diverged for run in runs)
        says = HOLDS if bad == len(runs) else PARTLY if bad else FAILS
        says = says if len(runs) >= MIN_SEEDS else UNDECIDED
        rows[row, "NaN"] = {"diverged": f"{bad} of {len(runs)}", "seeds": len(runs), "says": says}
    return conclude("T2", rows)


def t3(cells: Runs) -> Verdict:
    """Judge T3: AS-IntroVAE has an advantage over S-IntroVAE in point clustering and centroid convergence."""
    rows = {}
    measures = {
        "samples on the squares": ("on_support", 1, "{:+.2%}"),
        "squares covered": ("modes_covered", 1, "{:+.2f}"),
        "centroid error": ("centroid_error", -1, "{:+.4f}"),
    }
    combinations = list(COMBINATIONS)
    for row in combinations:
        for title, (score, side, form) in measures.items():
            pair = cells.get((row, OURS), []), cells.get((row, THEIRS), [])
            rows[row, title] = compare(*pair, _score(score), side, form, len(combinations) * len(measures))
    return conclude("T3", rows)


JUDGES = {"T1": t1, "T2": t2, "T3": t3}


def ledger(cells: Runs) -> pd.DataFrame:
    """Return the claims about the checkerboard, one a row: what is claimed, what the comparisons say, the verdict."""
    rows = {}
    for claim, judge in JUDGES.items():
        verdict = judge(cells)
        rows[claim] = {"claim": CLAIMS[claim], "comparisons": verdict.said, "verdict": verdict.verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


def _score(name: str) -> Value:
    return lambda run: run.scores[name]


def _mean(runs: Sequence[Result], score: str) -> float:
    values = [run.scores[score] for run in runs if not run.diverged]
    return sum(values) / len(values) if values else float("nan")
