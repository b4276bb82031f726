"""Every AS-IntroVAE run on points: its largest AS-distance against its score, beside S-IntroVAE at the same weights."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from asvae import datasets
from asvae.store.results import find
from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.chapters.figures import WIDTH
from asvae_book.paper.measures import relative_distance
from asvae_book.studies import COMMITTED_SEEDS, STUDIES
from asvae_book.studies.intervals import signed

OURS, THEIRS = "as-introvae", "s-introvae"

CLOCKS = {"linear": "linear ramp (the paper's)", "tanh": "tanh ramp (the code's)", "constant": "no ramp"}
"""How c moves → how the figure calls it."""

MARKERS = {"linear": "o", "tanh": "^", "constant": "s"}


class Dot(NamedTuple):
    """A run as the figure shows it."""

    run: Result
    clock: str
    """A key of :data:`CLOCKS`."""
    distance: float
    """The largest of its curve, over the kernel's constant."""
    behind: float
    """Its KL minus the mean of S-IntroVAE with the same weights and recipe."""


def dots(dataset: str, scale: str = "quick") -> list[Dot]:
    """Return a dot for every committed AS-IntroVAE run on ``dataset`` that ended and has S-IntroVAE beside it."""
    wanted = {
        config
        for study in STUDIES.values()
        if study.kind in (None, "points")
        for config in study.configs(dataset, COMMITTED_SEEDS, scale).runs
        if config.objective in (OURS, THEIRS)
    }
    found = {config: run for config, run in find(wanted).items() if not run.diverged}
    soft = defaultdict(list)
    for config, run in found.items():
        if config.objective == THEIRS and config.hyperparameters.kl_share == 1.0:
            soft[_weights(run)].append(run.scores["kl"])
    return [
        Dot(run, _clock(run), distance, run.scores["kl"] - float(np.mean(soft[_weights(run)])))
        for config, run in found.items()
        if config.objective == OURS and _weights(run) in soft and math.isfinite(distance := relative_distance(run))
    ]


def _weights(run: Result) -> tuple:
    hp = run.config.hyperparameters
    return run.config.recipe, hp.beta_kl, hp.beta_rec, hp.beta_neg


def _clock(run: Result) -> str:
    schedule = run.config.hyperparameters.schedule
    return schedule if schedule in CLOCKS else "constant"


def scatter(found: dict[str, Sequence[Dot]]) -> Figure:
    """Draw one panel per data set: distance on a logarithmic axis against the KL above S-IntroVAE's."""
    figure, axes = plt.subplots(1, len(found), figsize=(WIDTH, 3.1), squeeze=False)
    colours = dict(zip(CLOCKS, palette.clocks(), strict=True))
    for axis, (dataset, each) in zip(axes[0], found.items(), strict=True):
        axis.axhline(0.0, color=palette.of_method(THEIRS), lw=1.6, label="S-IntroVAE's mean")
        axis.axvline(math.sqrt(2.0), color=palette.TRUTH, lw=1.0, ls="--", label="√2")
        for clock, title in CLOCKS.items():
            these = [dot for dot in each if dot.clock == clock]
            if not these:
                continue
            x, y = [dot.distance for dot in these], [dot.behind for dot in these]
            axis.plot(x, y, MARKERS[clock], ms=4, mew=0.0, alpha=0.65, color=colours[clock], label=title)
        axis.set_xscale("log")
        axis.set(title=datasets.title(dataset), xlabel="largest AS-distance")
    axes[0, 0].set_ylabel("KL above S-IntroVAE's")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def caption(found: dict[str, Sequence[Dot]]) -> str:
    """Return what the figure shows, and how many runs passed √2 by ramp and data set, with their scores."""
    about = (
        "Distances are in units of the kernel's constant; while no variance is below one they cannot pass √2. "
        "The KL is the run's minus the mean of S-IntroVAE at the same weights: above the line AS-IntroVAE is worse."
    )
    return " ".join([about, *(_past(datasets.title(dataset), each) for dataset, each in found.items() if each)])


def _past(title: str, each: Sequence[Dot]) -> str:
    past = [dot for dot in each if dot.distance > math.sqrt(2.0)]
    within = [dot for dot in each if dot.distance <= math.sqrt(2.0)]
    counts = [
        f"{sum(dot.clock == clock for dot in past)} of {total} ({clock})"
        for clock in CLOCKS
        if (total := sum(dot.clock == clock for dot in each))
    ]
    medians = [
        signed("{:+.1f}", np.median([dot.behind for dot in these])) if these else "–" for these in (past, within)
    ]
    return (
        f"{title[0].upper()}{title[1:]}: {' and '.join(counts)} runs passed it; they lie {medians[0]} from the line "
        f"(median), the others {medians[1]}."
    )
