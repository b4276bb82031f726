"""What went wrong in a run, from its curves: a name, since when, the likely cause, the knob to turn.

Nothing here is computed while a run trains: its curves are enough, so that kept results are diagnosed as well.
"""

import logging
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from asvae.training.run import Result

_LOG = logging.getLogger("asvae")

UNDERFLOWED = 1e-30
"""An exp term below it has no gradient in single precision: 2s·β_neg times it is lost beside anything else."""

FLAT = 0.9
"""A gradient penalty above it: the critic's slope is near 0 almost everywhere, and the penalty near 1."""

DEAD = 0.25
"""A larger share of dead latent dimensions is worth a word."""

LAST = 4
"""What a run ends with is judged over the last quarter of its curves."""


class Finding(NamedTuple):
    """One thing that is wrong."""

    name: str
    """What it is, as :func:`findings` lists them."""
    step: int
    """Since when."""
    cause: str
    """The likely one."""
    knob: str
    """What to try."""

    def __str__(self) -> str:
        return f"{self.name} since step {self.step:,}: {self.cause}; try {self.knob}."


def findings(result: Result) -> list[Finding]:
    """Return what is wrong with a run, the gravest first; nothing for a healthy one.

    - ``non-finite``: a term or gradient that became infinite or NaN, and ended the run.
    - ``exp term underflowed``: at half of the points of its curve or more, the encoder's adversarial term was 0.
    - ``KL of real above KL of samples``: over the last quarter, the encoder took samples for likelier than real data.
    - ``critic without gradient``: over the last quarter, the critic was flat.
    - ``dead latents``: more than a quarter of the latent dimensions carry nothing of the data at the end.
    """
    checks = (_non_finite, _underflowed, _inverted, _flat, _dead)
    return [found for check in checks if (found := check(result)) is not None]


def report(runs: Sequence[Result]) -> list[str]:
    """Return one sentence for everything that is wrong with some of ``runs``: with how many, and the earliest case."""
    found: dict[str, list[Finding]] = {}
    for run in runs:
        for finding in findings(run):
            found.setdefault(finding.name, []).append(finding)
    return [
        str(min(cases, key=lambda each: each.step)) + (f" ({len(cases)} of {len(runs)} runs)" if len(runs) > 1 else "")
        for cases in found.values()
    ]


def log(runs: Sequence[Result]) -> None:
    """Log :func:`report` of runs that have just been trained, a warning a sentence, under ``"asvae"``."""
    for sentence in report(runs):
        _LOG.warning(sentence)


def _non_finite(result: Result) -> Finding | None:
    if result.divergence is None:
        return None
    where = f"{result.divergence.player}'s {result.divergence.term}"
    return Finding(
        "non-finite", result.divergence.step, f"{where} left the range of numbers", "a smaller learning_rate"
    )


def _underflowed(result: Result) -> Finding | None:
    for name in ("exp_elbo_fake", "exp_elbo_rec"):
        steps, values = curve(result, name)
        gone = values < UNDERFLOWED
        if len(values) and 2 * gone.sum() >= len(values):
            cause = "the exponent 2s·(β_rec·error + β_neg·divergence) of samples is far above 1, and its gradient is 0"
            return Finding("exp term underflowed", int(steps[gone][0]), cause, "a smaller beta_neg")
    return None


def _inverted(result: Result) -> Finding | None:
    steps, real = curve(result, "kl_real")
    later, fake = curve(result, "kl_fake")
    shared = np.isin(steps, later)
    steps, real = steps[shared], real[shared]
    if not len(steps) or _end(real) <= _end(fake):
        return None
    below = np.flatnonzero(real <= fake)
    since = steps[min(below[-1] + 1, len(steps) - 1)] if len(below) else steps[0]
    cause = "the encoder does not tell samples from data, or has turned against the data"
    return Finding(
        "KL of real above KL of samples", int(since), cause, "a larger beta_neg (or margin), a longer warmup"
    )


def _flat(result: Result) -> Finding | None:
    steps, values = curve(result, "gradient_penalty")
    if not len(values) or _end(values) < FLAT:
        return None
    return Finding("critic without gradient", int(steps[values >= FLAT][0]), "the critic is flat", "a larger penalty")


def _dead(result: Result) -> Finding | None:
    share = result.scores.get("dead_latents", math.nan)
    if not share > DEAD:
        return None
    knob = "a smaller beta_kl" + (", fewer latent_dim" if result.config.recipe.latent_dim > 2 else "")
    return Finding(
        "dead latents", result.config.steps - 1, f"KL has switched off {share:.0%} of the latent dimensions", knob
    )


def curve(result: Result, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps and values of a curve where it has any: a warm-up lacks the adversarial terms."""
    values = np.array(result.history.get(name, []), dtype=float)
    steps = np.array(result.history.get("step", []), dtype=int)[: len(values)]
    there = ~np.isnan(values)
    return steps[there], values[there]


def _end(values: Sequence[float]) -> float:
    return float(np.mean(values[-max(1, math.ceil(len(values) / LAST)) :]))
