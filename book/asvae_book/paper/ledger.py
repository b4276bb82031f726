"""The claims ledger: every claim, what was run for it, what that measured, and the verdict.

Everything follows from the claims' records and ``data/results/``; nothing else is written here.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asvae import datasets
from asvae.store.results import ROOT, find
from asvae.training.run import Result
from asvae_book.paper import plan
from asvae_book.paper.claims import CLAIMS, Claim, Ground
from asvae_book.paper.verdicts import MIN_SEEDS, NOT_RUN, SEVERITY, VERDICTS, Verdict
from asvae_book.studies import COMMITTED_SEEDS, Cells
from asvae_book.studies.command import sweep_command
from asvae_book.studies.sources import in_markdown


@dataclass(frozen=True)
class Evidence:
    """What was run for a claim on one ground, and what it says."""

    claim: Claim
    ground: Ground
    runs: tuple[Result, ...]
    verdict: Verdict
    floor: str
    """What perfect samples would get in the measure that decides."""
    command: str
    """What makes the runs again, or for the first time."""

    @property
    def data(self) -> str:
        """The data set, as text calls it."""
        return datasets.title(self.ground.dataset)

    @property
    def speaks(self) -> bool:
        """Whether it is of the claim's own data, and of the methods as the paper writes them."""
        return self.ground.own and self.ground.reading == "paper"

    @property
    def judged(self) -> bool:
        """Whether it has runs that can be compared."""
        return self.verdict.verdict != NOT_RUN

    @property
    def terms(self) -> str:
        """What belongs to the verdict, see :meth:`~asvae_book.paper.claims.records.Claim.terms`."""
        return self.claim.terms(self.verdict, self.ground.scale)

    @property
    def said(self) -> str:
        """The verdict with its :attr:`terms`, such as ``not reproduced at quick scale``."""
        return f"{self.verdict.verdict} {self.terms}".strip()

    @property
    def plan(self) -> str:
        """Whether the verdict was planned, see :mod:`asvae_book.paper.plan`."""
        return plan.mark(self.claim.key, self.ground, self.verdict.comparisons, self.runs)

    @property
    def run(self) -> str:
        """What was run: scale, seeds, hardware."""
        if not self.runs:
            return "nothing"
        table = self.verdict.comparisons
        compared = max(table["seeds"]) if len(table) else 0
        seeds = compared or len({run.config.seed for run in self.runs})
        hardware = ", ".join(dict.fromkeys(in_markdown(run.provenance["hardware"]) for run in self.runs))
        reading = "" if self.ground.reading == "paper" else f"read as {self.ground.reading}, "
        return f"{reading}{self.ground.scale} scale, {seeds} {'seed' if seeds == 1 else 'seeds'}, {hardware}"

    @property
    def measured(self) -> str:
        """The comparison that decides, with its interval: of those that say the worst of the claim, the first."""
        table = self.verdict.comparisons
        if not len(table) or not self.runs:
            return "–"
        worst = max(table["says"], key=SEVERITY.index)
        row = table[table["says"] == worst].iloc[0]
        if "diverged" in row:
            return f"{row.name[0]}: NaN in {row['diverged']} runs"
        other = f" minus {row['best other']}'s" if row.get("best other", "–") != "–" else ""
        return f"{': '.join(row.name)}{other} {row['difference']} ({row['95 % interval']}): {row['says']}"


@dataclass(frozen=True)
class Entry:
    """A claim with the evidence on each of its grounds."""

    claim: Claim
    evidence: tuple[Evidence, ...]

    @property
    def decisive(self) -> Evidence:
        """On the claim's own data, read as the paper writes it, at the largest scale: the published settings.

        Of a claim about several data sets the one that says the worst of it.
        """
        largest = {each.ground.dataset: each for each in self.evidence if each.speaks}
        return min(largest.values(), key=lambda each: VERDICTS.index(each.verdict.verdict))

    @property
    def smaller(self) -> tuple[Evidence, ...]:
        """What was compared of the claim's own data, read as the paper writes it, at smaller scales."""
        largest = {each.ground.dataset: each for each in self.evidence if each.speaks}.values()
        return tuple(each for each in self.evidence if each.speaks and each.judged and each not in largest)

    @property
    def beside(self) -> tuple[Evidence, ...]:
        """What was compared of other data, or of other readings."""
        return tuple(each for each in self.evidence if each.judged and not each.speaks)

    @property
    def verdict(self) -> str:
        """The verdict of the decisive evidence."""
        return self.decisive.verdict.verdict


