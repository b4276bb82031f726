"""Table 1 and Figure 8 as one grid: combinations × objectives, each cell the runs of its seeds."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from asvae import objectives
from asvae.config.presets import COMBINATIONS
from asvae.metrics.intervals import over_seeds
from asvae.studies.measures import exceeded_bound
from asvae.studies.table1 import Runs
from asvae.training.run import Result
from asvae_book.paper.published import RELEASED_LOOP, TABLE1


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


def table(cells: Runs, floor: dict[str, float] | None = None, released: bool = False) -> pd.DataFrame:
    """Return Table 1: a column an objective, beside the truth's own score; ours above the printed value.

    ``released`` adds what S-IntroVAE's own released loop scores, where it was run.
    """
    names = list(dict.fromkeys(name for _, name in cells))
    rows = {}
    for row in dict.fromkeys(row for row, _ in cells):
        for k, (score, title) in enumerate((("kl", "KL"), ("jsd", "JSD"))):
            ours = {"truth": f"{floor[score]:.2f}"} if floor else {}
            rows[row, title, "here"] = ours | {_label(name): summary(cells[row, name], score) for name in names}
            printed = {_label(name): _printed(TABLE1[row, name][k]) for name in names if (row, name) in TABLE1}
            rows[row, title, "printed"] = printed
            loop = {_label(name): RELEASED_LOOP[row, name][score] for name in names if (row, name) in RELEASED_LOOP}
            if released and loop:
                rows[row, title, "released loop"] = {label: f"{value:.2f}" for label, value in loop.items()}
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")


def support_table(cells: Runs) -> pd.DataFrame:
    """Return what claim T3 speaks of, and scores that Table 1 leaves out; means over seeds."""
    columns = {
        "samples on the squares": ("on_support", "{:.1%}"),
        "squares covered": ("modes_covered", "{:.1f}"),
        "centroid error": ("centroid_error", "{:.3f}"),
        "KL, 200,000 points": ("kl_large", "{:.2f}"),
        "textbook JSD, nats, 200,000 points": ("jsd_textbook_large", "{:.3f}"),
    }
    rows = {
        (row, _label(name)): {title: _form(form, mean(runs, score)) for title, (score, form) in columns.items()}
        for (row, name), runs in cells.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def runaway_table(cells: Runs) -> pd.DataFrame:
    """Return how many AS-IntroVAE runs saw a distance that variances of one cannot give, and the KL with and without.

    For Gaussians of variance one, the prior's, the AS-distance is at most √2.
    """
    rows = {}
    for (row, name), runs in cells.items():
        if name != "as-introvae" or not runs:
            continue
        left = [run for run in runs if exceeded_bound(run)]
        stayed = [run for run in runs if run not in left]
        others = {"S-IntroVAE": cells.get((row, "s-introvae"), [])}
        kinds = {"where it left the scale": left, "where it stayed": stayed} | others
        rows[row] = {"runs that left the scale": f"{len(left)} of {len(runs)}"}
        rows[row] |= {f"KL, {kind}": summary(these, "kl") if these else "–" for kind, these in kinds.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def divergence_table(cells: Runs) -> pd.DataFrame:
    """Return, for every cell, how many runs diverged, when, and which term went first."""
    rows = {}
    for (row, name), runs in cells.items():
        bad = [run for run in runs if run.diverged]
        where = [f"step {d.step:,}, {d.player}: {d.term}" for d in (run.divergence for run in bad)]
        rows[row, _label(name)] = {"diverged": f"{len(bad)} of {len(runs)}", "where": "; ".join(where) or "–"}
    return pd.DataFrame.from_dict(rows, orient="index")


def _label(name: str) -> str:
    return objectives.get(name).label


def mean(runs: Sequence[Result], score: str) -> float:
    """Return a score's mean over runs; NaN as soon as one of them diverged, as in the paper's table."""
    return float(np.mean([run.scores[score] for run in runs]))


def summary(runs: Sequence[Result], score: str) -> str:
    """Return a score's mean, ± half its 95 % interval over seeds where there are several.

    ``NaN`` as soon as a run diverged, with how many did and what the others gave.
    """
    if not runs:
        return "not run"
    values = [run.scores[score] for run in runs if not run.diverged]
    diverged, finite = len(runs) - len(values), over_seeds(values).plus_minus("{:.2f}")
    if not diverged:
        return finite
    return f"NaN ({diverged} of {len(runs)}; else {finite})" if values else "NaN"


def _form(form: str, value: float) -> str:
    return "NaN" if math.isnan(value) else form.format(value)


def _printed(value: float | None) -> str:
    return "–" if value is None else _form("{:.1f}", value)
