"""The weight-annealing ablation: its schedules side by side, over seeds, as tables and figures."""

import numpy as np
import pandas as pd
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from asvae import objectives
from asvae.draws import EVALUATION_SEED
from asvae.training.run import RECONSTRUCTED, Result
from asvae_book.chapters import palette
from asvae_book.chapters.figures import WIDTH, board, forest, grid, seed_dots, sheet
from asvae_book.chapters.tables import exceeded, plus_minus, scores, underflowed
from asvae_book.paper.claims import ANNEALING_CLAIMS, SQUASHED, ranking
from asvae_book.paper.claims.annealing import annealed
from asvae_book.paper.measures import drift, fluctuation, late_scores
from asvae_book.paper.standing import BETTER, TOO_FEW, WORSE, standing
from asvae_book.studies import ABLATION, Cells
from asvae_book.studies.intervals import Interval
from asvae_book.studies.measures import counted, headline_name, headline_of
from asvae_book.studies.pairs import difference

ROWS = ("real", "reconstructed", "generated")
"""The order of the supplement's figures, from above."""

_READINGS = {
    "paper": "as the main paper writes it: reconstructions in the distance, $t/T$ counted over the whole run",
    "supplement": "as the supplement alone suggests, not as the main paper writes it: real data in the distance, $t/T$ "
    "counted after the warm-up, no constant of the kernel",
}


def read_as(reading: str) -> str:
    """Return in a sentence how AS-IntroVAE is read on the page, in Markdown."""
    words = _READINGS.get(reading, f"with the reading `{reading}`")
    return (
        f"AS-IntroVAE is read here {words} ([the readings](method.md#the-readings)); `-p reading NAME` takes another."
    )


