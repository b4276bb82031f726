"""The tables of a toy problem: ours above the printed one, floors, weights, modes, readings, divergence; over seeds."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from asvae import objectives
from asvae.store.rows import TABLE_ROWS, combinations
from asvae.training.run import Result
from asvae_book.chapters.toy import Toy, nothing_in_common
from asvae_book.paper import published
from asvae_book.studies import Cells, Study
from asvae_book.studies.intervals import over_seeds
from asvae_book.studies.measures import counted, unscored
from asvae_book.studies.pairs import difference

SCORES = {"kl": "KL", "jsd": "JSD"}
"""The printed scores, in the order of print."""

NOT_RUN = "not run"


def floor_table(toy: Toy, floor: Mapping[str, float]) -> pd.DataFrame:
    """Return what the truth scores, one draw's noise, the other end of the scale, and how far printed scores differ."""
    far = nothing_in_common(toy.data)
    rows = {
        "truth, 5,000 points, mean of 40 draws": (floor["kl"], floor["jsd"]),
        "noise of one such draw (standard deviation)": (floor["kl_draw_sd"], floor["jsd_draw_sd"]),
        "truth, 200,000 points": (floor["kl_large"], floor["jsd_large"]),
        "a model with no cell in common with the truth": (far.kl, far.jsd),
    }
    for row in TABLE_ROWS:
        gap = np.subtract(toy.printed[row, "as-introvae"], toy.printed[row, "s-introvae"])
        rows[f"printed at {row}: AS-IntroVAE minus S-IntroVAE"] = tuple(gap)
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*SCORES.values()]).map("{:.2f}".format)


def weights_table(toy: Toy, rows: Sequence[str]) -> pd.DataFrame:
    """Return the weights of ``rows`` of the data set's table, one row each."""
    weights = combinations(toy.dataset)
    return pd.DataFrame.from_dict({row: weights[row] for row in rows}, orient="index")


def printed_table(
    toy: Toy, cells: Cells, floor: Mapping[str, float] | None = None, released: bool = False
) -> pd.DataFrame:
    """Return the paper's table: one column per objective, beside the truth's own score; ours above the printed value.

    ``released`` adds what S-IntroVAE's own released loop scores, where it was run.
    """
    names, rows = columns_of(cells), {}
    for row in rows_of(cells):
        for k, (score, title) in enumerate(SCORES.items()):
            ours = {"truth": f"{floor[score]:.2f}"} if floor else {}
            rows[row, title, "here"] = ours | {
                label(name): summary(cells.get((row, name), []), score) for name in names
            }
            rows[row, title, "printed"] = {
                label(name): _printed(toy.printed[row, name][k]) for name in names if (row, name) in toy.printed
            }
            loop = {
                label(name): f"{published.RELEASED_LOOP[row, name][score]:.2f}"
                for name in names
                if (row, name) in published.RELEASED_LOOP
            }
            if released and loop and toy.dataset == "checkerboard":
                rows[row, title, "released loop"] = loop
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")


def modes_table(toy: Toy, cells: Cells) -> pd.DataFrame:
    """Return how many modes the samples cover and how well, beside the paper's words; means over seeds.

    The KL and the textbook JSD are of 200,000 points, where the truth's own are near zero.
    """
    modes = toy.data.modes
    columns = {
        f"{modes} covered": ("modes_covered", "{:.1f}"),
        f"samples on the {modes}": ("on_support", "{:.1%}"),
        "centroid error": ("centroid_error", "{:.3f}"),
        "KL, 200,000 points": ("kl_large", "{:.2f}"),
        "textbook JSD, nats": ("jsd_textbook_large", "{:.3f}"),
    }
    rows = {}
    for (row, name), runs in cells.items():
        said = {"the paper says": toy.words.get((row, name), "–")} if toy.words else {}
        measured = {
            title: _form(form, _mean_of_hit(runs, score)) if runs else NOT_RUN
            for title, (score, form) in columns.items()
        }
        rows[row, label(name)] = said | {"seeds": counted(runs)} | measured
    return pd.DataFrame.from_dict(rows, orient="index")


def readings_table(study: Study, cells: Cells, beside: Cells) -> pd.DataFrame:
    """Return the KL of AS-IntroVAE under every reading, one row per combination and reading, and minus S-IntroVAE's.

    Parameters
    ----------
    study, cells
        Readings of AS-IntroVAE and their results, labelled (combination, reading).
    beside
        A table of methods at the same weights: its S-IntroVAE stands above the readings.
    """
    rows = {}
    for row in rows_of(cells):
        soft = beside.get((row, "s-introvae"), [])
        rows[row, "S-IntroVAE"] = {"KL": summary(soft, "kl"), "minus S-IntroVAE": "–", "seeds": counted(soft)}
        for at, reading in cells:
            if at == row:
                runs, title = cells[at, reading], study.title((at, reading)).removeprefix(f"{row}, ")
                gap = difference(runs, soft).text() if runs else NOT_RUN
                rows[row, title] = {"KL": summary(runs, "kl"), "minus S-IntroVAE": gap, "seeds": counted(runs)}
    return pd.DataFrame.from_dict(rows, orient="index")


def mean(runs: Sequence[Result], score: str) -> float:
    """Return a score's mean over runs; NaN as soon as one of them diverged, as in the paper's table, or without any."""
    return float(np.mean([run.scores[score] for run in runs])) if runs else math.nan


def _mean_of_hit(runs: Sequence[Result], score: str) -> float | None:
    """Return :func:`mean` of the runs that have scores, ``None`` without; of distances to modes, if they cover any."""
    runs = [run for run in runs if not unscored(run)]
    if score == "centroid_error":
        runs = [run for run in runs if run.scores["modes_covered"] > 0]
    return mean(runs, score) if runs else None


def summary(runs: Sequence[Result], score: str) -> str:
    """Return a score's mean, ± half its 95 % interval over seeds where there are several.

    ``NaN`` as soon as one of them is: a run that diverged, or whose samples all lie outside of the estimator's window;
    with how many are and what the others gave.
    """
    if not runs:
        return NOT_RUN
    values = [run.scores[score] for run in runs if math.isfinite(run.scores[score])]
    lost, finite = len(runs) - len(values), over_seeds(values).plus_minus("{:.2f}")
    if not lost:
        return finite
    return f"NaN ({lost} of {len(runs)}; else {finite})" if values else "NaN"


def rows_of(cells: Cells) -> list[str]:
    """Return the combinations of a table, in its order."""
    return list(dict.fromkeys(row for row, _ in cells))


def columns_of(cells: Cells) -> list[str]:
    """Return the objectives of a table, in its order."""
    return list(dict.fromkeys(name for _, name in cells))


def label(name: str) -> str:
    """Return an objective's name in tables and figures."""
    return objectives.get(name).label


def _form(form: str, value: float | None) -> str:
    if value is None:
        return "–"
    return "NaN" if math.isnan(value) else form.format(value)


def _printed(value: float | None) -> str:
    return "–" if value is None else _form("{:.1f}", value)
