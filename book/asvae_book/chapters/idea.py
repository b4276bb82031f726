"""The ideas from VAE to AS-IntroVAE in pictures and small numbers, the core's functions beside calculation by hand."""

import inspect
import math
import textwrap
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from asvae import RunConfig, schedules
from asvae.losses import as_distance, exp_elbo, hinge, kl_divergence
from asvae.losses.similarity import kernel_constant
from asvae.training import diagnostics
from asvae.training.run import Result
from asvae_book.chapters import palette
from asvae_book.paper.measures import at_the_end, underflow_share
from asvae_book.studies import Cells


def source(*functions: Callable) -> str:
    """Return functions of the core as a block of code in Markdown, as they are but for their docstrings."""
    return "```python\n" + "\n\n\n".join(map(_without_docstring, functions)) + "\n```"


def _without_docstring(function: Callable) -> str:
    code = textwrap.dedent(inspect.getsource(function)).rstrip()
    head, _, rest = code.partition('r"""' if 'r"""' in code else '"""')
    return code if not rest else (head.rstrip() + rest.partition('"""')[2]).rstrip()


def kl_of(mu: float, v: float) -> float:
    """Return the KL of N(mu, v) from the prior, in nats, by the core."""
    return float(kl_divergence(_column([mu]), _column([math.log(v)]))[0])


def realness() -> Figure:
    """Draw the prior and three posteriors in one dimension with their KL: the encoder's verdict on three samples."""
    figure, axis = plt.subplots(figsize=(6.0, 2.4))
    z = np.linspace(-4.0, 6.0, 400)
    axis.fill_between(z, _normal(z, 0.0, 1.0), color=palette.TRUTH, alpha=0.15)
    axis.text(-2.6, 0.06, "prior", ha="right")
    cases = (("real", 0.6, 0.4), ("a good fake", -1.3, 0.4), ("a bad fake", 4.2, 0.4))
    for (name, mu, v), color in zip(cases, (palette.TRUTH, *palette.shades("s-introvae", 2)), strict=True):
        axis.plot(z, _normal(z, mu, v), color=color)
        axis.text(mu, _normal(mu, mu, v) + 0.02, f"{name}\nKL {kl_of(mu, v):.1f}", ha="center", va="bottom")
    axis.set(xlabel="z", yticks=[], ylim=(0.0, 0.85))
    return figure


def thresholds(beta_neg: float = 0.2, margin: float = 10.0) -> Figure:
    """Draw the encoder's term of one fake over its KL, IntroVAE's and S-IntroVAE's, and how hard each pushes."""
    kl = torch.linspace(0.0, 20.0, 401, dtype=torch.float64, requires_grad=True)
    hard = hinge(kl, torch.tensor(margin, dtype=torch.float64))
    one = torch.tensor(beta_neg, dtype=torch.float64)
    soft = exp_elbo(torch.zeros_like(kl), kl, scale=0.5, beta_rec=one, beta_neg=one)
    figure, axes = plt.subplots(1, 2, figsize=(6.2, 2.6))
    curves = {f"IntroVAE, m = {margin:g}, over m": ("introvae", hard / margin), "S-IntroVAE": ("s-introvae", soft)}
    for name, (method, values) in curves.items():
        (slope,) = torch.autograd.grad(values.sum(), kl, retain_graph=True)
        for axis, shown in zip(axes, (values, -slope), strict=True):
            axis.plot(kl.detach(), shown.detach(), color=palette.of_method(method), label=name)
    axes[0].set(xlabel="KL of a fake, nats", ylabel="term of the encoder")
    axes[1].set(xlabel="KL of a fake, nats", ylabel="push on that KL")
    axes[0].legend(fontsize=9)
    return figure


def balance(combinations: dict[str, dict[str, float]]) -> Figure:
    """Draw what the encoder minimises where it cannot tell samples from data, over the KL that both have then."""
    figure, axis = plt.subplots(figsize=(6.0, 2.6))
    k = np.linspace(0.0, 8.0, 300)
    colours = palette.shades("s-introvae", len(combinations))
    for (row, weights), colour in zip(combinations.items(), colours, strict=True):
        config = RunConfig("s-introvae", "checkerboard", **weights)
        best = diagnostics.equilibrium(config)
        axis.plot(k, balance_loss(config, k), color=colour, label=f"{row}: KL* = {best:.2f}")
        axis.plot(best, balance_loss(config, best), "o", color=colour)
    axis.set(xlabel="KL of data and of samples, nats", ylabel="encoder's loss")
    axis.legend(fontsize=9)
    return figure


