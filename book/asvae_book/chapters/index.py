"""The claims ledger as a page shows it (Markdown), as a terminal shows it (text), and for programs (JSON)."""

import json
import math
from collections import Counter
from collections.abc import Sequence

from asvae_book.paper.ledger import Claim, Evidence


def _link(text: str, section: str) -> str:
    chapter, _, heading = section.partition("#")
    return f"[{text}]({chapter}.ipynb#{heading})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def summary(claims: Sequence[Claim]) -> str:
    """Return in a sentence or two how many claims got which verdict on their own data, and how stand-ins fared."""
    own = Counter(claim.verdict for claim in claims)
    others = [each for claim in claims for each in claim.evidence if not each.own and each.runs]
    stand_ins = Counter(each.verdict.verdict for each in others)
    data = " and ".join(dict.fromkeys(each.data for each in others))
    count = "one judgement" if len(others) == 1 else f"{len(others)} judgements"
    beside = f" On other data, {data}, {count} came out as {_counted(stand_ins)}." if others else ""
    return f"Of the supplement's {len(claims)} claims, on the data that they are about: **{_counted(own)}**.{beside}"


def _counted(counts: Counter) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def verdicts_table(claims: Sequence[Claim]) -> str:
    """Return the ledger in Markdown, one row a claim; every verdict is a link to what shows it."""
    rows = []
    for claim in claims:
        own = [each for each in claim.evidence if each.own]
        decisive = next((each for each in reversed(own) if each.verdict.verdict == claim.verdict), own[-1])
        others = [
            f"{_where(each, claim)}: {_link(each.verdict.verdict, each.section)}"
            for each in claim.evidence
            if each is not decisive
        ]
        rows.append(
            [
                f"**{claim.key}**",
                f"{claim.text} *({claim.place}: {claim.paper})*",
                f"{_where(decisive, claim)}: **{_link(claim.verdict, decisive.section)}**",
                "; ".join(others) or "–",
            ]
        )
    return _table(["", "what the supplement claims", "on its own data", "and beside them"], rows)


def _where(each: Evidence, claim: Claim) -> str:
    own = [other for other in claim.evidence if other.own]
    return f"{each.data}, {each.scale} scale" if each.own and len(own) > 1 else each.data


def programs(claims: Sequence[Claim]) -> str:
    """Return in a sentence or two for which claims the authors' own program can be had."""
    lists = {claim.program: [each.key for each in claims if each.program == claim.program] for claim in claims}
    return " ".join(f"The authors' own program for {_listed(keys)}: **{program}**." for program, keys in lists.items())


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:-1]) + f" and {keys[-1]}" if len(keys) > 1 else keys[0]


def evidence_table(claims: Sequence[Claim]) -> str:
    """Return in Markdown what stands behind each verdict, one row a claim and data set of which there are runs."""
    rows = [
        [
            f"**{claim.key}**",
            f"{each.data}, {each.run}",
            each.measured,
            each.floor,
            _link(each.verdict.verdict, each.section),
        ]
        for claim in claims
        for each in claim.evidence
        if each.runs
    ]
    return _table(["", "what was run", "measured", "floor", "verdict"], rows)


def commands_table(claims: Sequence[Claim]) -> str:
    """Return in Markdown the command that makes the runs of each claim again, or for the first time."""
    keys: dict[str, list[str]] = {}
    for claim in claims:
        for each in claim.evidence:
            keys.setdefault(each.command, []).append(claim.key)
    return _table(["", "command"], [[f"**{', '.join(of)}**", f"`{command}`"] for command, of in keys.items()])


def text(claims: Sequence[Claim]) -> str:
    """Return the ledger for a terminal, a paragraph a claim."""
    lines = []
    for claim in claims:
        lines += ["", f"{claim.key}  {claim.text}  ({claim.place}: {claim.paper})", f"    {claim.verdict}"]
        for each in claim.evidence:
            lines += [
                f"      {each.data}, {each.run}: {each.verdict.verdict}",
                f"        measured  {each.measured}" + (f"; floor: {each.floor}" if each.floor != "–" else ""),
                f"        again     {each.command}",
            ]
        lines.append(f"      the authors' program: {claim.program}")
    return "\n".join(lines[1:])


def as_json(claims: Sequence[Claim]) -> str:
    """Return the ledger as JSON: a list of claims, each with its evidence and every comparison behind it."""
    return json.dumps([_claim(claim) for claim in claims], indent=2, ensure_ascii=False)


def _claim(claim: Claim) -> dict:
    return {
        "claim": claim.key,
        "text": claim.text,
        "place": claim.place,
        "paper": claim.paper,
        "verdict": claim.verdict,
        "authors_program": claim.program,
        "evidence": [_evidence(each) for each in claim.evidence],
    }


def _evidence(each: Evidence) -> dict:
    table = each.verdict.comparisons
    comparisons = [
        {"comparison": list(name)} | {key: _plain(value) for key, value in row.items()}
        for name, row in table.iterrows()
    ]
    return {
        "data": each.data,
        "own": each.own,
        "scale": each.scale,
        "runs": len(each.runs),
        "run": each.run,
        "measured": each.measured,
        "floor": each.floor,
        "verdict": each.verdict.verdict,
        "section": each.section,
        "command": each.command,
        "comparisons": comparisons,
    }


def _plain(value):
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value
