"""Runs on images as figures and tables: the layout of Figures 4–7, reconstructions, interpolations, settings, cost."""

import dataclasses
import shlex
from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from asvae import datasets, objectives
from asvae.config import RunConfig
from asvae.durations import duration
from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.chapters.cost import estimate
from asvae_book.chapters.figures import WIDTH, grid, sheet
from asvae_book.studies import METHODS

LAYOUT = ("as-introvae", "s-introvae", "wgan-gp")
"""The paper's places: upper left, upper right, below."""


def commands(
    names: Sequence[str],
    dataset: str,
    scale: str,
    seed: int = 0,
    steps: int | None = None,
    data_root: str | None = None,
) -> str:
    """Return the shell commands that fetch a data set and train each objective on it."""
    root = f" --data-root {shlex.quote(data_root)}" if data_root else ""
    fetch = [f"asvae data {dataset}{root}"] if datasets.has_files(dataset) and dataset != "folder" else []
    ends = [f"--seed {seed}" * (seed > 0), f"--steps {steps}" if steps else "", "--device cuda" * (scale == "paper")]
    end = "".join(f" {each}" for each in ends if each) + root
    train = [f"asvae train --objective {name} --dataset {dataset} --scale {scale}{end}" for name in names]
    return "\n".join([*fetch, *train])


def _duration(hours: float) -> str:
    # An estimate has no digits for seconds.
    return duration(3600 * hours, least=1) if hours >= 1 / 60 else "under a minute"


def weights_of(dataset: str) -> str:
    """Return where the weights of a data set come from, in Markdown."""
    if dataset == "digits":
        return (
            "No weights were published for the digits. They get MNIST's, rescaled from 784 pixels to 256 so that every "
            "term weighs what it does there: a third of β_kl and β_neg, for IntroVAE three times β_rec "
            "([where the encoder settles](#where-the-encoder-settles))."
        )
    return "The weights are those of the released commands where there are any."


