"""A result → one number: what claims and chapters compare beside the score that ranks."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from asvae.config import RunConfig
from asvae.losses.similarity import kernel_constant
from asvae.metrics.features import JUDGES
from asvae.training.diagnostics import UNDERFLOWED, curve
from asvae.training.marks import SCORE_SHARE
from asvae.training.run import Result
from asvae_book.paper import published
from asvae_book.studies.measures import headline, headline_key


def margin_of(runs: Sequence[Result]) -> float | None:
    """Return the margin of the score that ranks ``runs``: Table 1's KL has one, distances of images have none."""
    return published.MARGINS["kl"] if any(run.config.kind == "points" for run in runs) else None


def judges_of(runs: Sequence[Result]) -> tuple[Callable[[Result], float], ...]:
    """Return what each of the classifiers says whose mean is the score that ranks ``runs``; of other scores nothing."""
    key = headline_key(runs)
    if key != "frechet_classifier":
        return ()
    return tuple(lambda run, judge=judge: run.scores.get(f"{key}_judge{judge}", math.nan) for judge in range(JUDGES))


def sharp(run: Result) -> float:
    """Return how sharp samples are; lower is more blurred.

    For images their sharpness divided by that of real ones; for points, which cannot be blurred, the share of samples
    in the regions of the data set.
    """
    return run.scores.get("on_support" if run.config.kind == "points" else "sharpness", math.nan)


def fluctuation(run: Result) -> float:
    """Return how much neighbouring intermediate scores differ over the last third of the run.

    The root mean square of their second differences, divided by √6: their standard deviation about a straight line, so
    that a score that rises or falls steadily does not count as unsteady. NaN for runs with fewer than three of them.
    """
    bends = np.diff(late_scores(run)[1], 2)
    return float(np.sqrt(np.mean(bends**2) / 6.0)) if len(bends) else math.nan


def drift(run: Result) -> float:
    """Return how much the score changed over the last third of the run, last minus first; NaN if there are no two."""
    _, scores = late_scores(run)
    return float(scores[-1] - scores[0]) if len(scores) > 1 else math.nan


def score_at(run: Result, share: float) -> float:
    """Return the intermediate score next to ``share`` of the run, within a hundredth of it; else NaN."""
    steps, scores = curve(run, "score")
    at = np.abs((steps + 1) / run.config.steps - share) if len(steps) else np.array([])
    return float(scores[at.argmin()]) if len(at) and at.min() <= 0.01 else math.nan


def late_scores(run: Result) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and values of the scores over the last third of a run."""
    steps, scores = curve(run, "score")
    late = steps > (1 - SCORE_SHARE) * run.config.steps
    return steps[late], scores[late]


LAST = 10
"""The end of a run: the last so many points of its curves."""


def at_the_end(run: Result, term: str) -> float:
    """Return the mean of a curve over its last points; NaN without one."""
    _, values = curve(run, term)
    return float(np.mean(values[-LAST:])) if len(values) else math.nan


def off_median(runs: Sequence[Result]) -> Callable[[Result], float]:
    """Return the measure of a run's distance from its seeds' median score: its mean is their spread.

    Spreads are compared by it as in Brown and Forsythe (1974).
    """
    median = float(np.nanmedian([headline(run) for run in runs])) if runs else math.nan
    return lambda run: abs(headline(run) - median)


BOUND = math.sqrt(2.0)
"""The largest AS-distance while no variance is below one, in units of the kernel's constant."""


def exceeded_bound(run: Result) -> bool | None:
    """Whether a run's AS-distance exceeded its bound while no variance is below the prior's variance of one.

    That is ``BOUND``, √2, times the kernel's unit: 0.56 for the marginal kernel of eq. 8.
    ``None`` without a curve, as of methods that have no AS-distance.
    """
    largest = relative_distance(run)
    return None if math.isnan(largest) else largest > BOUND


def relative_distance(run: Result) -> float:
    """Return the largest AS-distance over its kernel's unit; NaN without a curve."""
    return largest_distance(run) / unit(run.config)


def unit(config: RunConfig) -> float:
    """Return the kernel's constant where a run has it in its AS-distance, else 1."""
    hp = config.hyperparameters
    if not getattr(hp, "kernel_constant", False):
        return 1.0
    return kernel_constant(hp.kernel, hp.statistic, config.recipe.latent_dim)


def underflow_share(result: Result) -> float:
    """Return the share of the adversarial phase in which the encoder's adversarial term had underflowed, 0 to 1."""
    _, values = curve(result, "exp_elbo_fake")
    return float((values < UNDERFLOWED).mean()) if len(values) else math.nan


def largest_distance(run: Result) -> float:
    """Return the largest AS-distance on the encoder's curve, NaN without one."""
    curve = np.array(run.history.get("as_distance", [math.nan]), dtype=float)
    return float(np.nanmax(curve)) if np.isfinite(curve).any() else math.nan


def early_gradient(run: Result, player: str) -> float:
    """Return the mean norm of a player's gradient from the divergence of fakes, over the early part of its phase.

    The norms of the paths through KL and AS-distance are added in squares, as if they stood at right angles.
    """
    parts = [early_and_late([run], player, route)[0] for route in ("kl", "as")]
    there = [part for part in parts if not math.isnan(part)]
    return math.hypot(*there) if there else math.nan


PART = 10
"""Early is the first, late the last tenth of the adversarial phase: one in so many."""


def early_and_late(runs: Sequence[Result], player: str, route: str) -> tuple[float, float]:
    """Return the mean norm of a player's gradient by a path over the first and the last tenth, medians over seeds."""
    pairs = []
    for run in runs:
        curve = np.array(run.history.get(f"grad_{player}_{route}", []), dtype=float)
        curve = curve[np.isfinite(curve)]
        part = max(1, len(curve) // PART)
        pairs += [(curve[:part].mean(), curve[-part:].mean())] if len(curve) else []
    return tuple(float(value) for value in np.median(pairs, 0)) if pairs else (math.nan, math.nan)
