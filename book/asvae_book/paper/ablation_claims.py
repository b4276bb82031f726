"""Evidence → verdict: the supplement's claims A1 to A4 about annealing, judged by :mod:`asvae.verdicts`.

Each is compared with annealing over shared seeds: the difference is annealed minus the other schedule. On images blur
is :func:`asvae.metrics.images.sharpness`; in the plane, where nothing can be blurred, the share of samples on the
squares takes its place, and is named so.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from asvae import datasets
from asvae.store.results import find
from asvae.studies.catalogue import KEPT_SEEDS, SCHEDULES, Cells, configurations, title
from asvae.studies.measures import fluctuation, headline_name, headline_of, off_median, sharp
from asvae.studies.table1 import kept
from asvae_book.paper.verdicts import Verdict, against, compare, conclude

OWN_DATA = "celeba128"
"""What the supplement's figures show."""

SQUASHED_NOTE = ", with the released code's tanh"
"""Ends the name of evidence that is judged among the squashed schedules."""

SQUASHED = "-squashed"
"""Added to a schedule's label: with the released code's tanh."""

JUDGED = ("as-only", "half-kl", "half", "annealed")
"""The schedules that the claims speak of."""

CLAIMS = {
    "A1": "the AS-distance alone makes images over-smoothed, blurry",
    "A2": "KL and AS-distance ½ each (both readings of Figure 2) make images significantly blurred",
    "A3": "with KL and AS-distance ½ each sharpness differs from image to image, and training is unstable",
    "A4": "each of these three is worse than annealing",
}


def _label(label: str, variant: str) -> str:
    """Return the label of a schedule with ``variant`` at its end, where there is one."""
    return label + variant if label + variant in SCHEDULES else label


def _measure(cells: Cells) -> str:
    runs = [run for runs in cells.values() for run in runs]
    return "samples on the squares" if runs and runs[0].config.kind == "points" else "sharpness of samples"


def a1(cells: Cells, variant: str = "") -> Verdict:
    """Judge A1: samples of the AS-distance alone are less sharp than real images, and than with annealing."""
    return _blurred("A1", ("as-only",), cells, variant)


def a2(cells: Cells, variant: str = "") -> Verdict:
    """Judge A2: the same of both readings of Figure 2."""
    return _blurred("A2", ("half-kl", "half"), cells, variant)


def _blurred(claim: str, labels: tuple[str, ...], cells: Cells, variant: str) -> Verdict:
    measure, rows = _measure(cells), {}
    images = measure == "sharpness of samples"
    family = len(labels) * (1 + images)
    for label in (_label(each, variant) for each in labels):
        best, these = cells.get(_label("annealed", variant), []), cells.get(label, [])
        if images:
            rows[title(label), f"this − real, {measure}"] = against(these, sharp, 1.0, -1, "{:+.2f}", family)
        rows[title(label), f"annealed − this, {measure}"] = compare(best, these, sharp, 1, "{:+.3f}", family)
    return conclude(claim, rows)


def a3(cells: Cells, variant: str = "") -> Verdict:
    """Judge A3: sharpness varies more over images, and the score more over checks and seeds, than with annealing."""
    label, best, rows = _label("half", variant), cells.get(_label("annealed", variant), []), {}
    these, images = cells.get(label, []), _measure(cells) == "sharpness of samples"
    if images:
        rows[title(label), "annealed − this, spread of sharpness"] = compare(
            best, these, lambda run: run.scores.get("sharpness_sd", float("nan")), -1, "{:+.3f}", 3
        )
    family = 2 + images
    rows[title(label), "annealed − this, fluctuation"] = compare(best, these, fluctuation, -1, "{:+.3f}", family)
    far = {id(run): off_median(runs)(run) for runs in (best, these) for run in runs}
    rows[title(label), "annealed − this, distance from the median seed"] = compare(
        best, these, lambda run: far[id(run)], -1, "{:+.3f}", family
    )
    return conclude("A3", rows)


