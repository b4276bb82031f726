"""The rule on one comparison, as a picture: runs, the differences of their pairs, what is decided."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.chapters.figures import WIDTH
from asvae_book.paper.claims.toy import FAMILY, OURS, THEIRS
from asvae_book.paper.published import MARGINS
from asvae_book.paper.verdicts import NOT_RUN, compare
from asvae_book.studies import METHODS, Cells
from asvae_book.studies.intervals import over_seeds
from asvae_book.studies.measures import headline
from asvae_book.studies.pairs import differences, shared


def picture(cells: Cells[Result], row: str) -> Figure:
    """Draw the rule on AS- against S-IntroVAE's KL in a ``row`` of a table of points, from runs to the word."""
    ours, theirs = cells.get((row, OURS), []), cells.get((row, THEIRS), [])
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.5), width_ratios=(1, 1, 1.3))
    for pair in shared(theirs, ours):
        axes[0].plot([0, 1], [headline(run) for run in pair], color=palette.TRUTH, lw=0.7, alpha=0.5)
    for x, (name, runs) in enumerate(((THEIRS, theirs), (OURS, ours))):
        axes[0].plot([x] * len(runs), [headline(run) for run in runs], ".", ms=6, color=palette.of_method(name))
    axes[0].set_xticks((0, 1), [METHODS.title(name).replace("-", "-\n", 1) for name in (THEIRS, OURS)])
    axes[0].set(xlim=(-0.4, 1.4), ylabel="KL", title="1. runs, by seed")
    gaps = differences(ours, theirs)
    gap, colour = over_seeds(gaps), palette.of_method(OURS)
    axes[1].axhline(0.0, color=palette.TRUTH, lw=1.0)
    axes[1].plot(np.linspace(-0.25, 0.05, len(gaps)), gaps, ".", ms=5, color=colour, alpha=0.7)
    for axis, at in (
        (axes[1], {"x": [0.3], "y": [gap.mean], "yerr": gap.half}),
        (axes[2], {"x": [gap.mean], "y": [0]}),
    ):
        axis.errorbar(**at, **({"xerr": gap.half} if axis is axes[2] else {}), fmt="o", ms=5, lw=1.6, color=colour)
    axes[1].set_xticks([])
    axes[1].set(xlim=(-0.5, 0.5), title="2. AS minus S", xlabel="pairs, mean, interval")
    axes[2].axvspan(-MARGINS["kl"], MARGINS["kl"], color=palette.TRUTH, alpha=0.15, lw=0)
    axes[2].axvline(0.0, color=palette.TRUTH, lw=1.0)
    reach = 1.5 * max(MARGINS["kl"], abs(gap.mean) + gap.half)
    axes[2].set(xlim=(-reach, reach), ylim=(-1, 1), title="3. beside the margin", xlabel="mean difference in KL")
    axes[2].set_yticks([])
    axes[2].text(0, 0.72, f"“{says(cells, row)}”", ha="center", va="center")
    return figure


def says(cells: Cells[Result], row: str) -> str:
    """Return what the comparison of AS- with S-IntroVAE's KL says as one of the table's."""
    ours, theirs = cells.get((row, OURS), []), cells.get((row, THEIRS), [])
    return compare(ours, theirs, headline, -1, "{:+.2f}", FAMILY, margin=MARGINS["kl"])["says"] if ours else NOT_RUN
