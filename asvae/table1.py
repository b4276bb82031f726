"""Table 1 and Figure 8 as one grid: combinations × objectives, each cell the runs of its seeds."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from asvae import objectives
from asvae.config import COMBINATIONS, RunConfig, combination
from asvae.published import RELEASED_LOOP, TABLE1
from asvae.run import Run

Cell = tuple[str, str]
"""(combination, objective)."""
Runs = dict[Cell, list[Run]]


def configurations(
    combinations: Sequence[str], names: Sequence[str], seeds: int, scale: str, steps: int | None = None
) -> dict[Cell, list[RunConfig]]:
    """Return the configurations of every cell, one a seed.

    VAE has no weight that tells our combinations apart: its cells hold equal configurations.
    """
    return {
        (row, name): [
            RunConfig(name, "checkerboard", scale, seed=seed, steps=steps, **combination(row, name))
            for seed in range(seeds)
        ]
        for row in combinations
        for name in names
    }


def regroup(cells: dict[Cell, list[RunConfig]], runs: Sequence[Run]) -> Runs:
    """Return the runs of the flattened ``cells`` as cells again."""
    left = iter(runs)
    return {cell: [next(left) for _ in configs] for cell, configs in cells.items()}


def betas(row: str) -> str:
    """Return a combination's weights as text."""
    b = COMBINATIONS[row]
    return f"β_kl {b['beta_kl']:g}, β_rec {b['beta_rec']:g}, β_neg {b['beta_neg']:g}"


def floor_table(floor: dict[str, float]) -> pd.DataFrame:
    """Return what the truth scores against itself, one draw's noise, and how far apart the paper's scores are."""
    rows = {
        "truth, 5,000 points, mean of 40 draws": (floor["kl"], floor["jsd"]),
        "noise of one such draw (standard deviation)": (floor["kl_draw_sd"], floor["jsd_draw_sd"]),
        "truth, 200,000 points": (floor["kl_large"], floor["jsd_large"]),
    }
    for row in COMBINATIONS:
        gap = np.subtract(TABLE1[row, "s-introvae"], TABLE1[row, "as-introvae"])
        rows[f"printed at {row}: S-IntroVAE minus AS-IntroVAE"] = tuple(gap)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["KL", "JSD"]).map("{:.2f}".format)


def betas_table(combinations: Sequence[str]) -> pd.DataFrame:
    """Return the weights of ``combinations``, one a row."""
    return pd.DataFrame.from_dict({row: COMBINATIONS[row] for row in combinations}, orient="index")


def table(cells: Runs, floor: dict[str, float]) -> pd.DataFrame:
    """Return Table 1: a column an objective, beside the truth's own score; ours above the printed value."""
    names = list(dict.fromkeys(name for _, name in cells))
    rows = {}
    for row in dict.fromkeys(row for row, _ in cells):
        for k, (score, title) in enumerate((("kl", "KL"), ("jsd", "JSD"))):
            ours = {"truth": f"{floor[score]:.2f}"}
            rows[row, title, "here"] = ours | {_label(name): summary(cells[row, name], score) for name in names}
            printed = {_label(name): _printed(TABLE1[row, name][k]) for name in names if (row, name) in TABLE1}
            rows[row, title, "printed"] = printed
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")


def support_table(cells: Runs) -> pd.DataFrame:
    """Return what claim T3 speaks of, and scores that Table 1 leaves out; means over seeds."""
    columns = {
        "samples on the squares": ("on_support", "{:.1%}"),
        "squares covered": ("squares_covered", "{:.1f}"),
        "centroid error": ("centroid_error", "{:.3f}"),
        "KL, 200,000 points": ("kl_large", "{:.2f}"),
        "textbook JSD, nats, 200,000 points": ("jsd_textbook_large", "{:.3f}"),
    }
    rows = {
        (row, _label(name)): {title: form.format(mean(runs, score)) for title, (score, form) in columns.items()}
        for (row, name), runs in cells.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def divergence_table(cells: Runs) -> pd.DataFrame:
    """Return, for every cell, how many runs diverged, when, and which term went first."""
    rows = {}
    for (row, name), runs in cells.items():
        bad = [run for run in runs if run.diverged]
        where = [f"step {d.step:,}, {d.player}: {d.term}" for d in (run.divergence for run in bad)]
        rows[row, _label(name)] = {"diverged": f"{len(bad)} of {len(runs)}", "where": "; ".join(where) or "–"}
    return pd.DataFrame.from_dict(rows, orient="index")


def nearness_table(cells: Runs, kept: pd.DataFrame) -> pd.DataFrame:
    """Return each objective's first row of ``cells`` beside ``kept`` paper-scale results of that row."""
    rows = {}
    for (row, name), runs in cells.items():
        scale = runs[0].config.scale
        rows[row, _label(name), f"this page, {scale}"] = _scores(runs[0].config.steps, [run.scores for run in runs])
        same = kept[(kept.objective == name) & (kept.combination == row)] if len(kept) else kept
        if len(same):
            rows[row, _label(name), "kept, paper"] = _scores(same.steps.iloc[0], same.to_dict("records"))
        if (row, name) in RELEASED_LOOP:
            rows[row, _label(name), "released loop"] = _scores(30_000, [RELEASED_LOOP[row, name]])
        if not len(same) and (row, name) not in RELEASED_LOOP:
            del rows[row, _label(name), f"this page, {scale}"]
    return pd.DataFrame.from_dict(rows, orient="index")


def _scores(steps: int, scores: Sequence[dict]) -> dict[str, str]:
    kl, jsd = (np.mean([each[name] for each in scores]) for name in ("kl", "jsd"))
    return {"runs": len(scores), "steps": f"{steps:,}", "KL": f"{kl:.2f}", "JSD": f"{jsd:.2f}"}


def _label(name: str) -> str:
    return objectives.get(name).label


def mean(runs: Sequence[Run], score: str) -> float:
    """Return a score's mean over runs; NaN as soon as one of them diverged, as in the paper's table."""
    return float(np.mean([run.scores[score] for run in runs]))


def summary(runs: Sequence[Run], score: str) -> str:
    """Return ``mean ± sd over seeds`` (the mean alone for one seed), or ``NaN`` with how many diverged."""
    values = [run.scores[score] for run in runs]
    diverged = sum(run.diverged for run in runs)
    if diverged:
        return "NaN" if len(runs) == 1 else f"NaN ({diverged} of {len(runs)})"
    spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{np.mean(values):.2f}{spread}"


def _printed(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:.1f}"
