"""How images are scored: how many, against which reference, by which networks."""

from asvae.checks import integer, refuse
from asvae.datasets.images import ImageDataset
from asvae.metrics.features import FeatureExtractor
from asvae.metrics.images.distances import SUBSETS, subset_rows

LIMIT = 10_000
"""Largest number of images that are compared."""


def set_size(dataset: ImageDataset, n: int | None = None, limit: int = LIMIT) -> int:
    """Return how many images a set has: n, or half of the training images, at most ``limit``; too few are refused."""
    limit, half = integer("limit", limit, 2), len(dataset.images) // 2
    if half < 2:
        refuse("dataset", f"{dataset.name!r} with {len(dataset.images)} training images", "at least four")
    return min(limit, half) if n is None else integer("n", n, 2, half)


def reconstructed_size(dataset: ImageDataset, limit: int) -> int:
    """Return how many test images are reconstructed: all, but at most ``limit``."""
    return min(integer("limit", limit, 2), len(dataset.test_images))


def protocol(
    dataset: ImageDataset,
    *,
    n: int | None = None,
    limit: int = LIMIT,
    extractor: FeatureExtractor,
    inception: FeatureExtractor | None = None,
    decoder: str = "as trained",
    batch_norm: str = "eval: running statistics",
) -> dict[str, str | int]:
    """Return how :func:`score` and :func:`reconstruction_scores` were computed, to be stored alongside them.

    Parameters
    ----------
    dataset, n, limit, extractor, inception
        As given to them.
    decoder : str
        Which weights of the decoder made the samples, such as ``"EMA 0.999"``.
    batch_norm : str
        Mode of BatchNorm while sampling.

    Returns
    -------
    dict
        Plain values.

    Raises
    ------
    InvalidArgumentError
        If there are not enough images for n.
    """
    n, total = set_size(dataset, n, limit), len(dataset.images)
    source = f"{dataset.name} ({dataset.fingerprint})"
    stated = {
        "samples": n,
        "reference": f"{n} of {total} training images of {source}, the same for all models",
        "floor": f"{n} other training images against the same reference",
        "reconstructed": f"{reconstructed_size(dataset, limit)} of {len(dataset.test_images)} test images",
        "values": "clipped to [0, 1], rounded to 8 bits",
        "kernel_subsets": f"{SUBSETS} of {subset_rows(n)} images",
        "decoder": decoder,
        "batch_norm": batch_norm,
    }
    for space, network in (("classifier", extractor), ("inception", inception)):
        if network is not None:
            stated |= {space: network.name, f"{space}_identity": network.identity, f"{space}_resize": network.resize}
    return stated
