"""Table 1 and Figure 8 as one grid: combinations × objectives, each cell the runs of its seeds."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from asvae import objectives
from asvae.config import COMBINATIONS, SCALES, RunConfig, combination
from asvae.metrics import DRAWS
from asvae.published import RELEASED_LOOP, TABLE1
from asvae.run import Result

Cell = tuple[str, str]
"""(combination, objective)."""
Runs = dict[Cell, list[Result]]


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


def regroup(cells: dict[Cell, list[RunConfig]], runs: Sequence[Result]) -> Runs:
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
        gap = np.subtract(TABLE1[row, "as-introvae"], TABLE1[row, "s-introvae"])
        rows[f"printed at {row}: AS-IntroVAE minus S-IntroVAE"] = tuple(gap)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["KL", "JSD"]).map("{:.2f}".format)


def betas_table(combinations: Sequence[str]) -> pd.DataFrame:
    """Return the weights of ``combinations``, one a row."""
    return pd.DataFrame.from_dict({row: COMBINATIONS[row] for row in combinations}, orient="index")


def table(cells: Runs, floor: dict[str, float] | None = None) -> pd.DataFrame:
    """Return Table 1: a column an objective, beside the truth's own score; ours above the printed value."""
    names = list(dict.fromkeys(name for _, name in cells))
    rows = {}
    for row in dict.fromkeys(row for row, _ in cells):
        for k, (score, title) in enumerate((("kl", "KL"), ("jsd", "JSD"))):
            ours = {"truth": f"{floor[score]:.2f}"} if floor else {}
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
        (row, _label(name)): {title: _form(form, mean(runs, score)) for title, (score, form) in columns.items()}
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


def gap_table(cells: Runs) -> pd.DataFrame:
    """Return claim T1 in numbers: AS-IntroVAE's score minus S-IntroVAE's, beside the printed gap.

    A gap below zero is for the claim. Behind ± stands a standard error: of the evaluation for one seed, else of the
    mean over seeds, which share initial weights, data and noise. "for / against / undecided" counts seeds whose gap is
    beyond two standard errors of the evaluation.
    """
    rows = {}
    for row in dict.fromkeys(row for row, _ in cells):
        pair = [cells.get((row, name)) for name in ("as-introvae", "s-introvae")]
        if None in pair:
            continue
        for k, score in enumerate(("kl", "jsd")):
            gaps = np.array([ours.scores[score] - soft.scores[score] for ours, soft in zip(*pair, strict=True)])
            squares = [[run.scores[f"{score}_draw_sd"] ** 2 for run in runs] for runs in pair]
            errors = np.sqrt(np.sum(squares, axis=0) / DRAWS)
            error = gaps.std(ddof=1) / math.sqrt(len(gaps)) if len(gaps) > 1 else errors[0]
            ahead, behind = int((gaps < -2 * errors).sum()), int((gaps > 2 * errors).sum())
            rows[row, score.upper()] = {
                "gap here": "NaN" if np.isnan(gaps).any() else f"{gaps.mean():+.2f} ± {error:.2f}",
                "for / against / undecided": f"{ahead} / {behind} / {len(gaps) - ahead - behind}",
                "printed gap": f"{TABLE1[row, 'as-introvae'][k] - TABLE1[row, 's-introvae'][k]:+.1f}",
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def nearness_table(cells: Runs, kept: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that a kept paper-scale result or the released loop covers, each beside these."""
    rows = {}
    for (row, name), runs in cells.items():
        full = kept.steps == SCALES["checkerboard"]["paper"].steps
        same = kept[(kept.objective == name) & (kept.combination == row) & full]
        others = {}
        if len(same):
            machines = ", ".join(dict.fromkeys(source["hardware"] for source in same.provenance))
            minutes = sum(source["seconds"] for source in same.provenance) / 60
            seeds = ", ".join(str(seed) for seed in same.seed)
            others["kept, paper"] = _scores(
                same, same.steps.iloc[0], f"seed {seeds}; {machines}, {minutes:.0f} min wall"
            )
        if (row, name) in RELEASED_LOOP:
            released = pd.DataFrame([RELEASED_LOOP[row, name]])
            others["released loop"] = _scores(released, 30_000, "seed 92; S-IntroVAE's code, unchanged")
        if others:
            config = runs[0].config
            here = pd.DataFrame([run.scores for run in runs])
            seeds = ", ".join(str(run.config.seed) for run in runs)
            rows[row, _label(name), f"here, {config.scale}"] = _scores(here, config.steps, f"seed {seeds}")
            rows |= {(row, _label(name), title): entry for title, entry in others.items()}
    if not rows:
        return pd.DataFrame({"KL": ["nothing is kept for these cells"]}, index=["–"])
    return pd.DataFrame.from_dict(rows, orient="index")


def _scores(frame: pd.DataFrame, steps: int, source: str) -> dict[str, str]:
    means = {title: _form("{:.2f}", float(frame[name].mean())) for title, name in (("KL", "kl"), ("JSD", "jsd"))}
    return means | {"steps": f"{steps:,}", "source": source}


def _label(name: str) -> str:
    return objectives.get(name).label


def mean(runs: Sequence[Result], score: str) -> float:
    """Return a score's mean over runs; NaN as soon as one of them diverged, as in the paper's table."""
    return float(np.mean([run.scores[score] for run in runs]))


def summary(runs: Sequence[Result], score: str) -> str:
    """Return a score's mean, ± its standard deviation over seeds where there are several.

    ``NaN`` as soon as a run diverged, with how many did and what the others gave.
    """
    values = [run.scores[score] for run in runs if not run.diverged]
    diverged = len(runs) - len(values)
    spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    finite = f"{np.mean(values):.2f}{spread}" if values else ""
    if not diverged:
        return finite
    return f"NaN ({diverged} of {len(runs)}; else {finite})" if values else "NaN"


def _form(form: str, value: float) -> str:
    return "NaN" if math.isnan(value) else form.format(value)


def _printed(value: float | None) -> str:
    return "–" if value is None else _form("{:.1f}", value)