def settings(runs: Sequence[Result]) -> pd.DataFrame:
    """Return what each run was given: the recipe's fields that matter most, and the objective's numbers."""
    rows = {}
    for run in runs:
        recipe, weights = run.config.recipe, dataclasses.asdict(run.config.hyperparameters)
        # A factor of one changes nothing, and the table is wide enough.
        weights = {name: value for name, value in weights.items() if (name, value) != ("fake_rec", 1.0)}
        rows[METHODS.title(run.config.objective)] = {
            "steps": f"{recipe.steps:,}",
            "warm-up": f"{run.config.warmup_steps:,}",
            "batch": recipe.batch_size,
            "latents": recipe.latent_dim,
            "channels": ", ".join(map(str, recipe.wide)),
            "rate": f"{recipe.learning_rate:g}",
            "weights": ", ".join(f"{name} {value:g}" for name, value in weights.items() if isinstance(value, float)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def budgets(runs: Sequence[Result]) -> str:
    """Return in Markdown which method sees more data than the others for as many updates of its generator."""
    if len({run.config.steps for run in runs}) > 1:
        return ""
    more = {METHODS.title(run.config.objective): _batches(run) for run in runs if _batches(run) > 1}
    return " ".join(
        f"Every method updates its decoder (generator) equally often. For each, {title}'s critic makes {batches}, "
        f"on a batch of its own each, so {title} sees {batches} times as many real images as the others."
        for title, batches in more.items()
    )


def samples(runs: Sequence[Result]) -> Figure:
    """Draw 16 random images per method as Figures 4–7 do, AS-IntroVAE and S-IntroVAE above, WGAN-GP below.

    The paper leaves the lower right free: real images stand there, never seen in training. Methods beyond the paper's
    three follow in the next row. A run that diverged has no images, one of the three may not have been made: its place
    says so.
    """
    by_name = {run.config.objective: run for run in runs}
    real = next((run.pictures["real"] for run in runs if "real" in run.pictures), None)
    order = [*LAYOUT, None, *(name for name in by_name if name not in LAYOUT)]
    rows = -(-len(order) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(WIDTH, 3.4 * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, name in zip(axes.flat, order, strict=False):
        if name is None and real is not None:
            sheet(axis, grid(real[:16], 4), "real", color=palette.TRUTH)
        elif name is not None and name not in by_name:
            axis.text(0.5, 0.5, f"{METHODS.title(name)}\nnot run", ha="center", va="center")
        elif name is not None and len(by_name[name].samples):
            images = grid(by_name[name].samples[:16], 4)
            sheet(axis, images, METHODS.title(name), color=palette.of_method(name))
        elif name is not None:
            axis.text(0.5, 0.5, f"{METHODS.title(name)}\ndiverged, no images", ha="center", va="center")
    return figure


def reconstructions(runs: Sequence[Result]) -> Figure:
    """Draw eight real test images, and below them what each method with an encoder makes of them."""
    shown = [run for run in runs if "reconstructed" in run.pictures]
    figure, axes = plt.subplots(1 + len(shown), 1, figsize=(WIDTH, 0.98 * (1 + len(shown))), squeeze=False)
    axes[0, 0].set_axis_off()
    for axis, run in zip(axes[1:, 0], shown, strict=True):
        name = run.config.objective
        images = grid(run.pictures["reconstructed"][:8], 8)
        sheet(axis, images, METHODS.title(name), color=palette.of_method(name))
    if shown:
        sheet(axes[0, 0], grid(shown[0].pictures["real"][:8], 8), "real, never trained on", color=palette.TRUTH)
    return figure


def interpolations(runs: Sequence[Result]) -> Figure:
    """Draw for each method with an encoder two straight ways in latent space, each between two real test images."""
    shown = [run for run in runs if "interpolation" in run.pictures]
    figure, axes = plt.subplots(max(1, len(shown)), 1, figsize=(WIDTH, 1.8 * max(1, len(shown))), squeeze=False)
    axes[0, 0].set_axis_off()
    for axis, run in zip(axes[:, 0], shown, strict=False):
        name = run.config.objective
        images = grid(run.pictures["interpolation"][:16], 8)
        sheet(axis, images, METHODS.title(name), color=palette.of_method(name))
    return figure


def cost(
    names: Sequence[str], dataset: str, scale: str, steps: int | None = None, runs: Sequence[Result] = ()
) -> pd.DataFrame:
    """Return what a run of each objective takes: measured where it is among ``runs``, beside an estimate.

    The estimate is of one CPU core and of one H200-class GPU: see :mod:`asvae_book.chapters.cost`.
    """
    measured = {run.config.objective: run for run in runs}
    rows = {}
    for name in names:
        config = RunConfig(name, dataset, scale, steps=steps)
        expected = estimate(config)
        rows[METHODS.title(name)] = (_measured(measured[name]) if name in measured else {}) | {
            "one core, estimated": _duration(expected.core_hours),
            "GPU, estimated": _duration(expected.hours),
            "GFLOP per step": f"{expected.flops / 1e9:,.0f}",
            "parameters": f"{sum(expected.parameters.values()) / 1e6:.1f} M",
            "memory": f"{expected.gibibytes:.1f} GiB" if expected.gibibytes >= 0.1 else "under 0.1 GiB",
        }
    table = pd.DataFrame.from_dict(rows, orient="index").fillna("–")
    return table[[*(name for name in _MEASURED if name in table), *(name for name in table if name not in _MEASURED)]]


_MEASURED = ("images", "time", "images per second", "precision")


def _measured(run: Result) -> dict[str, str]:
    images = run.config.steps * run.config.recipe.batch_size * _batches(run)
    seconds = run.provenance["seconds"]
    values = (f"{images:,}", duration(seconds), f"{images / max(seconds, 1e-9):,.0f}")
    return dict(zip(_MEASURED, (*values, run.provenance.get("precision", "float32")), strict=True))


def _batches(run: Result) -> int:
    return objectives.get(run.config.objective).batches(run.config.hyperparameters)
