"""Write ``book/promises.md``: what the tests promise, how many cases each has, and how the last whole run ended.

Usage: ``python book/promises.py [REPORT ...]``; `make promises` runs all tests and gives their JUnit reports, `make
coverage` writes ``.reports/coverage.json``. Without one, only the sentences are read again: they are the first
paragraphs of the tests' modules.
"""

import ast
import datetime
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from asvae.files import DATA
from asvae.training.provenance import commit, hardware
from asvae_book.studies.sources import in_markdown

ROOT = Path(__file__).resolve().parents[1]
RECORD, PAGE = DATA / "tests.json", ROOT / "book" / "promises.md"

GROUPS = {
    "core": "Mathematics",
    "metrics": "Scores",
    "datasets": "Data",
    "training": "Training",
    "store": "Results",
    "studies": "Comparisons",
    "paper": "Verdicts",
    "chapters": "Chapters",
    "workflow": "Full runs and contributions",
    "rendered": "Built pages",
    "browser": "Pages in a browser",
    "benchmarks": "Benchmarks",
    "": "The whole",
}
"""Headings by folder of the tests, in the page's order."""

ABOUT = """\
# What is tested

Each line is a promise, in the words of the tests that keep it, with the number of their cases and how they ended when
they were last run and counted here. Mathematics is tested by identity and against independent calculation, behaviour by
contract over the registries, documents by execution. `make test` repeats all of it, `make soak` does what is random
thirty times as often, `make coverage` counts what the unit tests run. `make promises` writes this page.
"""


def sentence(path: Path) -> str:
    """Return what the tests of a file promise: the first paragraph of its docstring."""
    text = ast.get_docstring(ast.parse(path.read_text()))
    if not text:
        raise ValueError(f"{path}: its first line shall say what it promises")
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`")


def read(reports: list[Path]) -> dict[str, dict[str, int]]:
    """Return by file of tests how many of its cases passed, failed and were skipped; notebooks count as one file."""
    counts: dict[str, Counter] = {}
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            ended = next((each.tag for each in case if each.tag in ("failure", "error", "skipped")), "passed")
            parts = case.attrib["classname"].split(".")
            name = "/".join(parts[: 1 + next((i for i, part in enumerate(parts) if part.startswith("test_")), -1)])
            counts.setdefault(f"{name}.py" if name else "notebooks", Counter())[ended] += 1
    return {name: dict(sorted(count.items())) for name, count in sorted(counts.items())}


def page(record: dict) -> str:
    """Return the page in Markdown."""
    counts, lines = record["tests"], [ABOUT]
    total = _ended(sum((Counter(count) for count in counts.values()), Counter()))
    made = ", ".join([record["date"], f"commit {record['commit']}", in_markdown(record["hardware"])])
    lines.append(f"**Last run counted here**: {made}: {total}.\n")
    if share := record.get("coverage"):
        lines.append(
            f"**Coverage**: the unit tests run {share['lines']:.1f} % of the lines and {share['branches']:.1f} % of "
            f"the branches of `asvae/` (coverage.py, {share['date']}, commit {share['commit']}).\n"
        )
    for folder, title in GROUPS.items():
        promised = {str(path.relative_to(ROOT)): sentence(path) for path in _tests(folder)}
        promised |= {} if folder else {"notebooks": "Every cell of every chapter prints today what is committed."}
        lines += [f"## {title}\n", "| Promise | Cases | Last run |", "|---|---|---|"]
        for name, text in promised.items():
            count = counts.get(name, {})
            lines.append(f"| {text} | {sum(count.values()) or '–'} | {_ended(count)} |")
        lines.append("")
    return "\n".join(lines)


def _tests(folder: str) -> list[Path]:
    return sorted((ROOT / "tests" / folder).glob("test_*.py"))


def _ended(count: dict[str, int]) -> str:
    names = {"passed": "passed", "failure": "failed", "error": "failed", "skipped": "skipped"}
    said = Counter()
    for tag, number in count.items():
        said[names[tag]] += number
    return ", ".join(f"{number:,} {name}" for name, number in said.items()) or "not run yet"


def covered(report: Path) -> dict[str, float]:
    """Return the percentage of lines and of branches that the tests ran, from the report of coverage.py."""
    totals = json.loads(report.read_text())["totals"]
    return {"lines": totals["percent_statements_covered"], "branches": totals["percent_branches_covered"]}


def main(reports: list[Path]) -> None:
    """Take over the reports, a kind of which none is given from the last time, and write the page."""
    record, made = json.loads(RECORD.read_text()), {"date": str(datetime.date.today()), "commit": commit()}
    if cases := [each for each in reports if each.suffix == ".xml"]:
        record |= made | {"hardware": hardware("cpu"), "tests": read(cases)}
    for each in reports:
        if each.suffix == ".json":
            record["coverage"] = made | covered(each)
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    PAGE.write_text(page(record))


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
