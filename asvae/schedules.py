r"""Progress → weight: the share of KL (``c``) and of AS-distance (``1 - c``) in the divergence of fakes.

Each factory returns a function of ``progress`` in [0, 1], the share of the run that has passed (or of its
adversarial phase: the objective's ``clock``); it takes a float or a tensor and returns the same type, in [0, 1].
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from asvae.checks import number, one_of

Schedule = Callable[[float | Tensor], float | Tensor]


def _checked(schedule: Schedule) -> Schedule:
    """Refuse a progress outside [0, 1]; a tensor is not checked, since reading it would make a GPU wait."""

    def checked(progress: float | Tensor) -> float | Tensor:
        return schedule(progress if isinstance(progress, Tensor) else number("progress", progress, 0.0, 1.0))

    return checked


def constant(c: float) -> Schedule:
    """Hold the weight at ``c``: 1 is S-IntroVAE, 0 is AS-distance alone, ½ the supplement's mixed runs."""
    c = number("c", c, 0.0, 1.0)

    def schedule(progress: float | Tensor) -> float | Tensor:
        return torch.full_like(progress, c) if isinstance(progress, Tensor) else c

    return _checked(schedule)


def tanh_ramp(rate: float = 5.0) -> Schedule:
    r"""Rise as :math:`c = \tanh(\text{rate}\cdot t/T)`: the released code's annealing at ``rate`` 5."""
    rate = number("rate", rate, 0.0, open_low=True)

    def schedule(progress: float | Tensor) -> float | Tensor:
        return torch.tanh(rate * progress) if isinstance(progress, Tensor) else math.tanh(rate * progress)

    return _checked(schedule)


def linear_ramp(rate: float = 5.0) -> Schedule:
    r"""Rise as :math:`c = \min(1, \text{rate}\cdot t/T)`: the paper's annealing at ``rate`` 5 (eq. 9)."""
    rate = number("rate", rate, 0.0, open_low=True)

    def schedule(progress: float | Tensor) -> float | Tensor:
        return (rate * progress).clamp(max=1.0) if isinstance(progress, Tensor) else min(1.0, rate * progress)

    return _checked(schedule)


_NAMED = {
    "linear": linear_ramp,
    "tanh": tanh_ramp,
    "half": lambda rate: constant(0.5),
    "as-only": lambda rate: constant(0.0),
    "kl-only": lambda rate: constant(1.0),
}


def names() -> list[str]:
    """Return the names a configuration may use for its schedule."""
    return list(_NAMED)


def get(name: str, rate: float = 5.0) -> Schedule:
    """Return the schedule called ``name``; ``rate`` matters to the two ramps only.

    Raises
    ------
    InvalidArgumentError
        If the name is not one of :func:`names` or the rate is not positive.
    """
    return _NAMED[one_of("schedule", name, _NAMED)](rate)