def schedules_table(cells: Cells) -> pd.DataFrame:
    """Return what c is under each schedule, of which method, and what it stands for in the supplement."""
    rows = {}
    for label in cells:
        variant = ABLATION.variants[label]
        rows[variant.title] = {
            "parameter": label,
            "c": variant.c,
            "method": objectives.get(variant.objective).label,
            "in the supplement": variant.stands_for,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def scores_table(cells: Cells) -> pd.DataFrame:
    """Return the scores of every schedule: mean over seeds ± half of its 95 % interval, fluctuation, spread over seeds.

    Last the floor: what real data get against real data.
    """
    name, value = headline_name(cells.runs), headline_of(cells.runs)
    rows = {}
    for label, runs in cells.items():
        values = [value(run) for run in runs if not run.diverged]
        rows[ABLATION.title(label)] = {
            name: plus_minus(runs, value),
            "fluctuation, last third": plus_minus(runs, fluctuation, "{:.2g}"),
            "drift over it": plus_minus(runs, drift, "{:+.2g}"),
            "sd over seeds": f"{np.std(values, ddof=1):.3g}" if len(values) > 1 else "–",
            "seeds": counted(runs),
        }
    key = "fid_floor" if name == "FID" else "frechet_classifier_floor"
    floors = [run.scores[key] for run in cells.runs if key in run.scores and not run.diverged]
    if floors:
        rows["real against real"] = {name: f"{floors[0]:.3g}"}
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")


def sharpness_table(cells: Cells) -> pd.DataFrame:
    """Return how sharp samples and reconstructions are, and how much that differs from image to image.

    Of points, which cannot be blurred, where the samples lie.
    """
    ended = [run for run in cells.runs if not run.diverged]
    if ended and ended[0].config.kind == "points":
        modes = ended[0].config.data().modes
        columns = {
            f"samples on the {modes}": "on_support",
            f"{modes} covered": "modes_covered",
            "centroid error": "centroid_error",
        }
        return _table(cells, columns)
    columns = {
        "sharpness of samples / real": "sharpness",
        "its spread over samples": "sharpness_sd",
        "sharpness of reconstructions / real": "rec_sharpness",
        "its spread over them": "rec_sharpness_sd",
    }
    table = _table(cells, columns)
    if ended:
        table.loc["real"] = ["1", f"{ended[0].scores['sharpness_sd_real']:.3g}", "–", "–"]
    return table


def latents_table(cells: Cells) -> pd.DataFrame:
    """Return what the encoder makes of real and generated data: KL in nats, and the share of dead latent dimensions."""
    columns = {"KL of real": "kl_real", "KL of samples": "kl_fake", "dead latents": "dead_latents"}
    table = _table(cells, columns, "{:.2f}")
    table["distance past bound"] = [exceeded(runs) for runs in cells.values()]
    table["exp underflowed"] = [underflowed(runs) for runs in cells.values()]
    return table


def _table(cells: Cells, columns: dict[str, str], form: str = "{:.3g}") -> pd.DataFrame:
    rows = {ABLATION.title(label): scores(runs, columns, form) for label, runs in cells.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def layout(cells: Cells) -> Figure:
    """Draw the supplement's Figures 1 to 3 for every schedule, first seed: real, reconstructed, generated.

    Of images two rows of eight each, as there; of points one panel each.
    """
    points = cells.runs[0].config.kind == "points"
    return _boards(cells.first) if points else _sheets(cells.first)


def _sheets(first: dict[str, Result]) -> Figure:
    columns = 2
    rows = -(-len(first) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, 2.75 * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (label, run) in zip(axes.flat, first.items(), strict=False):
        axis.set_title(ABLATION.title(label), fontsize=9)
        if run.diverged:
            axis.text(0.5, 0.5, "diverged, no images", ha="center", va="center")
            continue
        sets = [run.pictures["real"], run.pictures["reconstructed"], run.samples]
        sheets = [grid(images[:16], 8) for images in sets]
        gap = torch.ones(3, 5, sheets[0].shape[-1])
        whole = torch.cat([part for each in sheets for part in (each, gap)][:-1], dim=1)
        sheet(axis, whole, ABLATION.title(label), fontsize=9)
    for axis in axes[:, 0]:
        for y, name in zip((0.84, 0.5, 0.16), ROWS, strict=True):
            axis.text(-0.03, y, name, transform=axis.transAxes, rotation=90, ha="right", va="center", fontsize=9)
    return figure


def _boards(first: dict[str, Result]) -> Figure:
    dataset = next(iter(first.values())).config.data()
    real = dataset.sample(5_000, EVALUATION_SEED)[:RECONSTRUCTED]
    columns = min(5, len(first))
    bands = -(-len(first) // columns)
    figure, axes = plt.subplots(3 * bands, columns, figsize=(1.24 * columns, 4.3 * bands), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    panels = axes.reshape(bands, 3, columns).swapaxes(1, 2).reshape(-1, 3)
    for column, (label, run) in zip(panels, first.items(), strict=False):
        sets = (real, run.pictures.get("reconstructed", real[:0]), run.samples)
        for axis, points in zip(column, sets, strict=True):
            axis.set_axis_on()
            board(axis, dataset, points, palette.of_method(run.config.objective))
        column[0].set_title(ABLATION.title(label).replace(", ", ",\n").replace(" (", "\n("), fontsize=9)
    for axis, name in zip(axes[:, 0], ROWS * bands, strict=True):
        axis.set_ylabel(name)
    return figure


def score_dots(cells: Cells) -> Figure:
    """Draw each schedule's score, one dot per seed with the mean's 95 % interval, and beside it its fluctuation."""
    cells, colours = cells.there, palette.of_study(ABLATION)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 0.32 * len(cells) + 0.9), sharey=True)
    measures = {headline_name(cells.runs): headline_of(cells.runs), "fluctuation, last third": fluctuation}
    for axis, (name, value) in zip(axes, measures.items(), strict=True):
        values = [[value(run) for run in runs if not run.diverged] for runs in cells.values()]
        seed_dots(axis, values, [colours[label] for label in cells])
        axis.set_xlabel(f"{name};\nlower is better")
    axes[0].set_yticks(range(len(cells)), [ABLATION.title(label) for label in cells])
    axes[0].invert_yaxis()
    return figure


def opponents(cells: Cells) -> dict[str, list[Result]]:
    """Return the runs of annealing that every other schedule is compared with, by its label; empty without any.

    As the claims are judged: with the ramp of the reading, and squashed schedules with squashed tanh.
    """
    found = {}
    for label in cells.there:
        base = _base(cells, label)
        if base and label != base:
            found[label] = cells[base]
    return found


def _base(cells: Cells, label: str) -> str | None:
    bases = (annealed(cells, SQUASHED),) if label.endswith(SQUASHED) else (annealed(cells), "linear", "tanh")
    return next((base for base in bases if cells.get(base)), None)


def gaps(cells: Cells) -> dict[str, Interval]:
    """Return annealing's score minus that of every other schedule over the seeds that both have, by label."""
    value = headline_of(cells.runs)
    found = {label: difference(ours, cells[label], value) for label, ours in opponents(cells).items()}
    return {label: gap for label, gap in found.items() if gap.n}


def differences(cells: Cells) -> Figure:
    """Draw the forest of :func:`gaps`, each in the colour of the other schedule."""
    found, colours = gaps(cells), palette.of_study(ABLATION)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.3 * max(1, len(found)) + 0.9))
    rows = [(f"minus {ABLATION.title(label)}", gap) for label, gap in found.items()]
    forest(axis, rows, [colours[label] for label in found])
    axis.set_xlabel(f"{headline_name(cells.runs)}, annealed minus this: below 0 annealing is better")
    return figure


def findings(cells: Cells, reading: str = "paper") -> list[str]:
    """Return three findings: the schedules by score, what annealing beats, and the verdicts with the reading."""
    words: dict[str, list[str]] = {}
    for claim in ANNEALING_CLAIMS:
        words.setdefault(claim.judge(cells).verdict, []).append(claim.key)
    verdicts = "; ".join(f"{', '.join(keys)} {word}" for word, keys in words.items())
    how = f", with AS-IntroVAE in the reading *{reading}*" if reading != "paper" else ""
    return [ranking(cells), " ".join(_standings(cells)), f"**The claims on these data**{how}: {verdicts}."]


def _standings(cells: Cells) -> list[str]:
    """Return a sentence per way of annealing on what it beats of the schedules it is compared with."""
    found, said = opponents(cells), []
    for base in dict.fromkeys(_base(cells, label) for label in found):
        against = [label for label in found if _base(cells, label) == base]
        stands = {label: standing(found[label], cells[label], len(found)) for label in against}
        titles = {
            word: ", ".join(f"*{ABLATION.title(label)}*" for label, stood in stands.items() if stood == word)
            for word in (BETTER, WORSE, TOO_FEW)
        }
        parts = [f"{word} than {titles[word]}" for word in (BETTER, WORSE) if titles[word]]
        what = (
            f"is {' and '.join(parts)}" if parts else "is not shown to beat or lose to any schedule it is compared with"
        )
        few = f" There are {TOO_FEW} on {titles[TOO_FEW]}." if titles[TOO_FEW] else ""
        said.append(f"**Annealing (*{ABLATION.title(base)}*) {what}.**{few}")
    return said or ["**Annealing is compared with no other schedule.**"]


def intermediate_scores(cells: Cells) -> Figure:
    """Draw the scores taken over the last third of every run, one line per seed, one panel per schedule."""
    shown = {label: [run for run in runs if "score" in run.history] for label, runs in cells.items()}
    shown, colours = Cells(shown).there, palette.of_study(ABLATION)
    columns = min(3, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, 1.4 * rows + 0.3), squeeze=False, sharex=True, sharey=True
    )
    for axis, (label, runs) in zip(axes.flat, shown.items(), strict=False):
        for run in runs:
            axis.plot(*late_scores(run), ".-", ms=3, lw=0.9, color=colours[label], alpha=0.7)
        axis.set_title(ABLATION.title(label), fontsize=9)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    figure.supxlabel("step", fontsize=9)
    figure.supylabel("score", fontsize=9)
    return figure
