"""What runs on images score, over seeds: beside what real images and noise get, and what the paper prints."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.chapters.figures import WIDTH, seed_dots
from asvae_book.chapters.tables import plus_minus
from asvae_book.paper import published
from asvae_book.paper.measures import sharp
from asvae_book.studies import METHODS, Cells
from asvae_book.studies.intervals import over_seeds
from asvae_book.studies.measures import counted, headline_name, headline_of
from asvae_book.studies.sources import in_markdown

_SCORES = {
    "fid": "FID",
    "kid": "KID",
    "frechet_classifier": "Fréchet distance",
    "precision": "precision",
    "recall": "recall",
    "class_imbalance": "class imbalance",
    "sharpness": "sharpness / real",
}
_SHARES = {"precision", "recall", "class_imbalance", "sharpness"}
"""Scores with two decimals: no seed has told a difference that the third would show."""

_RECONSTRUCTION = {"rec_psnr": "PSNR, dB", "rec_ssim": "SSIM", "rec_mse": "MSE"}
_ANCHORS = {
    "real against real": {
        "fid": "fid_floor",
        "kid": "kid_floor",
        "frechet_classifier": "frechet_classifier_floor",
        "precision": "precision_floor",
        "recall": "recall_floor",
        "class_imbalance": "class_imbalance_floor",
    },
    "noise": {"frechet_classifier": "frechet_classifier_noise"},
}


def scores(cells: Cells) -> pd.DataFrame:
    """Return one row per method, means over seeds ± half of their 95 % intervals; below them what any score can be.

    Diverged runs are counted and left out of the means; a score that nobody has is left out, and so are the seeds where
    all methods have as many: the source line names them. The last column is what the paper's Table 2 prints.
    """
    rows = _means(cells, _SCORES)
    measured = next((run for run in cells.runs if not run.diverged), None)
    if measured is not None:
        for anchor, keys in _ANCHORS.items():
            known = {key: measured.scores.get(source, math.nan) for key, source in keys.items()}
            rows[anchor] = {
                _SCORES[key]: over_seeds([value]).plus_minus(_form(key))
                for key, value in known.items()
                if math.isfinite(value)
            }
        rows["real against real"][_SCORES["sharpness"]] = "1"
        printed = published.FID.get(measured.config.dataset, {})
        for name in cells:
            if name in printed:
                rows[METHODS.title(name)]["FID, printed"] = f"{printed[name]:g}"
    table = pd.DataFrame.from_dict(rows, orient="index").fillna("–")
    counts = {counted(runs) for runs in cells.values()}
    if len(counts) == 1 and counts.pop().isdecimal():
        del table["seeds"]
    return table.loc[:, (table.iloc[: len(cells)] != "–").any()]


def reconstruction_scores(cells: Cells) -> pd.DataFrame:
    """Return how near test images their reconstructions come: means over seeds ± half of their 95 % intervals.

    Beside each score what the paper's Table 3 prints, where it does.
    """

    def encodes(run: Result) -> bool:
        return math.isfinite(run.scores.get("rec_psnr", math.nan))

    encoding = Cells({name: runs for name, runs in cells.items() if any(map(encodes, runs))})
    printed = published.RECONSTRUCTION.get(cells.runs[0].config.dataset, {})
    rows = _means(encoding, _RECONSTRUCTION)
    for name, values in printed.items():
        if name in encoding:
            rows[METHODS.title(name)] |= {
                f"{title}, printed": f"{value:g}" for title, value in zip(_RECONSTRUCTION.values(), values, strict=True)
            }
    kinds = ("", ", printed") if printed else ("",)
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")[
        [f"{title}{kind}" for title in _RECONSTRUCTION.values() for kind in kinds]
    ]


def _means(cells: Cells, scores: dict[str, str]) -> dict[str, dict[str, str]]:
    return {
        METHODS.title(name): {
            title: plus_minus(runs, lambda run, key=key: run.scores.get(key, math.nan), _form(key))
            for key, title in scores.items()
        }
        | {"seeds": counted(runs)}
        for name, runs in cells.items()
    }


def _form(key: str) -> str:
    return "{:.2f}" if key in _SHARES else "{:.3g}"


def score_dots(cells: Cells) -> Figure:
    """Draw the score that ranks and the sharpness of samples, one dot per seed, above them the mean with its interval.

    Dashed: what real images get.
    """
    shown = {name: [run for run in runs if not run.diverged] for name, runs in cells.items()}
    name, score = headline_name(cells.runs), headline_of(cells.runs)
    floor = "fid_floor" if name == "FID" else "frechet_classifier_floor"
    real = next((run.scores[floor] for runs in shown.values() for run in runs), math.nan)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 0.42 * len(shown) + 1.2), sharey=True)
    panels = (
        (score, f"{name};\nlower is better", real),
        (sharp, "sharpness of samples\nover that of real images", 1.0),
    )
    for axis, (value, words, mark) in zip(axes, panels, strict=True):
        axis.axvline(mark, color=palette.TRUTH, linestyle="--", linewidth=1)
        values = [[value(run) for run in runs] for runs in shown.values()]
        seed_dots(axis, values, [palette.of_method(method) for method in shown])
        axis.set_xlabel(words)
    axes[0].set_yticks(range(len(shown)), [METHODS.title(method) for method in shown])
    axes[0].invert_yaxis()
    return figure


def protocol(runs: Sequence[Result]) -> str:
    """Return in one sentence how the scores were taken, as the runs themselves record it.

    Where runs differ, as in the classifier of another kind of processor, all values are named.
    """
    stated = [run.provenance["protocol"] for run in runs if run.provenance.get("protocol")]
    if not stated:
        return "No run was scored."
    values = {key: dict.fromkeys(in_markdown(each[key]) for each in stated if key in each) for key in stated[0]}
    named = (f"{in_markdown(key.replace('_', ' '))}: {' or '.join(found)}" for key, found in values.items())
    return "; ".join(named) + "."
