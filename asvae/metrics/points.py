r"""Scores of points: the histogram scores of Table 1, and what those leave out.

Table 1's KL and JSD fit Soft-IntroVAE's released 2-D evaluation: histogram *densities* over [-4, 4]², an ε inside
the logarithm, a sum divided by the number of rows, and a JSD whose arguments are swapped. They are reproduced
here exactly, together with textbook values.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import rel_entr, xlogy

from asvae.checks import InvalidArgumentError, function, integer, need_tensors, number, refuse
from asvae.cpu import check_room, memory
from asvae.datasets.points import PointsDataset
from asvae.draws import EVALUATION_SEED

EPSILON = 1e-14

DRAWS = 20
"""Number of draws over which a model is scored."""

Sampler = Callable[[int, int], torch.Tensor]
"""``(n, draw) -> (n, 2)`` samples; different draws give different samples."""


class HistogramScores(NamedTuple):
    """Scores of one pair of histograms, lower is better."""

    kl: float
    """The paper's KL, in its own unit: with the default bins, nats × 1.5625."""
    jsd: float
    """The paper's JSD: arguments swapped, so not bounded by ln 2."""
    jsd_textbook: float
    """Jensen–Shannon divergence in nats, at most ln 2."""


def histogram_scores(real, fake, *, bins: int = 100, limit: float = 4.0) -> HistogramScores:
    r"""Score points against real points as Table 1 does.

    With histogram densities p (real), q (fake), their mean m and ε = 1e-14, summed over cells and divided by ``bins``:
    :math:`\mathrm{kl} = \sum p\,(\log p - \log(q + ε))` and
    :math:`\mathrm{jsd} = \tfrac12\sum m\,(\log m - \log(p+ε)) + \tfrac12\sum m\,(\log m - \log(q+ε))`.

    Parameters
    ----------
    real, fake : array or Tensor
        ``(N, 2)`` and ``(M, 2)`` points; those outside [-limit, limit]² are not counted.
    bins : int
        Cells per side.
    limit : float
        Half the side of the window, from 1e-100 to 1e100: a cell's area must be a number.

    Returns
    -------
    HistogramScores
        All NaN if a sample is not finite or none lies in the window.

    Raises
    ------
    InvalidArgumentError
        If the arrays are not ``(N, 2)``, or bins or limit are impossible.
    """
    bins, limit = integer("bins", bins, 1, 10_000), number("limit", limit, 1e-100, 1e100)
    p, q = (_density(name, points, bins, limit) for name, points in (("real", real), ("fake", fake)))
    if p is None or q is None:
        return HistogramScores(np.nan, np.nan, np.nan)
    m = 0.5 * (p + q)
    kl = _torch_kl(q, p) / bins
    jsd = 0.5 * (_torch_kl(p, m) + _torch_kl(q, m)) / bins
    cell = (2.0 * limit / bins) ** 2
    textbook = 0.5 * cell * (rel_entr(p, m).sum() + rel_entr(q, m).sum())
    return HistogramScores(float(kl), float(jsd), float(textbook))


def _density(name: str, points, bins: int, limit: float) -> np.ndarray | None:
    try:
        if isinstance(points, torch.Tensor):
            points = points.detach().cpu()
            points = points if points.is_complex() else points.double()
        given = np.asarray(points)
        if given.dtype.kind == "c":  # NumPy would drop the imaginary part with a warning
            raise TypeError
        points = given.astype(np.float64)
    except (TypeError, ValueError, RuntimeError):
        refuse(name, points, "numbers of shape (N, 2)")
    if points.ndim != 2 or points.shape[1] != 2:
        raise InvalidArgumentError(f"{name}: got an array of shape {points.shape}; allowed: (N, 2).")
    window = [[-limit, limit]] * 2
    if not np.isfinite(points).all():
        return None
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=bins, range=window)
    return counts / counts.sum() / (2.0 * limit / bins) ** 2 if counts.any() else None


def _torch_kl(model: np.ndarray, target: np.ndarray) -> float:
    """Sum of target·(log target − log(model + ε)): ``torch.nn.functional.kl_div`` before its division."""
    return (xlogy(target, target) - target * np.log(model + EPSILON)).sum()


class SupportScores(NamedTuple):
    """Where samples lie relative to the regions of the data set, such as the checkerboard's squares."""

    on_support: float
    """Share of samples inside the regions."""
    modes_covered: int
    """Regions to which at least half of their share belongs, 1/K of the samples."""
    centroid_error: float
    """Mean distance between the centre of a covered region and the mean of its samples; NaN if none is covered."""


