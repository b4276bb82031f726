"""Runs on images → figures and tables: the layout of Figures 4–7, reconstructions, interpolations, scores, cost."""

import dataclasses
import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torchvision.utils import make_grid

from asvae import objectives
from asvae.metrics.intervals import over_seeds
from asvae.studies.catalogue import Cells
from asvae.studies.measures import counted, headline_name, headline_of, sharp
from asvae.training.run import Result
from asvae_book.chapters.figures import COLOURS, seed_dots

LAYOUT = ("as-introvae", "s-introvae", "wgan-gp")
"""The paper's places: upper left, upper right, below."""


def _sheet(axis: Axes, images: Tensor, columns: int, title: str, colour: str) -> None:
    """Draw ``(n, C, H, W)`` images in [0, 1] with ``columns`` a row, under a title."""
    grid = make_grid(images.clamp(0.0, 1.0), nrow=columns, padding=1, pad_value=1.0)
    axis.imshow(grid.permute(1, 2, 0).numpy(), interpolation="nearest")
    axis.set_title(title, color=colour)
    axis.set_axis_off()


def _label(name: str) -> str:
    return objectives.get(name).label


def samples(runs: Sequence[Result]) -> Figure:
    """Draw 16 random images a method as Figures 4–7 do, AS-IntroVAE and S-IntroVAE above, WGAN-GP below.

    The paper leaves the lower right free: real images stand there, never seen in training. Methods beyond the paper's
    three follow in the next row. A run that diverged has no images, and its place says so.
    """
    by_name = {run.config.objective: run for run in runs}
    real = next((run.pictures["real"] for run in runs if "real" in run.pictures), None)
    order = [name for name in LAYOUT if name in by_name] + [None] + [name for name in by_name if name not in LAYOUT]
    rows = -(-len(order) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(6.4, 3.4 * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, name in zip(axes.flat, order, strict=False):
        if name is None and real is not None:
            _sheet(axis, real[:16], 4, "real", COLOURS["truth"])
        elif name is not None and len(by_name[name].samples):
            _sheet(axis, by_name[name].samples[:16], 4, _label(name), COLOURS[name])
        elif name is not None:
            axis.text(0.5, 0.5, f"{_label(name)}\ndiverged, no images", ha="center", va="center")
    return figure


def reconstructions(runs: Sequence[Result]) -> Figure:
    """Draw eight real test images, and below them what each method with an encoder makes of them."""
    shown = [run for run in runs if "reconstructed" in run.pictures]
    figure, axes = plt.subplots(1 + len(shown), 1, figsize=(6.4, 0.98 * (1 + len(shown))), squeeze=False)
    axes[0, 0].set_axis_off()
    for axis, run in zip(axes[1:, 0], shown, strict=True):
        name = run.config.objective
        _sheet(axis, run.pictures["reconstructed"][:8], 8, _label(name), COLOURS[name])
    if shown:
        _sheet(axes[0, 0], shown[0].pictures["real"][:8], 8, "real, never trained on", COLOURS["truth"])
    return figure


def interpolations(runs: Sequence[Result]) -> Figure:
    """Draw for each method with an encoder two straight ways in latent space, each between two real test images."""
    shown = [run for run in runs if "interpolation" in run.pictures]
    figure, axes = plt.subplots(max(1, len(shown)), 1, figsize=(6.4, 1.8 * max(1, len(shown))), squeeze=False)
    axes[0, 0].set_axis_off()
    for axis, run in zip(axes[:, 0], shown, strict=False):
        name = run.config.objective
        _sheet(axis, run.pictures["interpolation"][:16], 8, _label(name), COLOURS[name])
    return figure


def settings(runs: Sequence[Result]) -> pd.DataFrame:
    """Return what each run was given: the recipe's fields that matter most, and the objective's numbers."""
    rows = {}
    for run in runs:
        recipe, weights = run.config.recipe, dataclasses.asdict(run.config.hyperparameters)
        rows[_label(run.config.objective)] = {
            "steps": f"{recipe.steps:,}",
            "warm-up": f"{run.config.warmup_steps:,}",
            "batch": recipe.batch_size,
            "latents": recipe.latent_dim,
            "channels": ", ".join(map(str, recipe.wide)),
            "rate": f"{recipe.learning_rate:g}",
            "weights": ", ".join(f"{name} {value:g}" for name, value in weights.items() if isinstance(value, float)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


_SCORES = {
    "fid": "FID",
    "kid": "KID",
    "frechet_classifier": "Fréchet distance",
    "kid_classifier": "kernel distance",
    "sharpness": "sharpness / real",
    "sharpness_sd": "its spread",
    "rec_mse": "error, ×10⁻³",
}
_FACTORS = {"rec_mse": 1e3}
_ANCHORS = {
    "real against real": {
        "fid": "fid_floor",
        "kid": "kid_floor",
        "frechet_classifier": "frechet_classifier_floor",
        "kid_classifier": "kid_classifier_floor",
        "sharpness_sd": "sharpness_sd_real",
    },
    "noise": {"frechet_classifier": "frechet_classifier_noise"},
}


def scores(cells: Cells) -> pd.DataFrame:
    """Return one row a method, means over seeds ± half of their 95 % intervals; below them what any score can be.

    Diverged runs are counted and left out of the means; a score that nobody has is left out, and so are the seeds where
    all methods have as many: the source line names them.
    """
    rows = {}
    for name, runs in cells.items():
        ended = [run for run in runs if not run.diverged]
        values = {
            title: [run.scores.get(key, math.nan) * _FACTORS.get(key, 1.0) for run in ended]
            for key, title in _SCORES.items()
        }
        rows[_label(name)] = {
            title: over_seeds([value for value in each if math.isfinite(value)]).plus_minus()
            for title, each in values.items()
        } | {"seeds": counted(runs)}
    measured = next((run for runs in cells.values() for run in runs if not run.diverged), None)
    if measured is not None:
        for anchor, keys in _ANCHORS.items():
            known = {_SCORES[key]: measured.scores.get(source, math.nan) for key, source in keys.items()}
            rows[anchor] = {
                title: over_seeds([value]).plus_minus() for title, value in known.items() if math.isfinite(value)
            }
        rows["real against real"][_SCORES["sharpness"]] = "1"
    table = pd.DataFrame.from_dict(rows, orient="index").fillna("–")
    counts = {counted(runs) for runs in cells.values()}
    if len(counts) == 1 and counts.pop().isdecimal():
        del table["seeds"]
    return table.loc[:, (table.iloc[: len(cells)] != "–").any()]


def score_dots(cells: Cells) -> Figure:
    """Draw the score that ranks and the sharpness of samples, a dot a seed, the mean with its 95 % interval above them.

    Dashed: what real images get.
    """
    shown = {name: [run for run in runs if not run.diverged] for name, runs in cells.items()}
    everything = [run for runs in cells.values() for run in runs]
    name, score = headline_name(everything), headline_of(everything)
    floor = "fid_floor" if name == "FID" else "frechet_classifier_floor"
    real = next((run.scores[floor] for runs in shown.values() for run in runs), math.nan)
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 0.42 * len(shown) + 1.2), sharey=True)
    panels = ((score, f"{name}, lower is better", real), (sharp, "sharpness of samples / real", 1.0))
    for axis, (value, words, mark) in zip(axes, panels, strict=True):
        axis.axvline(mark, color=COLOURS["truth"], linestyle="--", linewidth=1)
        seed_dots(
            axis, [[value(run) for run in runs] for runs in shown.values()], [COLOURS[method] for method in shown]
        )
        axis.set_xlabel(words)
    axes[0].set_yticks(range(len(shown)), [_label(method) for method in shown])
    axes[0].invert_yaxis()
    return figure


def protocol(runs: Sequence[Result]) -> str:
    """Return in one sentence how the scores were taken, as the runs themselves record it.

    Where runs differ, as in the classifier of another kind of processor, all values are named.
    """
    stated = [run.provenance["protocol"] for run in runs if run.provenance.get("protocol")]
    if not stated:
        return "No run was scored."
    values = {key: dict.fromkeys(str(each[key]) for each in stated if key in each) for key in stated[0]}
    return "; ".join(f"{key.replace('_', ' ')}: {' or '.join(found)}" for key, found in values.items()) + "."


def cost(runs: Sequence[Result]) -> pd.DataFrame:
    """Return what each run took: steps, images, wall time, where."""
    rows = {}
    for run in runs:
        batches = objectives.get(run.config.objective).batches(run.config.hyperparameters)
        images = run.config.steps * run.config.recipe.batch_size * batches
        source = run.provenance
        rows[_label(run.config.objective)] = {
            "steps": f"{run.config.steps:,}",
            "images": f"{images:,}",
            "seconds": f"{source['seconds']:,.0f}",
            "images / s": f"{images / max(source['seconds'], 1e-9):,.0f}",
            "precision": source.get("precision", "float32"),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
