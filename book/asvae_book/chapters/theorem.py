r"""The paper's Theorem 1 on two Gaussians: whose gradient vanishes where the two do not overlap.

:math:`q_r = N(m, 1)` and :math:`q_g = N(0, 1)` are as far apart as one likes, and every divergence that the theorem
names has a derivative by m: the AS-distance (eq. 5), KL, the Jensen-Shannon divergence that stands for KL in the proof
(eq. 11), and the squared 2-Wasserstein distance that the paper's words name.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from asvae.losses import as_distance, kl_divergence
from asvae.losses.similarity import kernel_constant

STEP, TAIL = 1e-3, 12.0
"""Spacing of the integral's points, and how far from the means it reaches."""


def derivatives(m: float) -> dict[str, float]:
    """Return each divergence's derivative by m: from the core where it has the divergence, else by calculation."""
    mu = torch.tensor([[m]], dtype=torch.float64, requires_grad=True)
    zero = torch.zeros(1, 1, dtype=torch.float64)
    distance = kernel_constant("marginal", "v", 1) * as_distance(mu, zero, zero, zero)
    (by_distance,) = torch.autograd.grad(distance, mu)
    (by_kl,) = torch.autograd.grad(kl_divergence(mu, zero).sum(), mu)
    return {"as": by_distance.item(), "kl": by_kl.item(), "2 jsd": jsd_derivative(m), "w2": 2.0 * m}


def exact(m: float) -> dict[str, float]:
    """Return those of the core from their formulas."""
    return {"as": m * math.exp(-0.25 * m * m) / (2.0 * math.sqrt(math.pi)), "kl": m}


def jsd_derivative(m: float) -> float:
    r"""Return the derivative by m of 2·JSD in nats, :math:`-\int (z - m)\, q_r \log(1 + q_g / q_r)\, dz`.

    The derivatives of the mixture cancel, since it is what both halves are compared with.
    """
    z = np.arange(-TAIL, m + TAIL, STEP)
    density = np.exp(-0.5 * (z - m) ** 2) / math.sqrt(2.0 * math.pi)
    return float(-np.sum((z - m) * density * np.logaddexp(0.0, 0.5 * ((z - m) ** 2 - z**2))) * STEP)


NAMES = {
    "as": "AS-distance, eq. 5",
    "kl": "KL to the prior, eqs. 3 and 4",
    "2 jsd": "2·JSD, eq. 11",
    "w2": "squared 2-Wasserstein",
}
"""Divergence → the head of its column."""


def table(means: Sequence[float] = (0.5, 1.0, 2.0, 4.0, 8.0)) -> pd.DataFrame:
    """Return the derivatives for means that lie m apart, one row per m."""
    rows = {f"m = {m:g}": {NAMES[key]: f"{value:.2g}" for key, value in derivatives(m).items()} for m in means}
    return pd.DataFrame.from_dict(rows, orient="index")