def support_scores(points: torch.Tensor, dataset: PointsDataset) -> SupportScores:
    """Score ``(N, 2)`` samples by the regions of the data set, as claim T3 does.

    Raises
    ------
    InvalidArgumentError
        If the samples are no tensor of that shape with at least one, or the data set has no regions.
    """
    _need_points(dataset, points=points)
    mode = dataset.mode(points)
    count = torch.stack([(mode == k).sum() for k in range(len(dataset.centres))])
    covered = (count >= 0.5 * len(points) / len(dataset.centres)).nonzero().flatten()
    centroids = [points[mode == k].mean(0) for k in covered]
    errors = [float((c - dataset.centres[k]).norm()) for c, k in zip(centroids, covered, strict=True)]
    share = float((dataset.region_of(points) >= 0).double().mean())
    return SupportScores(share, len(covered), float(np.mean(errors)) if errors else np.nan)


def _need_points(dataset: PointsDataset, n: int | None = None, **named: torch.Tensor) -> None:
    """Refuse what is no data set of points, and what are not ``n`` of its points, or at least one."""
    if not isinstance(dataset, PointsDataset):
        refuse("dataset", dataset, "a data set of points, such as asvae.datasets.get('checkerboard')")
    for name, points in named.items():
        [shape, _] = need_tensors(**{name: points, "dataset": dataset.centres})
        if shape[1:] != (2,) or (shape[0] != n if n else not shape[0]):
            refuse(name, shape, f"a tensor of shape ({n or 'N'}, 2)")


def score(sample: Sampler, dataset: PointsDataset, *, n: int = 5_000, draws: int = DRAWS, large: int = 200_000) -> dict:
    """Score a sampler over many draws, since the noise of one draw is as large as Table 1's differences.

    Parameters
    ----------
    sample : callable
        ``(n, draw) -> (n, 2)``.
    dataset : PointsDataset
        The true distribution. Its draws are the same for every sampler, so differences between samplers are paired.
    n : int
        Points per draw; Table 1's estimator has 5,000.
    draws : int
        Number of draws to average.
    large : int
        Points of one additional large draw, whose floor is near 0.

    Returns
    -------
    dict
        ``kl``, ``jsd``, ``jsd_textbook`` and ``kl_draw_sd``, ``jsd_draw_sd`` (one draw's noise) over the draws;
        ``kl_large``, ``jsd_large``, ``jsd_textbook_large``, the fields of :class:`SupportScores` and
        ``spread``, the samples' standard deviation over the truth's, from the large one.

    Raises
    ------
    InvalidArgumentError
        If the sampler returns anything but ``n`` points, the data set has none, or a number is impossible.
    """
    function("sample", sample, "n and draw")
    _need_points(dataset)
    n, draws, large = integer("n", n, 1), integer("draws", draws, 1), integer("large", large, 1)
    for name, points in (("n", n), ("large", large)):
        check_room(f"{name}={points}", 200 * points, memory())  # copies in double precision, and to each region

    def drawn(n: int, draw: int) -> torch.Tensor:
        _need_points(dataset, n, **{f"sample({n}, {draw})": (points := sample(n, draw))})
        return points

    each = [
        histogram_scores(dataset.sample(n, EVALUATION_SEED, step=draw), drawn(n, draw), limit=dataset.limit)
        for draw in range(draws)
    ]
    kl, jsd, textbook = np.array(each).T
    points, real = drawn(large, draws), dataset.sample(large, EVALUATION_SEED, step=draws)
    big = histogram_scores(real, points, limit=dataset.limit)
    return {
        "kl": float(kl.mean()),
        "kl_draw_sd": float(kl.std(ddof=1)) if draws > 1 else np.nan,
        "jsd": float(jsd.mean()),
        "jsd_draw_sd": float(jsd.std(ddof=1)) if draws > 1 else np.nan,
        "jsd_textbook": float(textbook.mean()),
        **{f"{name}_large": value for name, value in big._asdict().items()},
        **support_scores(points, dataset)._asdict(),
        "spread": float((points.double().var(0).sum() / real.double().var(0).sum()).sqrt()),
    }


def nothing() -> dict[str, float]:
    """Return the scores of a diverged run: every entry of :func:`score`, NaN."""
    names = ("kl", "kl_draw_sd", "jsd", "jsd_draw_sd", "jsd_textbook", "kl_large", "jsd_large", "jsd_textbook_large")
    return dict.fromkeys([*names, *SupportScores._fields, "spread"], np.nan)


def floor(dataset: PointsDataset, *, draws: int = 40, large: int = 200_000) -> dict:
    """Score the true distribution against itself: the best that a model can reach in :func:`score`."""
    return score(lambda n, draw: dataset.sample(n, EVALUATION_SEED + 1, draw), dataset, draws=draws, large=large)
