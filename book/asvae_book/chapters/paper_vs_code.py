"""What each deviation of the released code changes: scores over seeds, against runs without it."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from asvae.training.diagnostics import curve
from asvae.training.run import Result
from asvae_book.paper.measures import early_and_late, largest_distance, underflow_share
from asvae_book.paper.standing import fewest
from asvae_book.studies import DEVIATIONS, Cells, pairs
from asvae_book.studies.intervals import Interval
from asvae_book.studies.measures import headline_name, headline_of

PAIRS = {
    "tanh": "linear",
    "tanh-squashed": "tanh",
    "sum": "tanh",
    "released": "tanh",
    "reference": "tanh",
    "introvae-decoder": "introvae",
}
"""Variant → the one that differs from it in this alone."""

TITLES = {
    "tanh": "tanh ramp instead of the linear one",
    "tanh-squashed": "tanh before the distance and the decoder's KL",
    "sum": "a sum over pairs in the encoder's turn",
    "released": "tanh, the sum, and reconstructions against generated",
    "reference": "reconstructions instead of real data against generated",
    "introvae-decoder": "IntroVAE's decoder without reconstruction term",
}
"""Variant → what it does, as tables call it."""

AGREED = ("reference", "introvae-decoder")
"""Where paper and code agree and the other reading does not: shown, but no deviation."""

DEVIATING = tuple(label for label in PAIRS if label not in AGREED)


def table(cells: Cells) -> pd.DataFrame:
    """Return what each variant does to the score: with minus without it, paired over seeds, 95 % interval.

    Beside it what else changes, with and without: the share of the time in which the encoder's adversarial term is 0
    and the largest distance, medians over seeds.
    """
    rows = {}
    for label in PAIRS:
        if not cells.get(label) or not cells.get(PAIRS[label]):
            continue
        runs, others = cells[label], cells[PAIRS[label]]
        both = pairs.shared(runs, others)
        shared = [run for run, _ in both]
        gap = pairs.difference(runs, others, headline_of(runs + others))
        lost = sum(run.diverged and not other.diverged for run, other in both)
        least = fewest(runs)
        rows[TITLES[label]] = {
            f"{headline_name(runs + others)}: with − without": gap.text() if gap.n > 1 else "–",
            "says": _says(gap, len(shared), lost, least),
            "term at 0, with / without": _medians(shared, others, underflow_share, "{:.0%}".format),
            "largest distance": _medians(shared, others, largest_distance, _size),
            "seeds": len(shared),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _says(gap: Interval, shared: int, lost: int, least: int) -> str:
    if not shared:
        return "not run"
    if lost:
        return f"diverged in {lost} of {shared}"
    return "too few seeds" if gap.n < least else {-1: "better", 0: "inconclusive", 1: "worse"}[gap.decided()]


def _size(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"


def _medians(
    runs: Sequence[Result], without: Sequence[Result], value: Callable[[Result], float], form: Callable[[float], str]
) -> str:
    pair = [[each for each in map(value, these) if math.isfinite(each)] for these in (runs, without)]
    return " / ".join(form(float(np.median(values))) for values in pair) if all(pair) else "–"


def effect(cells: Cells, label: str) -> str:
    """Return in a few words what a variant did to the score."""
    row = _row(cells, label)
    return "not run" if row is None else f"**{row['says']}**, {row.iloc[0]}"


def sentence(cells: Cells, label: str) -> str:
    """Return in words what a variant did, with its numbers."""
    row = _row(cells, label)
    if row is None:
        return "not run."
    name = row.index[0].partition(":")[0]
    said = f"{effect(cells, label)} in {name}, over {row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}."
    if row["term at 0, with / without"] == "–":
        return said
    (silence, silence_without), (far, far_without) = (
        row[key].split(" / ") for key in ("term at 0, with / without", "largest distance")
    )
    return (
        f"{said} The encoder's adversarial term is 0 for {silence} of the adversarial phase ({silence_without} "
        f"without), the distance reaches {far} ({far_without} without; medians over seeds)."
    )


def tanh_sentence(cells: Cells) -> str:
    """Return what the decoder's KL and the fakes' own are with tanh and without it, over the last quarter of training.

    The encoder's ``kl_fake`` is not squashed, the decoder's is.
    """
    terms, means = ("kl_real", "kl_fake", "decoder_kl_fake"), []
    for label in ("tanh", "tanh-squashed"):
        runs = [run for run in cells.get(label, []) if not run.diverged]
        if not runs:
            return "These runs were not made."
        curves = [[curve(run, term)[1] for term in terms] for run in runs]
        ends = np.mean([[values[-len(values) // 4 :].mean() for values in each] for each in curves], axis=0)
        pull = early_and_late(runs, "decoder", "kl")[1]
        means.append((*ends, np.mean([run.scores["modes_covered"] for run in runs]), pull))
    (real, fake, _, modes, pull), (real_then, fake_then, seen, modes_then, pull_then) = means
    return (
        f"Over the last quarter of training, in nats and means over seeds: without tanh the KL of fakes is {fake:.1f}, "
        f"that of real data {real:.1f}. With it the decoder's squashed KL is {seen:.2f}, while the fakes' own is "
        f"{fake_then:.1f} against {real_then:.1f} of real data: the gap that equilibrium closes stays open. The "
        f"decoder's gradient by KL is {pull_then:.2g} at the end, without tanh {pull:.2g}: so it is not its size that "
        f"is missing. That fakes far from the prior no longer contribute to it would explain the gap; we did not "
        f"measure it. The samples cover {modes_then:.1f} modes, without tanh {modes:.1f}."
    )


def advice(cells: Cells) -> str:
    """Return which deviation is worth taking, as far as these runs say."""
    rows = {TITLES[label]: _row(cells, label) for label in DEVIATING}
    says = {title: "not run" if row is None else row["says"] for title, row in rows.items()}
    worth = [title for title, each in says.items() if each == "better"]
    if set(says.values()) <= {"not run", "too few seeds"}:
        said = "These seeds are too few to say which deviation is worth taking."
    else:
        said = (
            f"Worth taking: {' and '.join(worth)}."
            if worth
            else "No deviation is shown to be better than the reading without it."
        )
    return f"**{said}** {'; '.join(f'{title}: {each}' for title, each in says.items())}."


def _row(cells: Cells, label: str) -> pd.Series | None:
    """Return what :func:`table` says of one variant."""
    rows = table(cells.select((label, PAIRS[label])))
    return rows.loc[TITLES[label]] if TITLES[label] in rows.index else None


def groups(cells: Cells) -> Mapping[str, Sequence[Result]]:
    """Return all runs by what they are of, for :func:`asvae_book.chapters.tables.diagnosed`."""
    return {DEVIATIONS.title(label): runs for label, runs in cells.items() if label in DEVIATIONS.variants}
