"""What runs come to: verdicts as a table, scores in words."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from asvae.training.run import Result
from asvae_book.paper.claims.records import Claim
from asvae_book.studies import ABLATION, Cells, Label
from asvae_book.studies.measures import headline_name, headline_of, unscored


def verdict_table(claims: Iterable[Claim], cells: Cells[Result]) -> pd.DataFrame:
    """Return one row per claim, judged on ``cells``: what is claimed, what the comparisons say, the verdict."""
    rows, scales = {}, {run.config.scale for run in cells.runs}
    for claim in claims:
        verdict = claim.judge(cells)
        terms = claim.terms(verdict, *scales) if len(scales) == 1 else ""
        rows[claim.key] = {
            "claim": claim.text,
            "comparisons": verdict.said,
            "verdict": f"{verdict.verdict} {terms}".strip(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def ranking(cells: Cells[Result], title: Callable[[Label], str] = ABLATION.title) -> str:
    """Return the labels of ``cells`` by mean score in words, best first.

    Where their seeds differ, with the number of these, and again on the seeds that all have.
    """
    value, name = headline_of(cells.runs), headline_name(cells.runs)
    scores = {label: [value(run) for run in runs if not unscored(run)] for label, runs in cells.items()}
    means = {label: float(np.mean(values)) for label, values in scores.items() if values}
    unequal = len({frozenset(run.config.seed for run in runs) for runs in cells.values() if runs}) > 1
    seeds = {label: f" ({len(values)} {'seed' if len(values) == 1 else 'seeds'})" for label, values in scores.items()}
    listed = "; ".join(
        f"{title(label)} {means[label]:.3g}{seeds[label] if unequal else ''}{_diverged(cells[label])}"
        for label in sorted(means, key=means.get)
    )
    said = f"**By mean score** ({name}, best first): {listed or 'every run diverged'}."
    every = [{run.config.seed: run for run in runs} for runs in cells.values() if runs]
    shared = set.intersection(*map(set, every)) if every else set()
    if not unequal or not shared:
        return said
    alike = Cells({label: [run for run in runs if run.config.seed in shared] for label, runs in cells.items()})
    again = ranking(alike, title).partition("first): ")[2]
    return f"{said} On the {'seed' if len(shared) == 1 else f'{len(shared)} seeds'} that all have: {again}"


def _diverged(runs: list[Result]) -> str:
    lost = sum(run.diverged for run in runs)
    return f" ({lost} of {len(runs)} diverged)" if lost else ""
