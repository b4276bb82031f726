"""The page of a referee's questions: how often the rule is right, how many seeds it needs, which runs fall out."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from asvae.store.rows import TABLE_ROWS
from asvae.training.diagnostics import INVERTED, kl_ratio
from asvae.training.run import Result
from asvae_book.chapters.toy_tables import mean
from asvae_book.paper import operating, published
from asvae_book.paper.claims.toy import OURS, SCORES
from asvae_book.paper.ledger import Entry
from asvae_book.paper.measures import exceeded_bound, late_scores
from asvae_book.paper.verdicts import VERDICTS
from asvae_book.studies import METHODS, Cells
from asvae_book.studies.intervals import seeds_for_power
from asvae_book.studies.measures import unscored
from asvae_book.studies.pairs import differences


def operating_table(cells: Cells[Result], seeds: Sequence[int] = (10, 20, 100)) -> pd.DataFrame:
    """Return how often the rule comes to which verdict on T1, by what is true and with how many seeds per cell."""
    spread, rows = operating.spread(cells), {}
    for name, truth in operating.truths().items():
        for n in seeds:
            found = operating.frequencies(truth, spread, n)
            rows[name, f"{n} seeds"] = {word: f"{found.get(word, 0.0):.0%}" for word in VERDICTS}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.loc[:, (table != "0%").any()]


def alarms_table(seeds: Sequence[int] = (5, 10, 20)) -> pd.DataFrame:
    """Return how often one comparison holds where methods do not differ, by number of seeds and what is drawn."""
    found = {f"{n} seeds": operating.false_alarms(n) for n in seeds}
    return pd.DataFrame.from_dict(found, orient="index").map("{:.1%}".format)


def power_table(cells: Cells[Result]) -> pd.DataFrame:
    """Return with how many seeds the printed gap to the best other method would be decided, at the runs' spread.

    The best other is the paper's. Where it prints a tie the margin stands in for the gap.
    """
    rows = {}
    for row in TABLE_ROWS:
        for place, score in enumerate(SCORES):
            other = published.best_other("checkerboard", row, place)
            ours, theirs = (cells.get((row, name), []) for name in (OURS, other))
            gaps = differences(ours, theirs, lambda run, score=score: run.scores[score])
            if len(gaps) < 2:
                continue
            target = published.gap_to_best("checkerboard", row, place) or published.MARGINS[score]
            spread = float(gaps.std(ddof=1))
            rows[row, score.upper()] = {
                "minus": METHODS.title(other),
                "difference to find": f"{abs(target):.1f}",
                "spread over seeds": f"{spread:.2f}",
                "seeds for 80 % power": f"{seeds_for_power(spread, target):,}",
                "seeds run": len(gaps),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def scales_sentence(entries: Sequence[Entry]) -> str:
    """Return how many runs the ledger rests on at each scale."""
    runs: dict[str, set] = {}
    for entry in entries:
        for each in entry.evidence:
            runs.setdefault(each.ground.scale, set()).update(run.config for run in each.runs)
    return "Runs behind the ledger: " + ", ".join(f"{len(of)} at {scale} scale" for scale, of in runs.items()) + "."


def findings(table: pd.DataFrame, power: pd.DataFrame) -> list[str]:
    """Return how the rule errs, by two numbers of seeds of :func:`operating_table`, and the seeds it needs."""
    (true, equal, *_), (few, more, *_) = (table.index.unique(level) for level in (0, 1))
    shares = table.get("reproduced", pd.Series("0%", table.index))
    needed, run = power["seeds for 80 % power"].str.replace(",", "").astype(int), power["seeds run"]
    short = ", ".join(f"{' '.join(at)} needs {needed[at]} and has {run[at]}" for at in power.index[run < needed])
    return [
        f"**How often the rule is right.** Were the printed table true, {few} would show it in "
        f"{shares[true, few]} of experiments and {more} in {shares[true, more]}; were the methods equal, {few} would "
        f"say *reproduced* in {shares[equal, few]}.",
        f"**The seeds suffice{' in part' if short else ''}**: for the printed differences, at today's spread, "
        f"{needed.min()} to {needed.max()} are needed{': ' + short if short else f', and {run.min()} are there'}.",
    ]


def points_sentence(groups: Mapping[str, Cells[Result]]) -> str:
    """Return how many introspective runs on points the threshold calls sick, of those that beat the VAE in their row.

    ``groups`` are cells of tables of points, by the words that follow the count.
    """
    said = []
    for where, cells in groups.items():
        ratios = []
        for (row, name), runs in cells.items():
            vae = mean([run for run in cells.get((row, "vae"), []) if not unscored(run)], "kl")
            if name != "vae":
                ratios += [kl_ratio(run) for run in runs if not unscored(run) and run.scores["kl"] < vae]
        ratios = np.array([ratio for ratio in ratios if math.isfinite(ratio)])
        called = int((ratios > 1.0 + INVERTED["points"]).sum())
        said.append(f"{called} of {len(ratios)} {where}")
    return f"Of the runs that beat the VAE with the same weights it calls sick {' and '.join(said)}."


def calibration_sentence(runs: Sequence[Result]) -> str:
    """Return how KL of real data and of samples compare in image runs that beat the VAE of their data, and in others.

    A tenth, the threshold on points, is set beside that on images, which was chosen once these runs were seen.
    """
    vaes: dict[tuple[str, str], list[float]] = {}
    runs = {run.config: run for run in runs}.values()  # a run may stand in several studies
    for run in runs:
        if run.config.objective == "vae":
            vaes.setdefault((run.config.dataset, run.config.scale), []).append(run.scores["frechet_classifier"])
    ratios: dict[bool, list[float]] = {True: [], False: []}
    for run in runs:
        beside, ratio = vaes.get((run.config.dataset, run.config.scale)), kl_ratio(run)
        if beside and math.isfinite(ratio):
            ratios[run.scores["frechet_classifier"] < float(np.mean(beside))].append(ratio)
    better, worse = (np.array(ratios[answer]) for answer in (True, False))
    if not len(better):
        return "No run on images beats the VAE of its data."
    tenth, images = 1.0 + INVERTED["points"], 1.0 + INVERTED["images"]
    said = (
        f"On images {len(better)} introspective runs beat the VAE of their data in Fréchet distance. At their end the "
        f"KL of real data is {better.min():.2f} to {better.max():.2f} times that of samples: a threshold of {tenth:g} "
        f"would call {sum(better > tenth)} of them sick, and stop what they are compared in; {images:g} calls "
        f"{sum(better > images)}."
    )
    if len(worse):
        span = " to ".join(f"{each:.2f}" for each in sorted({worse.min(), worse.max()}))
        said += f" {len(worse)} more {'does' if len(worse) == 1 else 'do'} not, at {span} times: {images:g} calls "
        said += f"{sum(worse > images)} sick."
    return said


def groups_sentences(cells: Cells[Result]) -> list[str]:
    """Return in which rows AS-IntroVAE's seeds fall into two groups, and the seeds that the distance does not explain.

    The groups are runs whose distance exceeded its bound and runs whose did not. Not explained is a seed of the second
    group whose score is nearer to the first one's mean.
    """
    said = []
    for row in TABLE_ROWS:
        runs = [run for run in cells.get((row, OURS), []) if not run.diverged]
        above, below = ([run for run in runs if exceeded_bound(run) is answer] for answer in (True, False))
        if not above or not below:
            kind = "all" if above else "none"
            said += [f"**{row}**: {kind} of {len(runs)} runs exceeded the bound: one group."] if runs else []
            continue
        bad, good = mean(above, "kl"), mean(below, "kl")
        said.append(
            f"**{row}**: in {len(above)} of {len(runs)} runs the distance exceeded its bound; they have a mean KL of "
            f"{bad:.1f}, the others of {good:.1f}: two groups."
        )
        said += [_unexplained(row, run) for run in below if run.scores["kl"] > (bad + good) / 2]
    return said


def _unexplained(row: str, run: Result) -> str:
    _, scores = late_scores(run)
    largest = float(np.nanmax(run.history["as_distance"]))
    return (
        f"**{row}, seed {run.config.seed}** ends at a KL of {run.scores['kl']:.1f}, among the runaways, although its "
        f"distance never passed {largest:.2f} where it was noted: over the last third of the run, in which KL has all "
        f"but the whole weight, its score went from {scores.min():.1f} to {scores[-1]:.1f}, and it covers "
        f"{run.scores['modes_covered']:.0f} modes. It lost a mode late; the distance does not explain it."
    )
