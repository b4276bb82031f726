"""The specification curve: its runs, a figure with the choices below it, and the same as a table."""

import dataclasses
import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from asvae.config import RunConfig
from asvae.store.rows import WEIGHT_NAMES
from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.chapters.show import find_or_train
from asvae_book.paper.specifications import (
    FEWEST,
    OPEN,
    OUR_SIDE,
    THEIR_SIDE,
    Outcome,
    hub,
)
from asvae_book.studies import SPECIFICATIONS, Cells
from asvae_book.studies.measures import headline
from asvae_book.studies.specification import HUB, PAIR

OPTIONS = {
    ("schedule", "tanh"): ("ramp", "tanh"),
    ("clock", "adversarial"): ("clock", "after warm-up"),
    ("reference", "real"): ("reference", "real data"),
    ("kernel", "joint"): ("kernel", "joint"),
    ("kernel_constant", False): ("constant", "none"),
    ("statistic", "u"): ("statistic", "U"),
    ("statistic", "weighted"): ("statistic", "weighted"),
    ("squash_distance", True): ("tanh", "before distance"),
    ("squash_kl", True): ("tanh", "before KL"),
    ("encoder_reduction", "sum"): ("reduction", "sum"),
    ("live_target", True): ("live target", "yes"),
    ("decoder_fake_rec", True): ("decoder", "fakes' error"),
    ("logvar_limit", 10.0): ("log-variance", "±10"),
    ("warmup", 0.0): ("warm-up", "none"),
}
"""(Field, its value) → (group of choices, the option's name in the figure). Weights have a group of their own."""

WEIGHTS = "weights"

COLOURS = {
    OUR_SIDE: palette.of_method("as-introvae"),
    THEIR_SIDE: palette.of_method("s-introvae"),
    OPEN: "#767676",
}
FAINT, BAND = "#b0b0b0", "#ffe38a"
MARKERS = {OUR_SIDE: "o", THEIR_SIDE: "s", OPEN: "D"}


def runs(dataset: str, seeds: int, scale: str, device: str, fresh: bool) -> Cells[Result]:
    """Return the runs of every specification: those kept, or with ``fresh`` all of them, trained here."""
    study = SPECIFICATIONS[dataset]
    if not fresh:
        return study.find(dataset, seeds, scale)
    return find_or_train(study, dataset, seeds, scale, device=device, fresh=True).cells


def choices(dataset: str) -> dict[tuple[str, str], list[str]]:
    """Return (group, option) → the specifications that differ from the hub by it, read off their configurations.

    Raises
    ------
    KeyError
        If a specification differs from the hub in something that has no row.
    """
    found: dict[tuple[str, str], list[str]] = {row: [] for row in OPTIONS.values()}
    variants = SPECIFICATIONS[dataset].variants
    configs = {name: RunConfig("as-introvae", dataset, **variants[name, PAIR[1]].changes) for name, _ in variants}
    plain = _fields(configs[HUB])
    for name, config in configs.items():
        changed = {field: value for field, value in _fields(config).items() if value != plain[field]}
        rows = {(WEIGHTS, name) if field in WEIGHT_NAMES else OPTIONS[field, value] for field, value in changed.items()}
        for row in rows:
            found.setdefault(row, []).append(name)
    return found


def _fields(config: RunConfig) -> dict:
    return dataclasses.asdict(config.hyperparameters) | dataclasses.asdict(config.recipe)


