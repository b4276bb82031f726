"""What ``benchmarks/`` measured, as tables for the book."""

from typing import Any

import pandas as pd

from asvae.files import read_record
from asvae.paths import DATA

ROOT = DATA / "benchmarks"

Record = dict[str, Any]


def measured(name: str) -> Record | None:
    """Return a benchmark's record, or ``None`` where it was not run; a damaged one is refused by name."""
    path = ROOT / f"{name}.json"
    return read_record(path) if path.is_file() else None


def table(record: Record | None, topic: str) -> pd.DataFrame:
    """Return one topic of a record, numbers to three digits; one line that says so if it was not run."""
    if record is None:
        return pd.DataFrame({"": ["not run"]}, index=["–"])
    rows = [{key: _text(value) for key, value in row.items()} for row in record[topic]]
    if len(rows) == 1:
        return pd.DataFrame({"": rows[0]})
    frame = pd.DataFrame(rows).fillna("–")
    # The first column's name goes into the corner of the header, not onto a line of its own.
    return frame.set_index(frame.columns[0]).rename_axis(index=None, columns=frame.columns[0])


def line(record: Record | None) -> str:
    """Return where a record was measured, for the line under its tables."""
    if record is None:
        return "not run"
    source = record["provenance"]
    return (
        f"measured once on {source['hardware']}, torch {source['torch']}, commit {source['commit']}, {source['date']}"
    )


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return "–" if value is None else str(value)