def ledger(claims: Sequence[Claim] = CLAIMS, root: Path = ROOT) -> list[Entry]:
    """Return ``claims`` judged by the results that are committed in ``root`` today."""
    wanted = {
        (claim, ground): claim.study.configs(
            ground.dataset, COMMITTED_SEEDS, ground.scale, claim.labels, **_reading(ground)
        )
        for claim in claims
        for ground in claim.grounds
    }
    found = find({config for cells in wanted.values() for config in cells.runs}, root).values()
    return [
        Entry(claim, tuple(_judge(claim, each, wanted[claim, each].regroup(found)) for each in claim.grounds))
        for claim in claims
    ]


def _reading(ground: Ground) -> dict[str, str]:
    return {} if ground.reading == "paper" else {"reading": ground.reading}


def _judge(claim: Claim, ground: Ground, cells: Cells[Result]) -> Evidence:
    command = _command(claim, ground, cells)
    # A run may stand in several rows: a VAE has no weight that tells them apart.
    runs = tuple({run.config: run for run in cells.runs}.values())
    return Evidence(claim, ground, runs, claim.judge(cells), claim.floor_of(cells), command)


def _command(claim: Claim, ground: Ground, cells: Cells[Result]) -> str:
    fewest = plan.seeds(claim.key, ground) or MIN_SEEDS[datasets.kind(ground.dataset)]
    seeds = max(fewest, min(map(len, cells.there.values()), default=0))
    return sweep_command(claim.study, ground.dataset, ground.scale, seeds, ground.reading)


def as_text(entries: Sequence[Entry]) -> str:
    """Return the ledger for a terminal, one paragraph per claim."""
    return "\n\n".join(_paragraph(entry) for entry in entries)


def _paragraph(entry: Entry) -> str:
    claim = entry.claim
    verdicts = [entry.decisive.said, *(f"{each.said}, {each.data}" for each in entry.smaller)]
    lines = [f"{claim.key}  {claim.text}  ({claim.place}: {claim.shown})", f"    {'; '.join(verdicts)}"]
    for each in entry.evidence:
        lines += [
            f"      {each.data}, {each.run}: {each.said}",
            f"        plan      {each.plan}",
            f"        measured  {each.measured}" + (f"; floor: {each.floor}" if each.floor != "–" else ""),
            f"        again     {each.command}",
        ]
    return "\n".join([*lines, f"      the authors' program: {claim.program}"])


def as_json(entries: Sequence[Entry]) -> str:
    """Return the ledger as JSON: a list of claims, each with its evidence and every comparison behind it."""
    return json.dumps([_plain_entry(entry) for entry in entries], indent=2, ensure_ascii=False)


def _plain_entry(entry: Entry) -> dict[str, Any]:
    claim = entry.claim
    return {
        "claim": claim.key,
        "text": claim.text,
        "place": claim.place,
        "paper": claim.shown,
        "verdict": entry.verdict,
        "said": entry.decisive.said,
        "at_smaller_scale": [
            {"data": each.data, "scale": each.ground.scale, "said": each.said} for each in entry.smaller
        ],
        "authors_program": claim.program,
        "evidence": [_plain_evidence(each) for each in entry.evidence],
    }


def _plain_evidence(each: Evidence) -> dict[str, Any]:
    return {
        "data": each.data,
        "own": each.ground.own,
        "scale": each.ground.scale,
        "reading": each.ground.reading,
        "runs": len(each.runs),
        "run": each.run,
        "measured": each.measured,
        "floor": each.floor,
        "verdict": each.verdict.verdict,
        "said": each.said,
        "plan": each.plan,
        "runs_before_plan": plan.older(each.runs),
        "section": each.ground.section,
        "command": each.command,
        "comparisons": [
            {"comparison": list(name), "planned": named} | {key: _plain(value) for key, value in row.items()}
            for named, (name, row) in zip(
                plan.planned(each.claim.key, each.ground, each.verdict.comparisons),
                each.verdict.comparisons.iterrows(),
                strict=True,
            )
        ],
    }


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value