def a4(cells: Cells, variant: str = "") -> Verdict:
    """Judge A4: annealing has the better score than each of the three."""
    best, rows = cells.get(_label("annealed", variant), []), {}
    everything = [run for runs in cells.values() for run in runs]
    name = headline_name(everything) if everything else "score"
    for label in (_label(each, variant) for each in JUDGED[:-1]):
        rows[title(label), f"annealed − this, {name}"] = compare(
            best, cells.get(label, []), headline_of(everything), -1, "{:+.2f}", 3
        )
    return conclude("A4", rows)


JUDGES: dict[str, Callable[..., Verdict]] = {"A1": a1, "A2": a2, "A3": a3, "A4": a4}


def comparisons(cells: Cells, variant: str = "") -> pd.DataFrame:
    """Return every comparison behind the four verdicts, one a row; those without runs are undecided."""
    return pd.concat({claim: judge(cells, variant).comparisons for claim, judge in JUDGES.items()})


def ledger(evidence: Mapping[str, Cells]) -> pd.DataFrame:
    """Return A1 to A4, one row a claim and data set: seeds, what the comparisons say, the verdict.

    ``evidence`` maps what the runs are of to their cells; without runs the verdict is ``not run``.
    """
    rows = {}
    for claim, judge in JUDGES.items():
        for where, cells in evidence.items():
            variant = SQUASHED if where.endswith(SQUASHED_NOTE) else ""
            verdict = judge(cells, variant)
            seeds = max((len(runs) for runs in cells.values()), default=0)
            rows[claim, where] = {"seeds": seeds, "comparisons": verdict.said, "verdict": verdict.verdict}
    return pd.DataFrame.from_dict(rows, orient="index")


def evidence(cells: Cells) -> dict[str, Cells]:
    """Return what the claims can be judged on, for :func:`ledger`.

    The runs of ``cells``, again among their squashed schedules where there are any, and what is kept of the claims' own
    data, CelebA-128 at the published settings.
    """
    [data] = {run.config.dataset for runs in cells.values() for run in runs}
    found = {datasets.title(data): cells}
    if "annealed" + SQUASHED in cells:
        found[datasets.title(data) + SQUASHED_NOTE] = cells
    if data != OWN_DATA:
        own = configurations("ablation", OWN_DATA, KEPT_SEEDS, "paper")
        there = kept(own, find(config for configs in own.values() for config in configs))
        found[datasets.title(OWN_DATA)] = {label: runs for label, runs in there.items() if runs}
    return found


def sentences(cells: Cells) -> list[str]:
    """Return the verdicts in words, one sentence a claim, with the comparisons behind each."""
    found, said = evidence(cells), []
    for claim, judge in JUDGES.items():
        parts = []
        for where, of in found.items():
            verdict = judge(of, SQUASHED if where.endswith(SQUASHED_NOTE) else "")
            parts.append(f"on {where} {verdict.in_words}")
        said.append(f"**{claim}**, {CLAIMS[claim]}: {'; '.join(parts)}.")
    return said


def ranking(cells: Cells, titles: Callable[[str], str] = title) -> str:
    """Return the labels of ``cells`` by mean score in words, best first."""
    everything = [run for runs in cells.values() for run in runs]
    value, name = headline_of(everything), headline_name(everything)
    scores = {label: [value(run) for run in runs if not run.diverged] for label, runs in cells.items()}
    means = {label: float(np.mean(values)) for label, values in scores.items() if values}
    order = sorted(means, key=means.get)
    lost = {label: sum(run.diverged for run in cells[label]) for label in order}
    listed = "; ".join(
        f"{titles(label)} {means[label]:.3g}"
        + (f" ({lost[label]} of {len(cells[label])} diverged)" if lost[label] else "")
        for label in order
    )
    return f"**By mean score** ({name}, best first): {listed or 'every run diverged'}."