def balance_loss(config: RunConfig, k):
    r"""Return :math:`s\beta_{kl}k + \tfrac12 e^{-2s\beta_{neg}k}`, what the encoder's loss is if all KL are k."""
    s, hp = 1.0 / math.prod(config.data().shape), config.hyperparameters
    return s * hp.beta_kl * k + 0.5 * np.exp(-2.0 * s * hp.beta_neg * k)


def balance_table(cells: Cells) -> pd.DataFrame:
    """Return the equilibrium of each combination beside the KL with which S-IntroVAE's runs end, means over seeds."""
    rows = {}
    for (row, _), runs in cells.of("s-introvae").items():
        rows[row] = {
            "KL*, by formula": f"{diagnostics.equilibrium(runs[0].config):.2f}",
            "KL of data": f"{_end(runs, 'kl_real'):.2f}",
            "KL of samples": f"{_end(runs, 'kl_fake'):.2f}",
            "seeds": len(runs),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def collapse_table(cells: Cells, names: dict[str, str]) -> pd.DataFrame:
    """Return the signs of collapse and of a vanished gradient, one row per method, means over seeds."""
    rows = {}
    for (_, name), runs in cells.items():
        silent = [underflow_share(run) for run in runs]
        rows[names[name]] = {
            "dead latents": f"{_mean(runs, 'dead_latents'):.0%}",
            "nats kept": f"{abs(_mean(runs, 'mutual_information')):.2f}",
            "modes": f"{_mean(runs, 'modes_covered'):.1f} of 8",
            "silent": "–" if np.isnan(silent).all() else f"{np.nanmean(silent):.0%}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


A, B = (-1.0, 1.0), (0.0, 2.0)
"""The means of the worked example's two batches."""


def by_hand(a: Sequence[float], b: Sequence[float], v: float) -> dict[str, float]:
    """Return the mean kernels within and between two batches of Gaussians N(m, v), and the distance of the batches."""

    def mean(left: Sequence[float], right: Sequence[float]) -> float:
        return float(np.mean([math.exp(-((i - j) ** 2) / (4.0 * v)) / math.sqrt(2.0 * v) for i in left for j in right]))

    within, between = 0.5 * (mean(a, a) + mean(b, b)), mean(a, b)
    return {"within": within, "between": between, "distance": 2.0 * (within - between)}


def hand_equation() -> str:
    """Return the worked example at v = 1 as an equation in Markdown, its numbers from :func:`by_hand`."""
    terms = {name: f"{value:.4f}" for name, value in by_hand(A, B, 1.0).items()}
    return rf"""$$
\begin{{aligned}}
\mathbb E\, k(a, a') &= \frac{{1 + e^{{-1}}}}{{2\sqrt 2}} = {terms["within"]} \\
\mathbb E\, k(a, b) &= \frac{{3 e^{{-1/4}} + e^{{-9/4}}}}{{4\sqrt 2}} = {terms["between"]} \\
d &= 2\, \mathbb E\, k(a, a') - 2\, \mathbb E\, k(a, b) \\ &= {terms["distance"]}
\end{{aligned}}
$$"""


def by_core(a: Sequence[float], b: Sequence[float], v: float) -> float:
    """Return the same distance from :func:`asvae.losses.as_distance`."""
    mu_a, mu_b = _column(a), _column(b)
    return float(as_distance(mu_a, torch.full_like(mu_a, math.log(v)), mu_b, torch.full_like(mu_b, math.log(v))))


def worked_table(halvings: int = 8) -> pd.DataFrame:
    """Return the worked example for variances of 1, ½, ¼, …: by hand, by the core, and the mean KL of batch a."""
    rows = {}
    for i in range(halvings):
        v = 0.5**i
        rows[f"1/{2**i}" if i else "1"] = {name: f"{value:.3f}" for name, value in by_hand(A, B, v).items()} | {
            "the core": f"{by_core(A, B, v):.3f}",
            "KL of a": f"{np.mean([kl_of(m, v) for m in A]):.2f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(columns="v")


def passes() -> float:
    """Return the first variance among 1, ½, ¼, … at which the worked example's distance exceeds √2."""
    return next(v for v in (0.5**i for i in range(50)) if by_core(A, B, v) > math.sqrt(2.0))


def mixtures(variances: Sequence[float] = (1.0, 0.25, 0.0625)) -> Figure:
    """Draw the worked example's two mixtures, and below them the square of their difference, its area shaded."""
    figure, axes = plt.subplots(2, len(variances), figsize=(6.2, 3.8), sharex=True, sharey="row")
    z = np.linspace(-4.0, 5.0, 401)
    for (top, low), v in zip(axes.T, variances, strict=True):
        q_a, q_b = (np.mean([_normal(z, m, v) for m in means], 0) for means in (A, B))
        top.plot(z, q_a, color=palette.of_method("s-introvae"), label="$q_a$")
        top.plot(z, q_b, color=palette.of_method("as-introvae"), label="$q_b$")
        low.fill_between(z, (q_a - q_b) ** 2, color=palette.TRUTH, alpha=0.4)
        low.grid(visible=False)
        top.set_title(f"v = {v:g}")
        area = kernel_constant("marginal", "v", 1) * by_core(A, B, v)
        low.set_title(f"area {area:.3f}")
        low.set_xlabel("z")
    axes[0, 0].legend(fontsize=9)
    axes[1, 0].set_ylabel("$(q_a - q_b)^2$")
    return figure


def equal_kls() -> pd.DataFrame:
    """Return two pairs of batches whose posteriors all have one KL, and their distances: the second pair differs."""
    pairs = {"a at ±1, b at ±1": ((-1.0, 1.0), (-1.0, 1.0)), "a at ±1, b at 1 and 1": ((-1.0, 1.0), (1.0, 1.0))}
    rows = {
        name: {
            "KL of each in a": f"{kl_of(a[0], 0.25):.2f}",
            "KL of each in b": f"{kl_of(b[0], 0.25):.2f}",
            "AS-distance": f"{by_core(a, b, 0.25):.3f}",
        }
        for name, (a, b) in pairs.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


CLOCKS = {
    "KL alone: S-IntroVAE": ("kl-only", 0.0),
    "linear, the paper's": ("linear", 0.0),
    "tanh, the released code's": ("tanh", 0.0),
    "tanh, after the warm-up": ("tanh", 1.0 / 15.0),
    "half of each": ("half", 0.0),
    "AS-distance alone": ("as-only", 0.0),
}
"""Title → the schedule's name, and the share of the run after which its clock starts."""


def clocks() -> Figure:
    """Draw c over a run for every schedule: what of the divergence is KL; the rest is AS-distance."""
    figure, axis = plt.subplots(figsize=(6.0, 3.4))
    t = np.linspace(0.0, 1.0, 301)
    colours = [palette.of_method("s-introvae"), *palette.shades("as-introvae", len(CLOCKS) - 1)]
    styles = ("-", "-", "-", "--", ":", "-.")
    for (title, (name, start)), colour, style in zip(CLOCKS.items(), colours, styles, strict=True):
        c = schedules.get(name)
        axis.plot(t, [c(max(0.0, (x - start) / (1.0 - start))) for x in t], style, color=colour, label=title)
    axis.set(xlabel="t / T, the share of the run", ylabel="c, the share of KL", ylim=(-0.03, 1.05))
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return figure


def _normal(z, mu: float, v: float):
    return np.exp(-0.5 * (z - mu) ** 2 / v) / math.sqrt(2.0 * math.pi * v)


def _column(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


def _end(runs: Sequence[Result], term: str) -> float:
    return float(np.mean([at_the_end(run, term) for run in runs]))


def _mean(runs: Sequence[Result], score: str) -> float:
    return float(np.nanmean([run.scores.get(score, math.nan) for run in runs]))
