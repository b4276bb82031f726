"""The claims ledger as its page shows it, in Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from asvae_book.paper.ledger import Entry, Evidence


def summary(entries: Sequence[Entry]) -> str:
    """Return how many claims got which verdict on their own data at the published settings, and apart the rest."""
    said = [
        f"Of {len(entries)} claims, on the data that they are about, at the published settings and as the paper writes "
        f"them: **{_counted(entry.verdict for entry in entries)}**."
    ]
    smaller = [each for entry in entries for each in entry.smaller]
    beside = [each for entry in entries for each in entry.beside]
    stand_ins = [each for each in beside if not each.ground.own and each.ground.reading == "paper"]
    otherwise = [each for each in beside if each.ground.reading != "paper"]
    if smaller:
        keys: dict[str, list[str]] = {}
        for each in smaller:
            keys.setdefault(each.said, []).append(each.claim.key)
        told = "; ".join(f"{', '.join(those)} {how}" for how, those in keys.items())
        said.append(f"At smaller scales: {told}.")
    if stand_ins:
        data = " and ".join(dict.fromkeys(each.data for each in stand_ins))
        said.append(f"On other data, {data}: {_counted(each.said for each in stand_ins)}.")
    if otherwise:
        said.append(f"Read otherwise than the paper writes it: {_counted(each.said for each in otherwise)}.")
    return " ".join(said)


def verdicts_table(entries: Sequence[Entry]) -> str:
    """Return the ledger, one row per claim; every verdict is a link to what shows it."""
    rows = []
    for entry in entries:
        claim, decisive = entry.claim, entry.decisive
        rows.append(
            {
                "claim": f"**{claim.key}** {claim.text} *({claim.place}: {claim.shown})*",
                "at the published settings": f"{decisive.data}: {_verdict(decisive, '**')}",
                "at smaller scales": _all(entry.smaller),
                "on other data, or read otherwise": _all(entry.beside),
            }
        )
    return table(rows)


def programs(entries: Sequence[Entry]) -> str:
    """Return in a sentence or two for which claims the authors' own program can be had."""
    keys: dict[str, list[str]] = {}
    for entry in entries:
        keys.setdefault(entry.claim.program, []).append(entry.claim.key)
    return " ".join(f"The authors' own program for {_listed(of)}: **{program}**." for program, of in keys.items())


def evidence_table(entries: Sequence[Entry]) -> str:
    """Return what stands behind each verdict, one row per claim, data set, scale and reading that was run."""
    return table(
        [
            {
                "claim": f"**{entry.claim.key}**",
                "what was run": f"{each.data}, {each.run} ({each.plan})",
                "the comparison that decides": each.measured + ("" if each.floor == "–" else f"; floor: {each.floor}"),
                "verdict": _verdict(each),
            }
            for entry in entries
            for each in entry.evidence
            if each.runs
        ]
    )


def commands_table(entries: Sequence[Entry]) -> str:
    """Return the commands that make the runs of the claims again, or for the first time, one row per command."""
    keys: dict[str, list[str]] = {}
    for entry in entries:
        for each in entry.evidence:
            keys.setdefault(each.command, []).append(entry.claim.key)
    return table([{"claims": f"**{', '.join(of)}**", "command": f"`{command}`"} for command, of in keys.items()])


def table(rows: Sequence[dict[str, str]] | pd.DataFrame) -> str:
    """Return rows, each column → text in Markdown, as a table in Markdown."""
    cells = pd.DataFrame(rows).replace(r"\|", r"\\|", regex=True)
    return cells.to_markdown(index=False, tablefmt="github", disable_numparse=True)


def _verdict(each: Evidence, mark: str = "") -> str:
    chapter, _, heading = each.ground.section.partition("#")
    said = f"[{each.verdict.verdict}]({chapter}.ipynb#{heading})" if chapter else each.verdict.verdict
    return f"{mark}{said}{mark} {each.terms}".strip()


def _all(evidence: Sequence[Evidence]) -> str:
    """Return data, reading and verdict of each, data sets and readings that say the same in one place."""
    places: dict[str, list[str]] = {}
    for each in evidence:
        reading = "" if each.ground.reading == "paper" else f" read as *{each.ground.reading}*"
        places.setdefault(_verdict(each), []).append(each.data + reading)
    return "; ".join(f"{_listed(of)}: {verdict}" for verdict, of in places.items()) or "–"


def _counted(words: Iterable[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common())


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:-1]) + f" and {keys[-1]}" if len(keys) > 1 else keys[0]
