"""The landing page: what was found in one sentence and one table, from the ledger and the committed results."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from asvae import datasets
from asvae.store.rows import TABLE_ROWS
from asvae.training.run import Result
from asvae_book.chapters.ledger_page import table
from asvae_book.paper import plan, published
from asvae_book.paper.ledger import Entry, Evidence
from asvae_book.paper.specifications import OUR_SIDE, THEIR_SIDE, outcomes
from asvae_book.paper.standing import BETTER, TOO_FEW, WORSE, standing
from asvae_book.paper.verdicts import AGAINST, MIN_SEEDS, NOT_RUN, VERDICTS
from asvae_book.studies import EIGHT_GAUSSIANS, SPECIFICATIONS, TABLE1, Study
from asvae_book.studies.intervals import signed
from asvae_book.studies.pairs import difference, shared

OURS, THEIRS = "as-introvae", "s-introvae"

ICONS = {
    "reproduced": "✓",
    "partly": "◐",
    "not reproduced": "✗",
    "inconclusive": "≈",
    "runs unhealthy": "!",
    NOT_RUN: "○",
}
"""Verdict → the sign that stands before it."""

SCALES = ("quick", "reduced", "paper")
"""From the smallest."""


@dataclass(frozen=True)
class Experiment:
    """A row of the landing page's table: claims judged on some data."""

    title: str
    page: str
    keys: tuple[str, ...]
    datasets: tuple[str, ...] = ()
    """Only these; empty: all."""


EXPERIMENTS = (
    Experiment("8 Gaussians", "8gaussians.ipynb", ("M1",), ("8gaussians",)),
    Experiment("Checkerboard", "checkerboard.ipynb", ("T1", "T2", "T3"), ("checkerboard",)),
    Experiment("Speed, stability, collapse", "checkerboard.ipynb", ("M4", "M5")),
    Experiment("Why anneal?", "ablation.ipynb", ("A1", "A2", "A3", "A4")),
    Experiment("Images", "images.ipynb", ("M2", "M3", "G1", "G2", "G3", "G4")),
)
"""In the order of the table."""


class Pair(NamedTuple):
    """AS- and S-IntroVAE side by side in a row of a table of points."""

    scale: str
    ours: list[Result]
    theirs: list[Result]


def pairs_of(study: Study) -> list[Pair]:
    """Return AS- and S-IntroVAE, as the paper writes them, in every row of a table of points that has both.

    A row is of the largest scale with as many shared seeds as a verdict needs, else of that with most.
    """
    found = {scale: study.find(study.dataset, scale=scale) for scale in SCALES}
    pairs = []
    for row in TABLE_ROWS:
        each = [Pair(scale, cells.get((row, OURS), []), cells.get((row, THEIRS), [])) for scale, cells in found.items()]
        seeds = [min(len(shared(*pair[1:])), MIN_SEEDS["points"]) for pair in each]
        if max(seeds):
            pairs.append(each[max(range(len(each)), key=lambda i: (seeds[i], i))])
    return pairs


def headline(studies: Sequence[Study] = (TABLE1, EIGHT_GAUSSIANS)) -> str:
    """Return the finding in a sentence: in how many settings AS-IntroVAE is better, and by how much it differs."""
    found = {study.dataset: pairs_of(study) for study in studies}
    pairs = [pair for each in found.values() for pair in each]
    stands = Counter(standing(pair.ours, pair.theirs, len(pairs)) for pair in pairs)
    scales = " and ".join(scale for scale in SCALES if any(pair.scale == scale for pair in pairs))
    settings = f"{len(pairs)} settings of the two toy problems"
    how = f"beats S-IntroVAE in {stands[BETTER]}" if stands[BETTER] else "is not found to beat S-IntroVAE in any"
    also = f", is worse in {stands[WORSE]}" if stands[WORSE] else ""
    few = f"; in {stands[TOO_FEW]} of them there are {TOO_FEW}, fewer than {MIN_SEEDS['points']}" * bool(
        stands[TOO_FEW]
    )
    gaps = {dataset: [gap for pair in each if (gap := difference(*pair[1:])).n] for dataset, each in found.items()}
    parts = [
        f"{_span([gap.mean for gap in each])} on {_the(dataset)} "
        f"({_seeds([gap.n for gap in each])}; printed: {_printed(dataset)})"
        for dataset, each in gaps.items()
        if each
    ]
    return (
        f"As the paper writes it, AS-IntroVAE at {scales} scale {how} of {settings}{also}{few}. "
        f"Its mean KL (lower is better) minus S-IntroVAE's is {' and '.join(parts)}."
    )


