"""What the claims ledger has to say on a toy problem's page: every reading, and claims that the data stand in for."""

from collections.abc import Sequence

import pandas as pd

from asvae.training.run import Result
from asvae_book.chapters.toy import Toy
from asvae_book.paper.claims import CLAIMS
from asvae_book.paper.ledger import Entry, Evidence, ledger
from asvae_book.studies import READINGS

Shown = list[tuple[Entry, Evidence]]
"""Claims with the evidence that a page shows, in the ledger's order."""


def evidence(toy: Toy, entries: Sequence[Entry] | None = None) -> Shown:
    """Return the evidence whose section lies on the page of ``toy``, by default judged by what is committed today."""
    if entries is None:
        here = [claim for claim in CLAIMS if any(_lies_on(toy, ground.section) for ground in claim.grounds)]
        entries = ledger(here)
    return [(entry, each) for entry in entries for each in entry.evidence if _lies_on(toy, each.ground.section)]


def runs(shown: Shown) -> list[Result]:
    """Return all runs behind ``shown``."""
    return [run for _, each in shown for run in each.runs]


def evidence_table(toy: Toy, shown: Shown) -> pd.DataFrame:
    """Return one row per claim, scale and reading: how many runs, the comparison that says the worst, the verdict."""
    titles = READINGS[toy.dataset]
    rows = {}
    for entry, each in shown:
        reading = titles.title(("C1", each.ground.reading)).removeprefix("C1, ")
        rows[entry.claim.key, each.ground.scale, reading] = {
            "runs": len(each.runs),
            "comparisons": each.verdict.said,
            "the worst of them": each.measured,
            "verdict": each.verdict.verdict,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _lies_on(toy: Toy, section: str) -> bool:
    return section.partition("#")[0] == toy.dataset
