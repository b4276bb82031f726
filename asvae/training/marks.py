"""What is noted after which step of a run: points of its curves, gradients by path, intermediate scores, sheets."""

from typing import NamedTuple

CURVE_POINTS = 100
"""How many points of every curve a run keeps."""

GRADIENT_MARKS = 2
"""Gradients are decomposed at every so many points of the curves."""

SCORE_SHARE, SCORE_MARKS = 1 / 3, 24
"""Over its last third a run is scored after every 24th part of its curves."""

EARLY_SCORES = (10 / 150, 20 / 150, 50 / 150)
"""After which shares of a run it is scored as well: epochs 10, 20 and 50 of 150, where the paper's Figure 7 looks."""

SHEETS = 10
"""How often a run on images draws its samples, reconstructions and curves while it trains."""


class Marks(NamedTuple):
    """What is noted after a step."""

    curve: bool
    """The terms, as a point of every curve."""
    gradients: bool
    """The norms of the gradients, decomposed by path; never in a run of a few steps."""
    score: bool
    """An intermediate score: at three early shares and nine times over the last third; never in a run of few steps."""
    sheet: bool
    """Pictures to look at."""


def marks_of(step: int, steps: int) -> Marks:
    """Return what a run of ``steps`` notes after ``step`` (0-based)."""
    every = max(1, steps // CURVE_POINTS)
    points = steps // every
    at = 0 if (step + 1) % every else (step + 1) // every
    long = points >= CURVE_POINTS and at > 0
    late_score = at > (1 - SCORE_SHARE) * points and (points - at) % max(1, points // SCORE_MARKS) == 0
    early = [round(share * points) for share in EARLY_SCORES]
    return Marks(
        curve=step == 0 or at > 0,
        gradients=long and at % GRADIENT_MARKS == 0,
        score=long and (late_score or at in early),
        sheet=(step + 1) % max(1, steps // SHEETS) == 0,
    )
