"""The method or the weights: every method at the same weights, and each at its best over one grid with one budget."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure

from asvae.training.run import Result
from asvae_book.chapters.toy import Toy
from asvae_book.chapters.toy_tables import NOT_RUN, label, mean, rows_of, summary
from asvae_book.paper.verdicts import INCONCLUSIVE, MIN_SEEDS
from asvae_book.studies import Cells, Label, Study
from asvae_book.studies.grid import CHOSEN_ON, METHODS, best
from asvae_book.studies.intervals import Interval
from asvae_book.studies.measures import counted, unscored
from asvae_book.studies.pairs import difference

OURS, THEIRS = "as-introvae", "s-introvae"

FEWEST = MIN_SEEDS["points"]
TOO_FEW = f"fewer than {FEWEST} seeds"


def same_weights(cells: Cells[Result]) -> pd.DataFrame:
    """Return one row per weights, labelled (weights, objective): the KL of S- and AS-IntroVAE, and their difference.

    The last column names the method with the lower KL where both tests of the paired difference decide it.
    """
    rows = {}
    for weights in rows_of(cells):
        ours, theirs = (cells.get((weights, name), []) for name in (OURS, THEIRS))
        if (weights, OURS) in cells or (weights, THEIRS) in cells:
            gap = difference(ours, theirs)
            rows[short(weights)] = {
                label(THEIRS): summary(theirs, "kl"),
                label(OURS): summary(ours, "kl"),
                "AS minus S": gap.text() if ours and theirs else "–",
                "seeds": gap.n,
                "lower KL": lower(gap),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def lower(gap: Interval) -> str:
    """Return which of AS- and S-IntroVAE has the lower KL, given the interval of AS minus S."""
    if gap.n < FEWEST:
        return TOO_FEW if gap.n else NOT_RUN
    return {-1: label(OURS), 0: INCONCLUSIVE, 1: label(THEIRS)}[gap.decided()]


def short(weights: str) -> str:
    """Return weights as a table names them: in Greek, without the β_rec that all of the grid share."""
    return weights.replace("beta_", "β_").replace(", β_rec 0.2", "")


class Best(NamedTuple):
    """A method at the weights that were best on the seeds that choose."""

    weights: str
    choosing: list[Result]
    """The seeds that chose."""
    judging: list[Result]
    """The seeds that judge: later ones, or without any those that chose."""

    @property
    def fair(self) -> bool:
        """Whether other seeds judge than chose."""
        return self.judging is not self.choosing

    @property
    def judged_on(self) -> str:
        """Which seeds judge, in words."""
        return f"{counted(self.judging)} later seeds" if self.fair else "the choosing seeds"


def at_best(cells: Cells[Result], objective: str) -> Best | None:
    """Return ``objective`` at its best weights over the grid; ``None`` if no cell has all the seeds that choose."""
    at = best(cells, objective)
    if at is None:
        return None
    choosing = [run for run in cells[at] if run.config.seed < CHOSEN_ON]
    judging = [run for run in cells[at] if run.config.seed >= CHOSEN_ON]
    return Best(at[0], choosing, judging or choosing)


def best_table(toy: Toy, cells: Cells[Result]) -> pd.DataFrame:
    """Return every method at its best over the grid: weights, KL where it was chosen and where it is judged, modes."""
    rows = {}
    for name in METHODS:
        tried = sum(objective == name for _, objective in toy.grid.variants)
        found = at_best(cells, name)
        if found is None:
            rows[label(name)] = {"best weights": NOT_RUN}
        else:
            rows[label(name)] = {
                "best weights": short(found.weights),
                "of": f"{len(cells.of(name))} of {tried} run",
                "KL, choosing seeds": summary(found.choosing, "kl"),
                "judged on": found.judged_on,
                "KL": summary(found.judging, "kl"),
                f"{toy.data.modes} covered": f"{mean(found.judging, 'modes_covered'):.1f}",
            }
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")


def sentences(toy: Toy, cells: Cells[Result]) -> list[str]:
    """Return what the grid says, in sentences that follow its numbers."""
    said = [_count_sentence(same_weights(cells)), _best_sentence(cells), _reached_sentence(toy, cells), _lost_in(cells)]
    return [each for each in said if each] or ["The grid has not been run yet."]


def finding(cells: Cells[Result], stated: Cells[Result]) -> str:
    """Return each method at its best over the grid beside the table's stated weights, and how many runs were lost."""
    parts, falls = [], {}
    for name in METHODS:
        if found := at_best(cells, name):
            scored = [[run for run in runs if not unscored(run)] for runs in stated.of(name).values()]
            means = [mean(runs, "kl") for runs in scored if runs]
            ends = dict.fromkeys(f"{end:.0f}" for end in (min(means), max(means))) if means else ()
            span = f"; {' to '.join(ends)} at the stated weights" if ends else ""
            score = f"{label(name)} {summary(found.judging, 'kl')}"
            falls |= {name: (min(means), mean(found.judging, "kl"))} if means else {}
            parts.append(f"{score} on {found.judged_on} (at {short(found.weights)}{span})")
    said = f"**Each method at its best weights of one grid**, mean KL: {', '.join(parts)}." if parts else ""
    return " ".join(each for each in (said, _answer(falls), _lost_in(cells)) if each)