def scope(entries: Sequence[Entry]) -> str:
    """Return on what the page rests: sources, the plan's date, runs and their cost, how much ran as published."""
    runs = {run.config: run for entry in entries for each in entry.evidence for run in each.runs}
    hours = sum(run.provenance["seconds"] for run in runs.values()) / 3600
    older = plan.older(list(runs.values()))
    published_settings = sum(entry.verdict != NOT_RUN for entry in entries)
    return (
        f"From the paper, its supplement and the released code, without the authors; {len(runs):,} runs, {hours:.0f} "
        f"hours of training; margins and seeds planned on {planned()}, which {older:,} of these runs precede. "
        f"{published_settings} of {len(entries)} claims are judged at the published settings so far."
    )


def planned() -> str:
    """Return the date of the plan."""
    return plan.plan()["date"]


def experiments(entries: Sequence[Entry], links: bool = True) -> str:
    """Return the verdicts by experiment, one row each, in Markdown, with ``links`` to their pages."""
    by_key = {entry.claim.key: entry for entry in entries}
    rows = []
    for each in EXPERIMENTS:
        judged = [shown(by_key[key], each.datasets) for key in each.keys if key in by_key]
        ran = [evidence for evidence in judged if evidence.runs]
        rows.append(
            {
                "experiment": f"[{each.title}]({each.page})" if links else each.title,
                "tested how": _how(ran),
                "result": _result(judged, ran),
                "open": _open(judged),
            }
        )
    return table([*rows, *_readings(links)])


def strip(entries: Sequence[Entry]) -> str:
    """Return every claim with the verdict of the largest scale that was run, a list of links in Markdown."""
    lines = []
    for entry in entries:
        each = shown(entry)
        link = each.ground.section.partition("#")[0]
        said = f"{ICONS[each.verdict.verdict]} {each.verdict.verdict}"
        where = "" if each.verdict.verdict == NOT_RUN else f" {each.data}, {each.ground.scale}"
        title = entry.claim.text.replace('"', "”")
        chip = f'[**{entry.claim.key}** {said}]({link}.ipynb "{title}")' if where else f"**{entry.claim.key}** {said}"
        lines.append(f"- {chip}{where}")
    return "\n".join(lines)


def caveats(entries: Sequence[Entry]) -> str:
    """Return in a sentence what the verdicts of :func:`strip` rest on beside the runs; empty if on nothing."""
    keys: dict[str, list[str]] = {}
    for entry in entries:
        if entry.claim.caveat and shown(entry).runs:
            keys.setdefault(entry.claim.caveat, []).append(entry.claim.key)
    said = [f"{' and '.join(each)} {caveat}" for caveat, each in keys.items()]
    return f"Judged are {', '.join(said)}." if said else ""


def shown(entry: Entry, names: Sequence[str] = ()) -> Evidence:
    """Return the evidence that stands for a claim here, of the data sets called ``names`` where any is given.

    Evidence with a verdict comes before evidence without, the claim's own data before stand-ins, as many seeds as a
    verdict needs before fewer, the paper's reading before others, large scales before small; of what is left, that
    which says the worst of it.
    """
    return min(
        (each for each in entry.evidence if not names or each.ground.dataset in names),
        key=lambda each: (
            each.verdict.verdict == NOT_RUN,
            not each.ground.own,
            _most_seeds(each) < MIN_SEEDS[datasets.kind(each.ground.dataset)],
            each.ground.reading != "paper",
            -SCALES.index(each.ground.scale),
            VERDICTS.index(each.verdict.verdict),
        ),
    )


def _most_seeds(each: Evidence) -> int:
    return int(max(each.verdict.comparisons.get("seeds", [0])))


