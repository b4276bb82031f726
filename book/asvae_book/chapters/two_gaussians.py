r"""Two Gaussians for which everything can be written down: how hard KL and AS-distance pull on a mean and a variance.

One aggregate posterior is a single posterior :math:`N(m, v)`, the other :math:`N(0, 1)`. Then
:math:`D_{AS} = (2v)^{-1/2} + 2^{-1/2} - 2\,e^{-m^2/2(1+v)}(1+v)^{-1/2}` and
:math:`\mathrm{KL} = \tfrac12(m^2 + v - 1 - \log v)`.
"""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from asvae.losses import as_distance, kl_divergence
from asvae_book.chapters import palette


def exact(m: float, v: float) -> dict[str, float]:
    """Return the AS-distance and its derivatives by m and by log v, and KL's, from their formulas."""
    w = 1.0 + v
    k = math.exp(-0.5 * m * m / w) / math.sqrt(w)
    return {
        "distance": 1.0 / math.sqrt(2.0 * v) + 1.0 / math.sqrt(2.0) - 2.0 * k,
        "distance by m": 2.0 * k * m / w,
        "distance by log v": -0.5 / math.sqrt(2.0 * v) - k * (m * m / w - 1.0) * v / w,
        "kl by m": m,
        "kl by log v": 0.5 * (v - 1.0),
    }


def computed(m: float, v: float) -> dict[str, float]:
    """Return the same from :mod:`asvae.losses` and automatic differentiation, in double precision."""
    mu, logvar = (torch.tensor([[x]], dtype=torch.float64, requires_grad=True) for x in (m, math.log(v)))
    zero = torch.zeros(1, 1, dtype=torch.float64)
    distance = as_distance(mu, logvar, zero, zero)
    by_m, by_v = torch.autograd.grad(distance, (mu, logvar))
    kl_m, kl_v = torch.autograd.grad(kl_divergence(mu, logvar).sum(), (mu, logvar))
    values = (distance, by_m, by_v, kl_m, kl_v)
    return dict(zip(exact(m, v), (value.item() for value in values), strict=True))


def table(means: Sequence[float] = (0.5, 1.0, 2.0, 4.0, 8.0)) -> pd.DataFrame:
    """Return both for variances of 1 and means that lie m apart: the core against the formula."""
    rows = {}
    for m in means:
        ours, true = computed(m, 1.0), exact(m, 1.0)
        rows[f"m = {m:g}"] = {
            "AS-distance": f"{ours['distance']:.6f}",
            "exact": f"{true['distance']:.6f}",
            "its pull on m": f"{ours['distance by m']:.2e}",
            "exact ": f"{true['distance by m']:.2e}",
            "pull of KL": f"{ours['kl by m']:.2e}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def figure() -> Figure:
    """Draw the pull of KL and AS-distance on a mean that is m away, and on the variance where the means agree."""
    figure, axes = plt.subplots(1, 2, figsize=(6.2, 2.8))
    m, v = np.linspace(0.01, 8.0, 300), np.logspace(-6.0, 2.0, 300)
    curves = {
        "kl": ("KL", palette.of_method("s-introvae")),
        "distance": ("AS-distance", palette.of_method("as-introvae")),
    }
    for key, (name, colour) in curves.items():
        axes[0].plot(m, [exact(each, 1.0)[f"{key} by m"] for each in m], color=colour, label=name)
        axes[1].plot(v, [abs(exact(0.0, each)[f"{key} by log v"]) for each in v], color=colour, label=name)
    axes[0].set(yscale="log", ylim=(1e-6, 20.0), xlabel="m, how far the means are apart", ylabel="derivative by m")
    axes[1].set(xscale="log", yscale="log", ylim=(1e-4, 1e3))
    axes[1].set(xlabel="v, the variance of one (the other's is 1)", ylabel="|derivative by log v|, m = 0")
    axes[0].legend()
    return figure
