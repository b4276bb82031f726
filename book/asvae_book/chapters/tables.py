"""Tables that several chapters show."""

from collections.abc import Sequence

import pandas as pd

from asvae.training.diagnostics import findings
from asvae.training.run import Result


def table(groups: dict[str, Sequence[Result]]) -> pd.DataFrame:
    """Return what is wrong with groups of runs, one row a group and finding: how many, since when, cause and knob."""
    rows = {}
    for title, runs in groups.items():
        for run in runs:
            for finding in findings(run):
                row = rows.setdefault((title, finding.name), {"runs": 0, "earliest step": finding.step})
                row["runs"] += 1
                row["earliest step"] = min(row["earliest step"], finding.step)
                row |= {"likely cause": finding.cause, "try": finding.knob}
        for (group, _), row in rows.items():
            if group == title:
                row["runs"] = f"{row['runs']} of {len(runs)}"
    return pd.DataFrame.from_dict(rows, orient="index")
