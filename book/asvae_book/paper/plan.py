"""The plan, ``data/plan.json``: what was fixed for each claim before the runs that are to decide it.

A comparison is *planned* if the plan names it for its claim; what the plan does not name was *added later*. A plan is
never edited to fit: a change is entered among what was *amended*, with its date. Runs that are older than the plan, by
their day, were seen before it was made.
"""

import datetime
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd

from asvae import datasets
from asvae.checks import integer, refuse
from asvae.files import DATA
from asvae.training.run import Result
from asvae_book.paper.claims.records import Ground

PATH = DATA / "plan.json"


@cache
def plan() -> dict[str, Any]:
    """Return the plan: its date, the rule's constants, and by claim its grounds and comparisons.

    A ground, such as ``"checkerboard, quick"``, has a number of seeds and of comparisons (the family); a comparison, by
    kind of data, what is claimed of the difference and, if there is one, its margin.

    Raises
    ------
    InvalidArgumentError
        If the file is absent or damaged.
    """
    try:
        found = json.loads(PATH.read_bytes())
        datetime.date.fromisoformat(found["date"])
        for claim in found["claims"].values():
            for ground in claim["grounds"].values():
                integer("seeds", ground["seeds"], 1)
            for comparisons in claim["comparisons"].values():
                comparisons.keys()
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        refuse("plan", PATH.name, f"the plan as it was committed ({' '.join(str(error).split())})")
    return found


def amended() -> str:
    """Return in words what was changed in the plan after its first day, and when; empty if nothing was."""
    changes = [f"{each['what']} ({each['date']})" for each in plan().get("amended", ())]
    return f"Amended since: {'; '.join(changes)}." if changes else ""


def planned(claim: str, ground: Ground, comparisons: pd.DataFrame) -> list[bool]:
    """Return of each comparison of a claim, one per row, whether the plan names it for such data."""
    named = plan()["claims"].get(claim, {}).get("comparisons", {}).get(datasets.kind(ground.dataset), {})
    return [": ".join(name) in named for name in comparisons.index]


def seeds(claim: str, ground: Ground) -> int | None:
    """Return with how many seeds a claim is planned to be judged on such data; ``None`` if the plan does not say."""
    grounds = plan()["claims"].get(claim, {}).get("grounds", {})
    return grounds.get(f"{ground.dataset}, {ground.scale}", {}).get("seeds")


def older(runs: Sequence[Result]) -> int:
    """Return how many of ``runs`` were made before the plan."""
    return sum(run.provenance["date"] < plan()["date"] for run in runs)


def mark(claim: str, ground: Ground, comparisons: pd.DataFrame, runs: Sequence[Result]) -> str:
    """Return in words whether a verdict was planned, for how many seeds, and how many of its runs are older.

    A verdict of which all runs are older is *retrospective*, whatever the plan names. The plan names no reading but the
    paper's. A comparison without runs is not counted.
    """
    before = older(runs)
    if runs and before == len(runs):
        return f"retrospective: all {before} runs older"
    fewest = seeds(claim, ground)
    if len(comparisons):
        comparisons = comparisons[comparisons["seeds"] > 0]
    named = planned(claim, ground, comparisons)
    if fewest is None or ground.reading != "paper" or (named and not any(named)):
        return "added later"
    said = "planned" if all(named) else f"{sum(named)} of {len(named)} comparisons planned"
    there = int(comparisons["seeds"].max()) if len(comparisons) else 0
    number = f"{fewest} seeds" if there in (0, fewest) else f"{there} of {fewest} seeds"
    return f"{said}, {number}" + (f"; {before} of {len(runs)} runs older" if before else "")
