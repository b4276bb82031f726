"""What is wrong with a run, from its curves or before it: a name, since when, the likely cause, the knob to turn.

Nothing here is computed while a run trains: its curves are enough, so that kept results are diagnosed as well.
"""

import logging
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from asvae.config import RunConfig
from asvae.training.run import Result

_LOG = logging.getLogger("asvae")

UNDERFLOWED = 1e-30
"""An exp term below it has no gradient in single precision: 2s·β_neg times it is lost beside anything else."""

FLAT = 0.9
"""A gradient penalty above it: the critic's slope is near 0 almost everywhere, and the penalty near 1."""

DEAD = 0.25
"""A larger share of dead latent dimensions is worth a word."""

INVERTED = {"points": 0.1, "images": 0.5}
"""Kind of data → the share by which KL of real data may exceed that of samples. Where an encoder cannot tell them apart
both are equal but for noise, in good runs too."""

STEEP = 2.0
"""More nats per latent dimension than this at equilibrium are worth a word before a run."""

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
    - ``KL of real above KL of samples``: over the last quarter, by more than a tenth, on images by more than half.
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


def equilibrium(config: RunConfig) -> float:
    r"""Return the KL at which the soft introspective encoder balances where it cannot tell samples from data, in nats.

    Then all KL are one :math:`k`, and of the encoder's loss :math:`s\beta_{kl} k + \tfrac12 e^{-2s\beta k}` is left,
    where :math:`\beta = c\beta_{neg}` with the c that the run ends with. Its minimum is
    :math:`k^* = \ln(\beta/\beta_{kl}) / (2 s \beta)`. The errors of reconstruction are left out: those of
    samples lower it, those of real data, which a larger KL lessens, raise it. NaN for other objectives, or without a
    weight; 0 where β does not exceed β_kl.
    """
    weights = [getattr(config.hyperparameters, name, math.nan) for name in ("beta_kl", "beta_neg")]
    if not all(weight > 0.0 for weight in weights):
        return math.nan
    beta_kl, beta_neg = weights
    beta = beta_neg * config.hyperparameters.c(1.0)
    if beta <= beta_kl:
        return 0.0
    return math.log(beta / beta_kl) * math.prod(config.data().shape) / (2.0 * beta)


def forecast(config: RunConfig) -> Finding | None:
    """Return what is wrong with a run before its first step: an adversary that lets KL grow without need."""
    nats = equilibrium(config)
    if not nats > STEEP * config.recipe.latent_dim:
        return None
    cause = (
        f"where it cannot tell samples from data, the encoder settles at a KL of {nats:.0f} nats, "
        f"{nats / config.recipe.latent_dim:.1f} per latent dimension"
    )
    return Finding("weak adversary", 0, cause, "a larger beta_neg")


def log_forecasts(configs: Sequence[RunConfig]) -> None:
    """Log :func:`forecast` of runs that are about to be trained, once each."""
    for sentence in dict.fromkeys(str(found) for config in configs if (found := forecast(config)) is not None):
        _LOG.warning(sentence)


def log(runs: Sequence[Result]) -> None:
    """Log :func:`report` of runs that have just been trained, one warning per sentence, under ``"asvae"``."""
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
    steps, real, fake = _both_kls(result)
    allowed = (1.0 + INVERTED[result.config.kind]) * fake
    if not len(steps) or _end(real) <= _end(allowed):
        return None
    below = np.flatnonzero(real <= allowed)
    since = steps[min(below[-1] + 1, len(steps) - 1)] if len(below) else steps[0]
    cause = "the encoder takes samples for likelier than data"
    return Finding(
        "KL of real above KL of samples", int(since), cause, "a larger beta_neg (or margin), a longer warmup"
    )


def kl_ratio(result: Result) -> float:
    """Return the KL of real data over that of samples, both means over the last quarter.

    NaN without an adversary, and where the posterior of samples has collapsed to the prior.
    """
    steps, real, fake = _both_kls(result)
    return _end(real) / _end(fake) if len(steps) and _end(fake) else math.nan


def _both_kls(result: Result) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    steps, real = curve(result, "kl_real")
    later, fake = curve(result, "kl_fake")
    shared = np.isin(steps, later)
    return steps[shared], real[shared], fake


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
