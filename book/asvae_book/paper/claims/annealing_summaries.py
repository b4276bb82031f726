"""A1 to A4 on the runs of a chapter, beside the evidence on their own data: tables and sentences."""

from typing import NamedTuple

import pandas as pd

from asvae import datasets
from asvae.training.run import Result
from asvae_book.paper.claims.annealing import ANNEALING_CLAIMS, SQUASHED, annealed
from asvae_book.studies import ABLATION, Cells


class Judged(NamedTuple):
    """Runs that the claims are judged on."""

    cells: Cells[Result]
    variant: str = ""
    """Which schedules are compared: ``""``, or :data:`~asvae_book.paper.claims.annealing.SQUASHED`."""


def annealing_evidence(cells: Cells[Result]) -> dict[str, Judged]:
    """Return what the claims can be judged on, by title, for :func:`annealing_table`.

    The runs of ``cells``, with the linear ramp where their own is tanh, again among their squashed schedules where
    there are any, and what is committed of the claims' own data at the published settings.
    """
    [data] = {run.config.dataset for run in cells.runs}
    found = {datasets.title(data): Judged(cells)}
    if annealed(cells) == "tanh" and cells.get("linear"):
        found[f"{datasets.title(data)}, with the linear ramp"] = Judged(Cells(cells | {"tanh": cells["linear"]}))
    if "tanh" + SQUASHED in cells:
        found[f"{datasets.title(data)}, with the released code's tanh"] = Judged(cells, SQUASHED)
    for ground in ANNEALING_CLAIMS[0].grounds:
        if ground.own and ground.dataset != data:
            own = ABLATION.find(ground.dataset, scale=ground.scale)
            found[datasets.title(ground.dataset)] = Judged(own.there)
    return found


def annealing_table(evidence: dict[str, Judged]) -> pd.DataFrame:
    """Return one row per claim and data set: shared seeds, what comparisons say, the verdict; perhaps ``not run``."""
    rows = {}
    for claim in ANNEALING_CLAIMS:
        for where, (cells, variant) in evidence.items():
            verdict = claim.judge(cells, variant)
            seeds = int(max(verdict.comparisons.get("seeds", [0])))
            said = " ".join([verdict.verdict, *(f"at {run.config.scale} scale" for run in cells.runs[:1])])
            rows[claim.key, where] = {"seeds": seeds, "comparisons": verdict.said, "verdict": said}
    return pd.DataFrame.from_dict(rows, orient="index")


def annealing_comparisons(cells: Cells[Result], variant: str = "") -> pd.DataFrame:
    """Return every comparison behind the four verdicts, one per row; those without runs are not run."""
    return pd.concat({claim.key: claim.judge(cells, variant).comparisons for claim in ANNEALING_CLAIMS})


def annealing_sentences(cells: Cells[Result]) -> list[str]:
    """Return the verdicts in words, one sentence per claim, with the comparisons behind each."""
    evidence, said = annealing_evidence(cells), []
    for claim in ANNEALING_CLAIMS:
        parts = [f"on {where} {claim.judge(*judged).in_words}" for where, judged in evidence.items()]
        said.append(f"**{claim.key}**, {claim.text}: {'; '.join(parts)}.")
    return said
