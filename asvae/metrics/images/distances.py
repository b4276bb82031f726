"""Distances between two sets of features, by torchmetrics, and precision and recall by nearest neighbours."""

import math
import warnings
from typing import NamedTuple

import torch
from torch import Tensor, nn

from asvae.checks import InvalidArgumentError, integer, refuse

SUBSETS, SUBSET = 100, 1_000
"""Number of the kernel distance's subsets, and the largest number of rows of each."""

NEIGHBOURS, NEIGHBOURHOODS = 3, 2_000
"""Of precision and recall: whose distance is a ball's radius, and the largest number of balls."""


class KernelDistance(NamedTuple):
    """A kernel distance over subsets of two sets of features."""

    mean: float
    """Unbiased, so around 0, and often below, for two sets from one distribution."""
    sd: float
    """Standard deviation over the subsets, which overlap: not over models or draws."""


class PrecisionRecall(NamedTuple):
    """How far two supports overlap, both in [0, 1]."""

    precision: float
    """Share of samples that lie among real images: low where samples look like nothing in the data."""
    recall: float
    """Share of real images that lie among samples: low where samples leave out a part of the data."""


class _Given(nn.Identity):
    """The identity, where torchmetrics expects a network: the features are computed already."""

    def __init__(self, num_features: int):
        super().__init__()
        self.num_features = num_features


def frechet_distance(features_a, features_b) -> float:
    r"""Return the squared Fréchet distance of the Gaussians that fit two sets of features, computed by torchmetrics.

    With means μ and covariances Σ, :math:`|μ_a - μ_b|^2 + \mathrm{tr}(Σ_a + Σ_b - 2(Σ_aΣ_b)^{1/2})` (Heusel et al.
    2017, equation 6); in double precision. In Inception's features this is FID. Fewer rows bias it upwards, so only
    distances of equally large sets compare.

    Parameters
    ----------
    features_a, features_b : array or Tensor
        ``(N, D)`` and ``(M, D)``, at least two rows each.

    Returns
    -------
    float
        In squared units of the features; NaN if one of them is not finite.

    Raises
    ------
    InvalidArgumentError
        If the shapes are not as above.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # seconds to import

    a, b = _pair(features_a, features_b)
    if not (a.isfinite().all() and b.isfinite().all()):
        return math.nan
    # One process has all features: it must not wait for the others here.
    metric = FrechetInceptionDistance(_Given(a.shape[1]), sync_on_compute=False).to(a.device)
    metric.update(a, real=True)
    metric.update(b, real=False)
    return float(metric.compute())


def kernel_distance(
    features_a, features_b, *, subsets: int = SUBSETS, subset_size: int | None = None
) -> KernelDistance:
    r"""Return the squared maximum mean discrepancy of two sets of features, computed by torchmetrics.

    The kernel is :math:`(x^\top y / D + 1)^3` (Bińkowski et al. 2018); in Inception's features this is KID.
    It is not scaled, and in sixth powers of the features' unit; many papers print it times 100 or 1,000. The subsets
    are the same at every call.

    Parameters
    ----------
    features_a, features_b : array or Tensor
        ``(N, D)`` and ``(M, D)``, at least two rows each.
    subsets : int
        How many subsets to draw from either set.
    subset_size : int, optional
        Rows of a subset, at most the rows of the smaller set; by default half of them, but at most 1,000.

    Returns
    -------
    KernelDistance
        NaN if a feature is not finite.

    Raises
    ------
    InvalidArgumentError
        If the shapes are not as above, or the subsets are impossible.
    """
    from torchmetrics.image.kid import KernelInceptionDistance  # seconds to import

    a, b = _pair(features_a, features_b)
    rows = min(len(a), len(b))
    subsets = integer("subsets", subsets, 1)
    subset_size = subset_rows(rows) if subset_size is None else integer("subset_size", subset_size, 2, rows)
    if not (a.isfinite().all() and b.isfinite().all()):
        return KernelDistance(math.nan, math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it always warns that it stores all features
        sizes = {"subsets": subsets, "subset_size": subset_size}
        metric = KernelInceptionDistance(_Given(a.shape[1]), sync_on_compute=False, **sizes)
    metric.update(a, real=True)
    metric.update(b, real=False)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        mean, sd = metric.compute()
    return KernelDistance(float(mean), float(sd))


def precision_recall(features_a, features_b) -> PrecisionRecall:
    """Return improved precision and recall (Kynkäänniemi et al. 2019, equations 1 and 2).

    A point lies among others if it is no farther from one of them than that one's third nearest neighbour among them.
    Of each set the first 2,000 rows at most. Two sets from one distribution stay well below 1: compare with a floor.

    Parameters
    ----------
    features_a, features_b : array or Tensor
        Of samples, ``(N, D)``, and of real images, ``(M, D)``, at least two rows each.

    Returns
    -------
    PrecisionRecall
        NaN if a feature is not finite, or a set has fewer than five rows.

    Raises
    ------
    InvalidArgumentError
        If the shapes are not as above.
    """
    fake, real = (each[:NEIGHBOURHOODS] for each in _pair(features_a, features_b))
    enough = min(len(fake), len(real)) > NEIGHBOURS + 1
    if not (enough and fake.isfinite().all() and real.isfinite().all()):
        return PrecisionRecall(math.nan, math.nan)
    # The first neighbour of a point is itself.
    radii = [torch.cdist(each, each).kthvalue(NEIGHBOURS + 1).values for each in (real, fake)]
    apart = torch.cdist(fake, real)
    among = (apart <= radii[0]).any(1), (radii[1] >= apart.T).any(1)
    return PrecisionRecall(*(inside.float().mean().item() for inside in among))


def subset_rows(rows: int) -> int:
    """Return the default size of a kernel distance's subsets, for sets of ``rows``."""
    return max(2, min(SUBSET, rows // 2))


def _pair(features_a, features_b) -> tuple[Tensor, Tensor]:
    checked = []
    for name, given in (("features_a", features_a), ("features_b", features_b)):
        try:
            given = torch.as_tensor(given)
            if given.is_complex():  # PyTorch would drop the imaginary part with a warning
                raise TypeError
            given = given.double()
        except (TypeError, ValueError, RuntimeError):
            refuse(name, given, "numbers of shape (N, D)")
        if given.ndim != 2 or len(given) < 2 or (checked and given.shape[1] != checked[0].shape[1]):
            width = checked[0].shape[1] if checked else "D"
            raise InvalidArgumentError(f"{name}: got shape {tuple(given.shape)}; allowed: (N, {width}), N at least 2.")
        checked.append(given)
    return checked[0], checked[1]
