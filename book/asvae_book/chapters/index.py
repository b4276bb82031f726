"""The claims ledger as the landing page shows it, in Markdown."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from asvae_book.paper.ledger import Entry, Evidence


def summary(entries: Sequence[Entry]) -> str:
    """Return in a sentence or two how many claims got which verdict on their own data, and how stand-ins fared."""
    own = Counter(entry.verdict for entry in entries)
    others = [each for entry in entries for each in entry.evidence if not each.ground.own and each.decides]
    stand_ins = Counter(each.verdict.verdict for each in others)
    data = " and ".join(dict.fromkeys(each.data for each in others))
    count = "one judgement" if len(others) == 1 else f"{len(others)} judgements"
    beside = f" On other data, {data}, {count} came out as {_counted(stand_ins)}." if others else ""
    about = "on the data that they are about and as the paper writes them"
    return f"Of {len(entries)} claims, {about}: **{_counted(own)}**.{beside}"


def verdicts_table(entries: Sequence[Entry]) -> str:
    """Return the ledger, one row per claim; every verdict is a link to what shows it."""
    rows = []
    for entry in entries:
        claim, decisive = entry.claim, entry.decisive
        beside = [each for each in entry.evidence if each is not decisive and (each.speaks or each.decides)]
        others = [f"{_where(each, entry)}: {_verdict(each)}" for each in beside]
        rows.append(
            {
                "": f"**{claim.key}**",
                "what the paper claims": f"{claim.text} *({claim.place}: {claim.shown})*",
                "on its own data": f"{_where(decisive, entry)}: **{_verdict(decisive)}**",
                "and beside them": "; ".join(others) or "–",
            }
        )
    return _table(rows)


def programs(entries: Sequence[Entry]) -> str:
    """Return in a sentence or two for which claims the authors' own program can be had."""
    keys: dict[str, list[str]] = {}
    for entry in entries:
        keys.setdefault(entry.claim.program, []).append(entry.claim.key)
    return " ".join(f"The authors' own program for {_listed(of)}: **{program}**." for program, of in keys.items())


def evidence_table(entries: Sequence[Entry]) -> str:
    """Return what stands behind each verdict, one row per claim, data set, scale and reading that decides anything."""
    return _table(
        [
            {
                "": f"**{entry.claim.key}**",
                "what was run": f"{each.data}, {each.run}",
                "measured": each.measured,
                "floor": each.floor,
                "verdict": _verdict(each),
            }
            for entry in entries
            for each in entry.evidence
            if each.decides
        ]
    )


def commands_table(entries: Sequence[Entry]) -> str:
    """Return the commands that make the runs of the claims again, or for the first time, one row per command."""
    keys: dict[str, list[str]] = {}
    for entry in entries:
        for each in entry.evidence:
            keys.setdefault(each.command, []).append(entry.claim.key)
    return _table([{"": f"**{', '.join(of)}**", "command": f"`{command}`"} for command, of in keys.items()])


def _table(rows: Sequence[dict[str, str]]) -> str:
    cells = pd.DataFrame(rows).replace(r"\|", r"\\|", regex=True)
    return cells.to_markdown(index=False, tablefmt="github", disable_numparse=True)


def _verdict(each: Evidence) -> str:
    chapter, _, heading = each.ground.section.partition("#")
    return f"[{each.verdict.verdict}]({chapter}.ipynb#{heading})"


def _where(each: Evidence, entry: Entry) -> str:
    own = [other for other in entry.evidence if other.speaks and other.data == each.data]
    reading = "" if each.ground.reading == "paper" else f", read as *{each.ground.reading}*"
    return each.data + reading + (f", {each.ground.scale} scale" if each.speaks and len(own) > 1 else "")


def _counted(counts: Counter) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:-1]) + f" and {keys[-1]}" if len(keys) > 1 else keys[0]
