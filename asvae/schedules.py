r"""Progress → weight: the share of KL (``c``) and of AS-distance (``1 - c``) in the divergence of fakes.

Each factory returns a function of ``progress`` in [0, 1], the share of the run that has passed (or of its
adversarial phase: the objective's ``clock``); it takes a float or a tensor and returns the same type, in [0, 1].
It refuses a number outside [0, 1] with :class:`~asvae.checks.InvalidArgumentError`; a tensor is not checked, since
reading it would make a GPU wait.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from asvae.checks import need_tensors, number, one_of

Schedule = Callable[[float | Tensor], float | Tensor]


def _schedule(of_float: Callable[[float], float], of_tensor: Callable[[Tensor], Tensor]) -> Schedule:
    def schedule(progress: float | Tensor) -> float | Tensor:
        if isinstance(progress, Tensor):
            need_tensors(progress=progress)
            return of_tensor(progress)
        return of_float(number("progress", progress, 0.0, 1.0))

    return schedule


def constant(c: float) -> Schedule:
    """Hold the weight at ``c``: 1 is S-IntroVAE, 0 is AS-distance alone, ½ the supplement's mixed runs.

    Raises
    ------
    InvalidArgumentError
        If ``c`` is no number in [0, 1].
    """
    c = number("c", c, 0.0, 1.0)
    return _schedule(lambda t: c, lambda t: torch.full_like(t, c))


def tanh_ramp(rate: float = 5.0) -> Schedule:
    r"""Rise as :math:`c = \tanh(\text{rate}\cdot t/T)`: the released code's annealing at ``rate`` 5.

    Raises
    ------
    InvalidArgumentError
        If the rate is no positive number.
    """
    rate = number("rate", rate, 0.0, open_low=True)
    return _schedule(lambda t: math.tanh(rate * t), lambda t: torch.tanh(rate * t))


def linear_ramp(rate: float = 5.0) -> Schedule:
    r"""Rise as :math:`c = \min(1, \text{rate}\cdot t/T)`: the paper's annealing at ``rate`` 5 (eq. 9).

    Raises
    ------
    InvalidArgumentError
        If the rate is no positive number.
    """
    rate = number("rate", rate, 0.0, open_low=True)
    return _schedule(lambda t: min(1.0, rate * t), lambda t: (rate * t).clamp(max=1.0))


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
    return _NAMED[one_of("schedule", name, _NAMED)](number("rate", rate, 0.0, open_low=True))
