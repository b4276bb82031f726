"""What the claims ledger has to say on a toy problem's page: every reading, and claims that the data stand in for."""

from collections.abc import Sequence

from asvae_book.chapters.toy import Toy
from asvae_book.paper.claims import CLAIMS
from asvae_book.paper.ledger import Entry, Evidence, ledger

Shown = list[tuple[Entry, Evidence]]
"""Claims with the evidence that a page shows, in the ledger's order."""


def evidence(toy: Toy, entries: Sequence[Entry] | None = None) -> Shown:
    """Return the evidence whose section lies on the page of ``toy``, by default judged by what is committed today."""
    if entries is None:
        here = [claim for claim in CLAIMS if any(_lies_on(toy, ground.section) for ground in claim.grounds)]
        entries = ledger(here)
    return [(entry, each) for entry in entries for each in entry.evidence if _lies_on(toy, each.ground.section)]


def stand_ins(toy: Toy, entries: Sequence[Entry] | None = None) -> list[str]:
    """Return the verdicts of claims about other data, as the paper writes the methods, one sentence each."""
    return [
        f"**{entry.claim.key}**, {entry.claim.text}: **{each.said}** ({each.verdict.said})."
        for entry, each in evidence(toy, entries)
        if each.runs and not each.ground.own and each.ground.reading == "paper"
    ]


def _lies_on(toy: Toy, section: str) -> bool:
    return section.partition("#")[0] == toy.dataset