def _answer(falls: Mapping[str, tuple[float, float]]) -> str:
    """Say whether weights move KL more than methods do: ``falls`` are each one's lowest at the stated weights and best.

    They do if the smallest factor by which a method falls is larger than that between two methods at their best.
    """
    if len(falls) < 2:
        return ""
    fall = min(stated / best for stated, best in falls.values())
    apart = max(best for _, best in falls.values()) / min(best for _, best in falls.values())
    more = "**more than the method**" if fall > apart else "no more than the method"
    return f"Weights move KL {more}: {fall:.1f} times or more, where methods at their best lie {apart:.1f} times apart."


def _count_sentence(table: pd.DataFrame) -> str:
    compared = table[table["lower KL"] != NOT_RUN] if len(table) else table
    if not len(compared):
        return ""
    counts = compared["lower KL"].value_counts()
    parts = [f"{who} in {counts[who]}" for who in (label(OURS), label(THEIRS)) if who in counts]
    parts += [f"{word} in {counts[word]}" for word in (INCONCLUSIVE, TOO_FEW) if word in counts]
    return f"**At the same weights**, {len(compared)} of {len(table)} compared, the lower KL: {', '.join(parts)}."


def _best_sentence(cells: Cells[Result]) -> str:
    ours, theirs = at_best(cells, OURS), at_best(cells, THEIRS)
    if ours is None or theirs is None:
        return ""
    fair = ours.fair and theirs.fair
    gap = difference(ours.judging, theirs.judging) if fair else difference(ours.choosing, theirs.choosing)
    on = "on seeds that did not choose" if fair else "on the seeds that chose, which flatters both"
    who = lower(gap)
    says = f"{who} is lower" if who in (label(OURS), label(THEIRS)) else who
    plain = at_best(cells, "vae")
    beside = plain and f" The VAE at its best: {summary(plain.judging, 'kl')}."
    return (
        f"**Each at its best**, {on}: AS-IntroVAE minus S-IntroVAE is {gap.text()} in KL over {gap.n} shared seeds, "
        f"{says}.{beside or ''}"
    )


def _reached_sentence(toy: Toy, cells: Cells[Result]) -> str:
    """Say at how many weights each method comes as near to the truth as the paper prints of AS-IntroVAE."""
    target = max(kl for (_, name), (kl, _) in toy.printed.items() if name == OURS)
    parts = []
    for name in METHODS:
        means = [mean(runs, "kl") for runs in cells.of(name).values()]
        if means:
            parts.append(f"{label(name)} at {sum(value <= target for value in means)} of {len(means)}")
    if not parts:
        return ""
    reached = f"**A mean KL of {target:g} or less**, the largest that is printed of AS-IntroVAE, is reached by"
    return f"{reached} {', '.join(parts)} weights."


def _lost_in(cells: Cells[Result]) -> str:
    """Say how many runs of each method became non-finite, if any did."""
    counts = {name: (_lost(runs), len(runs)) for name in METHODS if (runs := cells.of(name).runs)}
    if not any(lost for lost, _ in counts.values()):
        return ""
    parts = [f"{label(name)} {lost} of {runs}" for name, (lost, runs) in counts.items()]
    return f"**Became non-finite**, and have no part in means and differences: {', '.join(parts)} runs."