def figure(found: Sequence[Outcome], dataset: str) -> Figure:
    """Draw AS − S per specification with its interval, best for AS-IntroVAE first, and below it what each chooses.

    Narrow and tall, so that it can be read on a phone. The hub has a band; what has too few seeds is faint, and what
    was not run has a column without a point.
    """
    rows = choices(dataset)
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5.2, 2.9 + 0.2 * len(rows)), sharex=True, height_ratios=[2.6, 0.2 * len(rows)]
    )
    for place, outcome in enumerate(found, 1):
        _point(above, place, outcome)
    above.axhline(0.0, color="black", lw=0.9, zorder=2)
    above.set_ylabel("KL, AS − S", fontsize=9)
    above.grid(axis="x", visible=False)
    _matrix(below, rows, found)
    at = [outcome.name for outcome in found].index(HUB) + 1
    for axis in (above, below):
        axis.axvspan(at - 0.5, at + 0.5, color=BAND, zorder=0, lw=0)
        axis.tick_params(labelsize=9, length=0)
    handles = [
        Line2D([], [], ls="", marker=MARKERS[said], color=colour, ms=5, label=said) for said, colour in COLOURS.items()
    ]
    handles.append(Patch(color=BAND, label=f"the hub: {HUB}"))
    figure.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=9, handlelength=1.2)
    return figure


def _point(axis: Axes, place: int, outcome: Outcome) -> None:
    gap = outcome.gap
    if math.isnan(gap.mean):
        style = {"fontsize": 9, "rotation": 90, "ha": "center", "va": "top"}
        axis.text(place, 0.99, outcome.says, transform=axis.get_xaxis_transform(), **style)
        return
    said = outcome.says if outcome.says in COLOURS else OPEN
    colour = COLOURS[said] if outcome.decides else FAINT
    bar = gap.half if outcome.decides else None
    axis.errorbar([place], [gap.mean], bar, fmt=MARKERS[said], ms=4.5, lw=1.4, color=colour, zorder=3)


def _matrix(axis: Axes, rows: dict[tuple[str, str], list[str]], found: Sequence[Outcome]) -> None:
    """Draw a dot where a specification (columns) takes an option (rows) that the hub does not; groups in bands."""
    groups = list(dict.fromkeys(group for group, _ in rows))
    places = {outcome.name: place for place, outcome in enumerate(found, 1)}
    colours = {outcome.name: COLOURS.get(outcome.says, FAINT) for outcome in found}
    for y, ((group, _), names) in enumerate(rows.items()):
        if groups.index(group) % 2:
            axis.axhspan(y - 0.5, y + 0.5, color="#f2f2f2", zorder=-1, lw=0)
        taken = [name for name in names if name in places]
        axis.scatter([places[name] for name in taken], [y] * len(taken), s=17, c=[colours[name] for name in taken])
    axis.set_yticks(range(len(rows)), [f"{group}: {option.removeprefix('the ')}" for group, option in rows])
    axis.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0.3, len(found) + 0.7))
    axis.set_xticks([1, *range(5, len(found) + 1, 5)])
    axis.set_xlabel("specification, numbered as in the table", fontsize=9)
    axis.spines[:].set_visible(False)
    axis.grid(visible=False)


def table(found: Sequence[Outcome], cells: Cells[Result]) -> pd.DataFrame:
    """Return the figure's numbers, one row per specification in its order, and by how much each moves the hub's."""
    rows, form, centre = {}, form_of(found), hub(found)
    for place, outcome in enumerate(found, 1):
        scores = [headline(run) for run in cells.get((outcome.name, PAIR[0]), []) if not run.diverged]
        change = outcome.minus(centre)
        rows[f"{place}. {outcome.name}" + (" (the hub)" if outcome is centre else "")] = {
            "KL, AS − S": outcome.gap.text(form),
            "minus the hub's": "–" if outcome is centre or change.n < FEWEST else change.text(form),
            "S-IntroVAE's KL": f"{np.mean(scores):.1f}" if scores else "–",
            "seeds": _seeds(outcome),
            "says": outcome.says,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def form_of(found: Sequence[Outcome]) -> str:
    """Return how differences are written: with one decimal where they reach tens, else with two."""
    largest = max((abs(outcome.gap.mean) for outcome in found if outcome.differences), default=0.0)
    return "{:+.1f}" if largest >= 10.0 else "{:+.2f}"


def _seeds(outcome: Outcome) -> str:
    lost = ", ".join(
        f"{name} diverged in {len(seeds)}" for name, seeds in zip(("AS", "S"), outcome.diverged, strict=True) if seeds
    )
    return str(outcome.seeds) + (f" ({lost})" if lost else "")
