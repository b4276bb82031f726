"""Every AS-IntroVAE run on points: its largest AS-distance against its score, beside S-IntroVAE at the same weights."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from asvae import RunConfig, datasets
from asvae.store.results import find
from asvae.store.rows import WEIGHT_NAMES
from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.chapters.figures import WIDTH
from asvae_book.paper.measures import BOUND, relative_distance
from asvae_book.studies import COMMITTED_SEEDS, STUDIES
from asvae_book.studies.measures import headline

OURS, THEIRS = "as-introvae", "s-introvae"

GROUPS = {
    "paper": "as the paper writes it",
    "linear": "read otherwise, linear ramp",
    "constant": "read otherwise, no ramp",
    "tanh": "read otherwise, tanh ramp",
}
"""The paper's own reading, then the others by how c moves → how the figure calls it."""

MARKERS = {"paper": "D", "linear": "o", "constant": "s", "tanh": "^"}


class Dot(NamedTuple):
    """A run as the figure shows it."""

    run: Result
    group: str
    """A key of :data:`GROUPS`."""
    distance: float
    """The largest of its curve, over the kernel's constant."""
    behind: float
    """Its KL minus the mean of S-IntroVAE's default runs with the same weights; NaN if it diverged."""


def dots(dataset: str, scale: str = "quick") -> list[Dot]:
    """Return a dot for every committed AS-IntroVAE run on ``dataset`` that has S-IntroVAE beside it."""
    wanted = {
        config
        for study in STUDIES.values()
        if study.kind in (None, "points")
        for config in study.configs(dataset, COMMITTED_SEEDS, scale).runs
        if config.objective == OURS
    }
    ours = find(wanted).values()
    beside = {run.config: plain(run.config, THEIRS) for run in ours}
    soft = {each: [each.replace(seed=seed) for seed in range(COMMITTED_SEEDS)] for each in set(beside.values())}
    kept = find({config for configs in soft.values() for config in configs})
    scores = {each: [headline(kept[config]) for config in configs if config in kept] for each, configs in soft.items()}
    found = [(run, scores[beside[run.config]]) for run in ours]
    return [Dot(run, group(run), relative_distance(run), headline(run) - np.nanmean(of)) for run, of in found if of]


def plain(config: RunConfig, objective: str) -> RunConfig:
    """Return the default of ``objective``, the paper's reading, with the weights of another run, seed 0."""
    hp = config.hyperparameters
    weights = tuple((name, getattr(hp, name)) for name in WEIGHT_NAMES if hasattr(hp, name))
    return _plain(objective, config.dataset, config.scale, weights)


# A configuration takes a while to check, and hundreds of runs share a few weights.
@cache
def _plain(objective: str, dataset: str, scale: str, weights: tuple[tuple[str, float], ...]) -> RunConfig:
    return RunConfig(objective, dataset, scale, **dict(weights))


def group(run: Result) -> str:
    """Return the key of :data:`GROUPS` that a run of AS-IntroVAE belongs to."""
    own, default = run.config, plain(run.config, OURS)
    if (own.hyperparameters, own.recipe) == (default.hyperparameters, default.recipe):
        return "paper"
    return own.hyperparameters.schedule if own.hyperparameters.schedule in GROUPS else "constant"


def scatter(found: dict[str, Sequence[Dot]]) -> Figure:
    """Draw one panel per data set: distance on a logarithmic axis against the KL above S-IntroVAE's.

    Runs that diverged have no KL: they are crosses at the upper edge.
    """
    figure, axes = plt.subplots(1, len(found), figsize=(WIDTH, 3.5), squeeze=False)
    colours = dict(zip(GROUPS, [palette.of_method(OURS), *palette.shades(OURS, len(GROUPS) - 1)], strict=True))
    for axis, (dataset, each) in zip(axes[0], found.items(), strict=True):
        axis.axhline(0.0, color=palette.of_method(THEIRS), lw=1.6, label="S-IntroVAE's mean")
        axis.axvline(BOUND, color=palette.TRUTH, lw=1.0, ls="--", label="√2")
        for name in GROUPS:
            these = [dot for dot in each if dot.group == name and not dot.run.diverged]
            if these:
                places = [dot.distance for dot in these], [dot.behind for dot in these]
                axis.plot(*places, MARKERS[name], ms=4, mew=0.0, alpha=0.65, color=colours[name], label=GROUPS[name])
        if lost := [dot.distance for dot in each if dot.run.diverged]:
            edge = axis.get_xaxis_transform()
            axis.plot(lost, [0.97] * len(lost), "x", ms=5, color=palette.TRUTH, transform=edge, label="diverged")
        axis.set_xscale("log")
        axis.set(title=datasets.title(dataset), xlabel="largest AS-distance")
    axes[0, 0].set_ylabel("KL above S-IntroVAE's")
    named = {line.get_label(): line for axis in axes[0] for line in axis.lines}
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=2)
    return figure


def caption(found: dict[str, Sequence[Dot]]) -> str:
    """Return what the figure shows, and by data set and reading how many runs passed √2 and diverged."""
    about = (
        "Distances are in units of the kernel's constant; while no variance is below one they cannot pass √2. Above "
        "the green line a run is worse than S-IntroVAE at the same weights. "
    )
    return about + " ".join(_past(datasets.title(dataset), each) for dataset, each in found.items() if each)


def _past(title: str, each: Sequence[Dot]) -> str:
    parts = []
    for name, words in GROUPS.items():
        ended = [dot for dot in each if dot.group == name and not dot.run.diverged]
        if ended:
            past = sum(dot.distance > BOUND for dot in ended)
            parts.append(f"{past} of {len(ended)} {words}")
    lost = [dot for dot in each if dot.run.diverged]
    own = sum(dot.group == "paper" for dot in lost)
    end = f"{len(lost)} of {len(each)} runs diverged, {own} of them {GROUPS['paper']}" if lost else "no run diverged"
    return f"{title[0].upper()}{title[1:]}: √2 was passed by {'; '.join(parts)}; {end}."