def weights_of(study: Study, at: Label) -> tuple[float, float]:
    """Return β_kl and β_neg of a variant of the grid; β_neg is NaN where the method has none."""
    changes = study.variants[at].changes
    return changes["beta_kl"], changes.get("beta_neg", math.nan)


def matrix(study: Study, values: Mapping[Label, float], objective: str) -> pd.DataFrame:
    """Return ``values`` of the cells of ``objective`` over β_kl (rows) and β_neg (columns), NaN where missing."""
    labels = [at for at in study.variants if at[1] == objective]
    places = [weights_of(study, at) for at in labels]
    kls, negs = (list(dict.fromkeys(str_or(value) for value in axis)) for axis in zip(*places, strict=True))
    table = pd.DataFrame(math.nan, index=kls, columns=negs)
    for at, (kl, neg) in zip(labels, places, strict=True):
        table.loc[str_or(kl), str_or(neg)] = values.get(at, math.nan)
    return table


def str_or(value: float) -> str:
    """Return a weight as text, and a dash for one that the method does not have."""
    return "–" if math.isnan(value) else f"{value:g}"


def heat_map(study: Study, cells: Cells[Result]) -> Figure:
    """Draw the mean KL of every method over the grid, and in a last panel AS-IntroVAE minus S-IntroVAE.

    The mean is over the seeds that ended; how many did not stands below it. There is no difference where a run of
    either method diverged. Cells that were not run, or in which every run diverged, are grey.
    """
    means = {at: _finite_mean(runs) for at, runs in cells.items()}
    lost = {at: _lost(runs) for at, runs in cells.items()}
    gaps = {
        at: difference(cells[at], cells.get((at[0], THEIRS), [])).mean
        for at in cells
        if at[1] == OURS and cells[at] and not lost[at] and not lost.get((at[0], THEIRS))
    }
    finite = [value for value in means.values() if math.isfinite(value)]
    norm = LogNorm(min(finite), max(max(finite), 1.01 * min(finite))) if finite else Normalize()
    figure, axes = plt.subplots(2, 2, figsize=(6.2, 5.8))
    for axis, name in zip(axes.flat, METHODS, strict=False):
        _heat(axis, matrix(study, means, name), norm, "viridis_r", "{:.1f}", matrix(study, lost, name))
        axis.set_title(f"{label(name)}, KL")
    far = max([abs(gap) for gap in gaps.values() if math.isfinite(gap)], default=1.0) or 1.0
    _heat(axes[1, 1], matrix(study, gaps, OURS), TwoSlopeNorm(0.0, -far, far), "RdBu_r", "{:+.1f}")
    axes[1, 1].set_title("AS-IntroVAE minus S-IntroVAE")
    return figure


def _heat(
    axis: Axes, table: pd.DataFrame, norm: Normalize, colours: str, form: str, lost: pd.DataFrame | None = None
) -> None:
    colour = plt.get_cmap(colours).with_extremes(bad="#e5e5e5")
    axis.imshow(np.ma.masked_invalid(table.to_numpy()), cmap=colour, norm=norm, aspect="auto")
    for (i, j), value in np.ndenumerate(table.to_numpy()):
        known = math.isfinite(value)
        dark = known and np.dot(colour(norm(value))[:3], (0.299, 0.587, 0.114)) < 0.5
        text = form.format(value).replace("-", "−") if known else "–"
        if lost is not None and lost.iloc[i, j] > 0:
            text += f"\n{lost.iloc[i, j]:.0f} NaN"
        axis.text(j, i, text, ha="center", va="center", color="white" if dark else "black")
    axis.set_xticks(range(len(table.columns)), table.columns)
    axis.set_yticks(range(len(table.index)), table.index)
    axis.set(xlabel="β_neg" if "–" not in table.columns else "no β_neg", ylabel="β_kl")
    axis.tick_params(length=0)
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)


def _lost(runs: Sequence[Result]) -> int:
    return sum(map(unscored, runs))


def _finite_mean(runs: Sequence[Result]) -> float:
    values = [run.scores["kl"] for run in runs if not unscored(run)]
    return float(np.mean(values)) if values else math.nan
