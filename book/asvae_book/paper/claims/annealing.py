"""The claims A1 to A4: annealing beside what it is made of.

Each schedule is compared with annealing over shared seeds: the difference is annealed minus the other. Annealing is the
ramp of the reading that the runs have: linear over the run, as the paper writes it, or tanh over the phase after the
warm-up, which the supplement and the released code lead to. On images blur
is :func:`asvae.metrics.images.sharpness`; points cannot be blurred: the share of samples on the modes takes its place,
and is named so. Every judge takes a ``variant``: the ending of the labels that are judged among themselves, ``""`` or
:data:`SQUASHED`.
"""

from collections.abc import Sequence
from functools import partial

from asvae.training.run import Result
from asvae_book.paper.claims.floors import first_ended, score_floor
from asvae_book.paper.claims.records import UNAVAILABLE, Claim, Ground
from asvae_book.paper.measures import fluctuation, judges_of, margin_of, off_median, sharp
from asvae_book.paper.verdicts import Value, Verdict, against, compare, conclude
from asvae_book.studies import ABLATION, Cells
from asvae_book.studies.measures import headline_name, headline_of

SQUASHED = "-squashed"
"""Ends the label of a schedule with the released code's tanh."""

_OTHERS = ("as-only", "half-kl", "half")
"""What annealing is compared with."""

_claim = partial(
    Claim,
    program=UNAVAILABLE,
    study=ABLATION,
    labels=(*_OTHERS, "linear", "tanh"),
    grounds=(
        Ground("checkerboard", "quick", "ablation-checkerboard#do-the-claims-hold", own=False, reading="supplement"),
        Ground("digits", "quick", "ablation#do-the-claims-hold", own=False),
        Ground("celeba128", "paper", "ablation#do-the-claims-hold"),
    ),
)


def _label(label: str, variant: str) -> str:
    """Return the label of a schedule with ``variant`` at its end, where there is one."""
    return label + variant if label + variant in ABLATION.variants else label


def annealed(cells: Cells[Result], variant: str = "") -> str:
    """Return the label of annealing among ``cells``: the ramp of the reading that these have."""
    clocks = {run.config.hyperparameters.clock for label in ("as-only", "half") for run in cells.get(label, [])}
    return "tanh" + variant if variant or "adversarial" in clocks else "linear"


def _is_points(runs: Sequence[Result]) -> bool:
    return bool(runs) and runs[0].config.kind == "points"


def _blurred(labels: tuple[str, ...], cells: Cells[Result], variant: str = "") -> Verdict:
    """Judge whether samples are less sharp than real images, and than with annealing."""
    rows, points = {}, _is_points(cells.runs)
    measure = f"samples on the {cells.runs[0].config.data().modes}" if points else "sharpness of samples"
    family = len(labels) * (1 if points else 2)
    best = cells.get(annealed(cells, variant), [])
    for label in (_label(each, variant) for each in labels):
        these, title = cells.get(label, []), ABLATION.title(label)
        if not points:
            rows[title, f"this − real, {measure}"] = against(these, sharp, 1.0, -1, "{:+.2f}", family)
        rows[title, f"annealed − this, {measure}"] = compare(best, these, sharp, 1, "{:+.3f}", family)
    return conclude(rows)


def _blur_floor(runs: Sequence[Result]) -> str:
    return f"all on the {runs[0].config.data().modes}" if _is_points(runs) else "sharpness 1"


A1 = _claim(
    "A1",
    "the AS-distance alone makes images over-smoothed, blurry",
    place="supplement, Figure 1",
    shown="faces",
    judge=partial(_blurred, ("as-only",)),
    floor=_blur_floor,
)

A2 = _claim(
    "A2",
    "KL and AS-distance ½ each (both readings of Figure 2) make images significantly blurred",
    place="supplement, Figure 2",
    shown="faces",
    judge=partial(_blurred, ("half-kl", "half")),
    floor=_blur_floor,
)


def a3(cells: Cells[Result], variant: str = "") -> Verdict:
    """Judge whether sharpness varies more over images, and the score more over time and seeds, than with annealing."""
    label, points = _label("half", variant), _is_points(cells.runs)
    best, these = cells.get(annealed(cells, variant), []), cells.get(label, [])
    far = {id(run): off_median(runs)(run) for runs in (best, these) for run in runs}
    measures: dict[str, Value] = {} if points else {"spread of sharpness": _spread}
    measures |= {"fluctuation": fluctuation, "distance from the median seed": lambda run: far[id(run)]}
    return conclude(
        {
            (ABLATION.title(label), f"annealed − this, {name}"): compare(
                best, these, value, -1, "{:+.3f}", len(measures)
            )
            for name, value in measures.items()
        }
    )


def _spread(run: Result) -> float:
    return run.scores.get("sharpness_sd", float("nan"))


def _a3_floor(runs: Sequence[Result]) -> str:
    if _is_points(runs):
        return score_floor(runs)
    return f"spread {first_ended(runs).scores['sharpness_sd_real']:.2f}"


A3 = _claim(
    "A3",
    "with KL and AS-distance ½ each sharpness differs from image to image, and training is unstable",
    place="supplement, Figure 3",
    shown="faces",
    judge=a3,
    floor=_a3_floor,
)


def a4(cells: Cells[Result], variant: str = "") -> Verdict:
    """Judge whether annealing has the better score than each of the three."""
    best, rows = cells.get(annealed(cells, variant), []), {}
    name, value = headline_name(cells.runs) if cells.runs else "score", headline_of(cells.runs)
    others = [_label(each, variant) for each in _OTHERS]
    for label in others:
        pair = best, cells.get(label, [])
        compared = compare(
            *pair, value, -1, "{:+.2f}", len(others), margin=margin_of(cells.runs), judges=judges_of(cells.runs)
        )
        rows[ABLATION.title(label), f"annealed − this, {name}"] = compared
    return conclude(rows)


A4 = _claim(
    "A4",
    "each of these three is worse than annealing",
    place="supplement, Section 0.2",
    shown="in words",
    judge=a4,
    floor=score_floor,
)

ANNEALING_CLAIMS = (A1, A2, A3, A4)
