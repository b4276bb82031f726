"""What the answers to the exercises need: forces, an equal pair of marginals, rates, and a run that is an exception."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy.optimize import brentq

from asvae.config import RunConfig
from asvae.losses import as_distance
from asvae.losses.similarity import kernel_constant
from asvae.store.results import find
from asvae.training.run import Result
from asvae_book.chapters import two_gaussians
from asvae_book.paper.measures import at_the_end, drift, exceeded_bound, largest_distance, underflow_share
from asvae_book.studies import RATES, Cells
from asvae_book.studies.measures import headline

CONSTANT = kernel_constant("marginal", "v", 1)
"""The factor of the kernel in one dimension."""


def answer(text: str) -> str:
    """Return an answer in Markdown, folded until it is asked for."""
    return f"<details><summary>Answer</summary>\n\n{text}\n\n</details>"


def crossing(constant: float = 1.0) -> float:
    """Return the variance below which the AS-distance, times ``constant``, pulls harder on it than KL; equal means."""

    def gap(v: float) -> float:
        forces = two_gaussians.exact(0.0, v)
        return constant * abs(forces["distance by log v"]) - abs(forces["kl by log v"])

    return float(brentq(gap, 1e-6, 0.9))


def equal_marginals() -> dict[str, float]:
    """Return the distances, by kernel, of two batches on opposite diagonals of a square, variances ¼."""
    a, b = torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), torch.tensor([[-1.0, 1.0], [1.0, -1.0]])
    logvar = torch.full((2, 2), math.log(0.25))
    return {kernel: float(as_distance(a, logvar, b, logvar, kernel=kernel)) for kernel in ("marginal", "joint")}


def rates(cells: Cells) -> str:
    """Return as a table in Markdown, for either shape and every rate, how many runs ran away, and the median KL."""
    rows = {}
    for rate in RATES:
        row = {}
        for shape in ("tanh", "linear"):
            runs = [run for run in cells[f"{shape}-{rate:g}"] if not run.diverged]
            row[f"{shape}: ran away"] = f"{len(_away(runs))} of {len(runs)}"
            row[f"{shape}: median KL"] = f"{np.median([headline(run) for run in runs]):.2f}"
        rows[f"rate {rate:g}"] = row
    return pd.DataFrame.from_dict(rows, orient="index").to_markdown(disable_numparse=True)


def exception(configs: Sequence[RunConfig], seed: int) -> str:
    """Return in words, with a table, what sets the run of ``seed`` apart from those of the other seeds."""
    runs = list(find(configs).values())
    [one] = [run for run in runs if run.config.seed == seed]
    bounded = [run for run in runs if run not in _away(runs)]
    inverted = [run.config.seed for run in bounded if _gap(run) > 0.0]
    points = one.samples
    shares = torch.bincount(one.config.data().mode(points) + 1) / len(points)
    return (
        "Not the distance, which stays where that of the other bounded runs is, and not an exponential at 0. "
        f"Medians:\n\n{_table(runs, one)}\n\n"
        "The last rows have the answer. Late in the run its score *rises*, where that of the others falls. "
        f"{shares[0]:.0%} of its samples lie off the squares, and one square has {shares[1:].min():.1%} of them, where "
        f"an eighth is due. Of the bounded runs {len(inverted)} of {len(bounded)} end with a larger KL of data than of "
        f"samples (seed {', '.join(map(str, inverted))}): **the critic takes its samples for likelier than data**, so "
        "nothing pushes the decoder back. That can happen in any adversarial game, with or without the AS-distance. "
        "What set it off in this seed we do not know."
    )


def _table(runs: Sequence[Result], one: Result) -> str:
    """Return the measures of one run beside the medians of the bounded others and of those that ran away."""
    away = _away(runs)
    groups = {
        f"seed {one.config.seed}": [one],
        "bounded": [run for run in runs if run is not one and run not in away],
        "ran away": away,
    }
    measures = {
        "KL, the paper's unit": headline,
        "largest AS-distance": largest_distance,
        "exp term at 0, share": underflow_share,
        "samples on the squares": lambda run: run.scores["on_support"],
        "KL of data − of samples": _gap,
        "rise of the score, last third": drift,
    }
    rows = {
        name: {
            f"{group} ({len(own)})": f"{np.nanmedian([measure(run) for run in own]):.3g}"
            for group, own in groups.items()
        }
        for name, measure in measures.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").to_markdown(disable_numparse=True)


def _away(runs: Sequence[Result]) -> list[Result]:
    return [run for run in runs if exceeded_bound(run)]


def _gap(run: Result) -> float:
    """Return the KL of data minus that of samples at the end of the run."""
    return at_the_end(run, "kl_real") - at_the_end(run, "kl_fake")
