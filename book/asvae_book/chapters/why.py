"""Where gradients come from and where they vanish: decomposed by path, underflow, the size of the distance."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from asvae.training.points.gradient_routes import ROUTES
from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.paper.ledger import Entry
from asvae_book.paper.measures import early_and_late, underflow_share
from asvae_book.studies import ABLATION, Cells, Study

PLAYERS = ("encoder", "decoder")

TITLES = {"data": "real data", "fakes": "error of fakes", "kl": "KL of fakes", "as": "AS-distance"}
"""Route → how figures and tables call it."""

COLOURS = {
    "data": palette.TRUTH,
    "fakes": palette.OKABE_ITO[-1],
    "kl": palette.of_method("s-introvae"),
    "as": palette.of_method("as-introvae"),
}
"""Route → its colour: the two divergences have those of the methods that they belong to, the errors are no method's."""


def routes_table(cells: Cells) -> pd.DataFrame:
    """Return the gradients of encoder and decoder by route, early → late, one row per schedule and player."""
    rows = {}
    for label, runs in cells.items():
        for player in PLAYERS:
            pairs = {route: early_and_late(runs, player, route) for route in ROUTES}
            rows[ABLATION.title(label), player] = {
                TITLES[route]: "–" if math.isnan(early) else f"{early:.2g} → {late:.2g}"
                for route, (early, late) in pairs.items()
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def early_pull(cells: Cells) -> str:
    """Return in words what the decoder's gradient is at first, from AS-distance alone and from KL alone."""
    distance, _ = early_and_late(cells.get("as-only", []), "decoder", "as")
    kl, _ = early_and_late(cells.get("kl-only", []), "decoder", "kl")
    if not (distance > 0.0 and kl > 0.0):
        return "Runs with AS-distance alone and with KL alone were not made."
    return (
        f"Over the first tenth of the adversarial phase the decoder's gradient from fakes has the norm {distance:.2g} "
        f"where only the AS-distance is trained on and {kl:.2g} where only KL is (medians over seeds): the former is "
        f"{distance / kl:.0%} of the latter."
    )


def early_fakes(entries: Sequence[Entry]) -> str:
    """Return in words how early gradients from fakes differ from S-IntroVAE's: claim M5 on the checkerboard."""
    said = []
    for each in (each for entry in entries for each in entry.evidence if each.ground.dataset == "checkerboard"):
        for (_, what), row in each.verdict.comparisons.iterrows():
            player = what.removeprefix("AS-IntroVAE − this, ").partition("'")[0]
            if player in PLAYERS:
                said.append(f"{player}'s {row['difference']} ({row['95 % interval']}, {row['says']})")
    if not said:
        return ""
    return (
        "What the fakes' divergence, KL and distance, sends to each player, AS- minus S-IntroVAE, checkerboard, early "
        f"in the run, claimed to be larger ([M5](ledger.ipynb#the-evidence-behind-each-verdict)): {'; '.join(said)}."
    )


def sentences(cells: Cells) -> list[str]:
    """Return in words what the gradients of the runs say, with their numbers."""
    said = []
    for label, runs in cells.items():
        pairs = {
            "the AS-distance": early_and_late(runs, "decoder", "as"),
            "KL": early_and_late(runs, "decoder", "kl"),
        }
        pulls = [
            f"through {name} from {early:.2g} to {late:.2g}"
            for name, (early, late) in pairs.items()
            if early > 0.0 or late > 0.0
        ]
        if pulls:
            share = np.mean([underflow_share(run) for run in runs])
            said.append(
                f"**{ABLATION.title(label)}**: the norm of the decoder's gradient goes {', '.join(pulls)} (medians); "
                f"the encoder's adversarial term is 0 for {share:.0%} of the adversarial phase (mean over seeds)."
            )
    return said


def routes(cells: Cells) -> Figure:
    """Draw the gradients of encoder (above) and decoder (below) by route over training, one column per schedule.

    Medians over seeds, and thin lines of every seed; a logarithmic axis, below which lines end that are 0.
    """
    cells = cells.there
    figure, axes = plt.subplots(
        2, len(cells), figsize=(1.6 * len(cells) + 0.6, 4.2), squeeze=False, sharex=True, sharey="row"
    )
    handles = {}
    for column, (label, runs) in zip(axes.T, cells.items(), strict=True):
        for axis, player in zip(column, PLAYERS, strict=True):
            for route, colour in COLOURS.items():
                steps, curves = _curves(runs, f"grad_{player}_{route}")
                if not len(curves):
                    continue
                axis.plot(steps, curves.T, color=colour, lw=0.5, alpha=0.35)
                [handles[TITLES[route]]] = axis.plot(steps, np.median(curves, 0), color=colour, lw=1.5)
            axis.set_yscale("log")
            axis.set_ylim(1e-9, None)
        column[0].set_title(ABLATION.title(label).replace(", ", ",\n"), fontsize=9)
        column[1].set_xlabel("step")
        column[1].xaxis.set_major_locator(MaxNLocator(3))
    for axis, player in zip(axes[:, 0], PLAYERS, strict=True):
        axis.set_ylabel(f"{player}'s gradient")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles), fontsize=9)
    return figure