def _how(ran: Sequence[Evidence]) -> str:
    if not ran:
        return "–"
    data = " and ".join(dict.fromkeys(each.data for each in ran))
    scales = " and ".join(dict.fromkeys(each.ground.scale for each in ran))
    seeds = {n for each in ran for n in each.verdict.comparisons.get("seeds", ()) if n}
    span = f", {_seeds(seeds)} per comparison" if seeds else ""
    read = dict.fromkeys(each.ground.reading for each in ran if each.ground.reading != "paper")
    return f"{data}, {scales} scale{span}" + (f", read as {' and '.join(read)}" if read else "")


def _result(judged: Sequence[Evidence], ran: Sequence[Evidence]) -> str:
    keys: dict[str, list[str]] = {}
    for each in judged:
        keys.setdefault(each.verdict.verdict, []).append(each.claim.key)
    words = [
        f"{ICONS[word]} **{word}** {', '.join(keys[word])}" for word in VERDICTS if word in keys and word != NOT_RUN
    ]
    decisive = min(ran, key=lambda each: VERDICTS.index(each.verdict.verdict), default=None)
    number = f". {decisive.claim.key}: {_short(decisive.measured)}" if decisive and _most_seeds(decisive) != 1 else ""
    return ("; ".join(words) or f"{ICONS[NOT_RUN]} **{NOT_RUN}**") + number


def _short(measured: str) -> str:
    """Return the comparison that decides, without what it says where the verdict says the same."""
    said, _, says = measured.rpartition(": ") if "): " in measured else (measured, "", "")
    said += f", {says}" if says == AGAINST else ""
    opponent, between, rest = said.partition(": AS-IntroVAE − this, ")
    said = f"AS − {opponent.removesuffix('-IntroVAE')}, {rest}" if between else said
    return said.replace(", the paper's unit", "").replace(", classifier features", "")


def _open(judged: Sequence[Evidence]) -> str:
    said = []
    if absent := [each.claim.key for each in judged if each.verdict.verdict == NOT_RUN]:
        said.append(f"{', '.join(absent)} not run")
    partly = (each.verdict.comparisons["says"] for each in judged if each.runs and each.verdict.verdict != NOT_RUN)
    if lacking := [says for says in partly if NOT_RUN in set(says)]:
        count = sum((says == NOT_RUN).sum() for says in lacking)
        said.append(f"{count} of {sum(map(len, lacking))} comparisons not run")
    if any(not each.ground.own for each in judged if each.runs):
        said.append("the paper's own data")
    return "; ".join(said) or "–"


def _readings(links: bool) -> list[dict[str, str]]:
    """Return the row of the specification curves."""
    said, seeds, sides = [], set(), Counter()
    for dataset, study in SPECIFICATIONS.items():
        found = [outcome for outcome in outcomes(study.find(dataset)) if outcome.decides]
        counts = Counter(outcome.says for outcome in found)
        sides += counts
        seeds |= {outcome.seeds for outcome in found}
        said.append(
            f"{datasets.title(dataset)}: of {len(found)} intervals {counts[OUR_SIDE]} on AS-IntroVAE's side, "
            f"{counts[THEIR_SIDE]} on S-IntroVAE's"
        )
    if not seeds:
        return []
    word = "some better" if sides[OUR_SIDE] else "none shown better"
    return [
        {
            "experiment": "[Every reading](readings.ipynb)" if links else "Every reading",
            "tested how": f"one open choice changed at a time, quick scale, {_seeds(seeds)}, by 95 % intervals alone",
            "result": f"{ICONS['partly' if sides[OUR_SIDE] else 'inconclusive']} **{word}**. {'; '.join(said)}",
            "open": "more seeds",
        }
    ]


def _seeds(counts: Collection[int]) -> str:
    """Return how many seeds there are, such as ``5 to 10 seeds``."""
    low, high = min(counts), max(counts)
    return (f"{low} to {high}" if low < high else f"{low}") + (" seed" if high == 1 else " seeds")


def _span(values: Sequence[float]) -> str:
    low, high = (signed("{:+.1f}", value) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _printed(dataset: str) -> str:
    printed = published.POINTS[dataset]
    return _span([np.subtract(printed[row, OURS][0], printed[row, THEIRS][0]) for row in TABLE_ROWS])


def _the(dataset: str) -> str:
    title = datasets.title(dataset)
    return title if title[0].isdigit() else f"the {title}"
