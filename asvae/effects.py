"""What each deviation of the released code changes: scores over seeds, against the equations and against the spread."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from asvae.ablation import fluctuation, headline, headline_name
from asvae.diagnostics import silent
from asvae.intervals import paired
from asvae.run import Result
from asvae.studies import Cells, title

BASES = {"introvae-decoder": "introvae"}
"""What a deviation is compared with, where it is not the annealed AS-IntroVAE."""


def base(label: str) -> str:
    """Return the label of the runs without the deviation."""
    return BASES.get(label, "annealed")


def largest_distance(run: Result) -> float:
    """Return the largest AS-distance on the encoder's curve."""
    curve = np.array(run.history.get("as_distance", [math.nan]), dtype=float)
    return float(np.nanmax(curve)) if np.isfinite(curve).any() else math.nan


def table(cells: Cells) -> pd.DataFrame:
    """Return what each deviation does to the score: with minus without it, paired over seeds, 95 % interval.

    Below it what else changes: the share of the time in which the encoder's adversarial term is 0, the largest distance
    and the fluctuation of the score, medians over seeds.
    """
    rows = {}
    for label, runs in cells.items():
        if label in ("annealed", "introvae"):
            continue
        without = {run.config.seed: run for run in cells.get(base(label), [])}
        shared = [run for run in runs if run.config.seed in without]
        gap = paired([headline(run) for run in shared], [headline(without[run.config.seed]) for run in shared])
        name = headline_name(runs) if runs else "score"
        rows[title(label)] = {
            f"{name}: with − without": f"{gap.mean:+.2f} ({gap.low:+.2f} to {gap.high:+.2f})" if gap.n > 1 else "–",
            "says": {-1: "better", 0: "within noise", 1: "worse"}[gap.side] if gap.n > 1 else "not run",
            "term at 0": _median(shared, silent, "{:.0%}"),
            "without": _median(list(without.values()), silent, "{:.0%}"),
            "largest distance": _median(shared, largest_distance, "{:.2g}"),
            "without ": _median(list(without.values()), largest_distance, "{:.2g}"),
            "fluctuation": _median(shared, fluctuation, "{:.2g}"),
            "seeds": gap.n,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _median(runs: list[Result], value: Callable[[Result], float], form: str) -> str:
    values = [each for each in map(value, runs) if math.isfinite(each)]
    return form.format(np.median(values)) if values else "–"


def sentence(cells: Cells, label: str) -> str:
    """Return in words what a deviation did, with its numbers."""
    rows = table(only(cells, label))
    if title(label) not in rows.index:
        return "not run."
    row = rows.loc[title(label)]
    [name] = [column for column in rows.columns if column.endswith("with − without")]
    score = f"{name} {row[name]} over {row['seeds']} seeds, **{row['says']}**"
    terms = f"term at 0 for {row['term at 0']} of the adversarial phase, {row['without']} without"
    if row["term at 0"] == "–":
        return f"{score}."
    return f"{score}; {terms}; largest distance {row['largest distance']}, {row['without ']} without."


def advice(points: Cells, digits: Cells) -> list[str]:
    """Return which variant to use, as far as these runs say."""
    said = []
    for data, cells in (("points", points), ("digits", digits)):
        family = {label: runs for label, runs in cells.items() if not label.startswith("introvae") and runs}
        means = {label: np.mean([headline(run) for run in runs if not run.diverged]) for label, runs in family.items()}
        order = sorted(means, key=means.get)
        listed = ", ".join(f"{title(label)} {means[label]:.3g}" for label in order)
        said.append(f"On **{data}**, best mean first: {listed}.")
    for label in (each for each in points if each not in (*BASES.values(), "annealed")):
        here, there = (table(only(cells, label)).loc[title(label), "says"] for cells in (points, digits))
        said.append(f"**{title(label)}**: on points {here}, on digits {there}.")
    return said


def only(cells: Cells, label: str) -> Cells:
    """Return a deviation's runs and those that it is compared with."""
    return {each: cells[each] for each in dict.fromkeys((base(label), label)) if each in cells}