def underflow(cells: Cells, study: Study = ABLATION) -> Figure:
    """Draw the encoder's adversarial term over training, on a logarithmic axis that shows single precision's 0."""
    figure, axes = _over_time(cells, "exp_elbo_fake", study)
    for axis in axes:
        axis.set_yscale("symlog", linthresh=1e-38)
        axis.set(yticks=[0.0, 1e-30, 1e-20, 1e-10, 1.0], ylim=(-1e-39, 5.0))
    axes[0].set_ylabel("exp term of samples")
    return figure


def distance(cells: Cells, study: Study = ABLATION) -> Figure:
    """Draw the AS-distance of the encoder's turn over training; dashed √2, the most that variances of one allow."""
    figure, axes = _over_time(cells, "as_distance", study)
    for axis in axes:
        axis.axhline(2.0**0.5, color=palette.TRUTH, linestyle="--", linewidth=1)
        axis.set_yscale("log")
    axes[0].set_ylabel("AS-distance")
    return figure


def _over_time(cells: Cells, term: str, study: Study) -> tuple[Figure, Sequence[Axes]]:
    """Draw a term over training, one panel per variant that has it: a thin line per seed, the first one thick."""
    shown = {label: _curves(runs, term) for label, runs in cells.items()}
    shown, colours = {label: pair for label, pair in shown.items() if len(pair[1])}, palette.of_study(study)
    width = max(1.6, 4.5 / max(1, len(shown))) * max(1, len(shown)) + 0.8
    figure, [axes] = plt.subplots(1, max(1, len(shown)), figsize=(width, 2.7), squeeze=False, sharex=True, sharey=True)
    for axis, (label, (steps, curves)) in zip(axes, shown.items(), strict=False):
        axis.plot(steps, curves[1:].T, color=colours[label], lw=0.6, alpha=0.5)
        axis.plot(steps, curves[0], color=colours[label], lw=1.3)
        axis.set_title(study.title(label).replace(", ", ",\n"), fontsize=9)
        axis.set_xlabel("step")
        axis.xaxis.set_major_locator(MaxNLocator(3))
    return figure, axes


def _curves(runs: Sequence[Result], term: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps at which all of ``runs`` have a term, and ``(runs, steps)`` values."""
    runs = [run for run in runs if term in run.history and not run.diverged]
    if not runs:
        return np.zeros(0), np.zeros((0, 0))
    curves = np.array([run.history[term] for run in runs], dtype=float)
    there = np.isfinite(curves).all(0)
    return np.array(runs[0].history["step"])[there], curves[:, there]
