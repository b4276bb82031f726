"""What each deviation of the released code changes: scores over seeds, against the equations and against the spread."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from asvae.training.run import Result
from asvae_book.paper.measures import fluctuation, largest_distance, underflow_share
from asvae_book.paper.verdicts import MIN_SEEDS
from asvae_book.studies import DEVIATIONS, Cells
from asvae_book.studies.intervals import Interval, paired
from asvae_book.studies.measures import headline_name, headline_of

PLAIN = ("tanh", "introvae")
"""The methods as written: what the deviations are compared with."""

BASES = {"introvae-decoder": "introvae"}
"""What a deviation is compared with, where it is not the annealed AS-IntroVAE."""


def base(label: str) -> str:
    """Return the label of the runs without the deviation."""
    return BASES.get(label, "tanh")


def table(cells: Cells) -> pd.DataFrame:
    """Return what each deviation does to the score: with minus without it, paired over seeds, 95 % interval.

    Beside it what else changes, with and without: the share of the time in which the encoder's adversarial term is 0,
    the largest distance and the fluctuation of the score, medians over seeds.
    """
    rows = {}
    for label, runs in cells.items():
        if label in PLAIN:
            continue
        without = {run.config.seed: run for run in cells.get(base(label), [])}
        shared = [run for run in runs if run.config.seed in without]
        others = list(without.values())
        value = headline_of(runs + others)
        gap = paired([value(run) for run in shared], [value(without[run.config.seed]) for run in shared])
        lost = sum(run.diverged and not without[run.config.seed].diverged for run in shared)
        name = headline_name(runs + others) if runs else "score"
        rows[DEVIATIONS.title(label)] = {
            f"{name}: with − without": gap.text() if gap.n > 1 else "–",
            "says": _says(gap, len(shared), lost),
            "term at 0, with / without": _medians(shared, others, underflow_share, "{:.0%}".format),
            "largest distance": _medians(shared, others, largest_distance, _size),
            "fluctuation": _medians(shared, others, fluctuation, "{:.2g}".format),
            "seeds": len(shared),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _says(gap: Interval, shared: int, lost: int) -> str:
    if not shared:
        return "not run"
    if lost:
        return f"diverged in {lost} of {shared}"
    return "undecided" if gap.n < MIN_SEEDS else {-1: "better", 0: "within noise", 1: "worse"}[gap.side]


def _size(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"


def _medians(
    runs: Sequence[Result], without: Sequence[Result], value: Callable[[Result], float], form: Callable[[float], str]
) -> str:
    pair = [[each for each in map(value, these) if math.isfinite(each)] for these in (runs, without)]
    return " / ".join(form(float(np.median(values))) for values in pair) if all(pair) else "–"


def sentence(cells: Cells, label: str) -> str:
    """Return in words what a deviation did, with its numbers."""
    row = _row(cells, label)
    if row is None:
        return "not run."
    [column] = [column for column in row.index if column.endswith("with − without")]
    name = column.partition(":")[0]
    said = (
        f"**{row['says']}**, {row[column]} in {name}, over {row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}."
    )
    if row["term at 0, with / without"] == "–":
        return said
    (silence, silence_without), (far, far_without) = (
        row[key].split(" / ") for key in ("term at 0, with / without", "largest distance")
    )
    return (
        f"{said} The encoder's adversarial term is 0 for {silence} of the adversarial phase ({silence_without} "
        f"without), the distance reaches {far} ({far_without} without; medians over seeds)."
    )


def advice(points: Cells, digits: Cells) -> list[str]:
    """Return which variant to use, as far as these runs say."""
    said = [_ranked(data, cells) for data, cells in (("points", points), ("digits", digits))]
    worth, told = [], set()
    for label in (each for each in points if each not in PLAIN):
        title, (here, there) = DEVIATIONS.title(label), (_row(cells, label)["says"] for cells in (points, digits))
        said.append(f"**{title}**: on points {here}, on digits {there}.")
        told |= {here, there}
        bad = any(says == "worse" or says.startswith("diverged") for says in (here, there))
        worth += [title] * ("better" in (here, there) and not bad)
    if told <= {"not run", "undecided"}:
        said.append(f"Fewer than {MIN_SEEDS} seeds are too few to advise anything.")
    elif worth:
        said.append(f"Better on one and worse on none: **take {' and '.join(worth)}**, and the equations for the rest.")
    else:
        said.append(
            "None is better on one without being worse on the other: **take the equations as they are written**."
        )
    return said


def _ranked(data: str, cells: Cells) -> str:
    """Return AS-IntroVAE's variants by mean score in words, best first."""
    family = cells.of("as-introvae")
    value = headline_of(family.runs)
    scores = {label: [value(run) for run in runs if not run.diverged] for label, runs in family.items()}
    means = {label: float(np.mean(values)) for label, values in scores.items() if values}
    names = {label: "as written" if label in PLAIN else DEVIATIONS.title(label) for label in means}
    listed = "; ".join(f"{names[label]} {means[label]:.3g}" for label in sorted(means, key=means.get))
    return f"**On {data}**, AS-IntroVAE's variants by mean score, best first: {listed}."


def _row(cells: Cells, label: str) -> pd.Series | None:
    """Return what :func:`table` says of one deviation."""
    rows = table(cells.select(dict.fromkeys((base(label), label))))
    return rows.loc[DEVIATIONS.title(label)] if len(rows) else None


def groups(points: Cells, digits: Cells) -> Mapping[str, Sequence[Result]]:
    """Return all runs by what they are of, for :func:`asvae_book.chapters.tables.diagnosed`."""
    return {
        f"{DEVIATIONS.title(label)}, {data}": runs
        for data, cells in (("points", points), ("digits", digits))
        for label, runs in cells.items()
    }
