"""How images are scored: how many, against which reference, by which networks."""

from collections.abc import Sequence

import numpy as np

from asvae import draws
from asvae.checks import refuse
from asvae.datasets.images import ImageDataset
from asvae.metrics.features import FeatureExtractor
from asvae.metrics.images.distances import NEIGHBOURHOODS, NEIGHBOURS, SUBSETS, subset_rows

LIMIT = 10_000
"""Largest number of images that are compared."""


def set_size(dataset: ImageDataset, limit: int = LIMIT) -> int:
    """Return how many images a set has: half of the training images, at most ``limit``; fewer than two are refused."""
    half = len(dataset.images) // 2
    if half < 2:
        refuse("dataset", f"{dataset.name!r} with {len(dataset.images)} training images", "at least four")
    return min(limit, half)


def halves(dataset: ImageDataset, n: int, judge: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(n,)`` indices of training images twice: a judge's reference, and as many others."""
    order = draws.generator(judge, 0, "metrics/reference").permutation(len(dataset.images))
    return order[:n], order[n : 2 * n]


def reconstructed_size(dataset: ImageDataset) -> int:
    """Return how many test images are reconstructed: all, but at most :data:`LIMIT`."""
    return min(LIMIT, len(dataset.test_images))


def protocol(
    dataset: ImageDataset,
    *,
    extractors: Sequence[FeatureExtractor],
    inception: FeatureExtractor | None = None,
    decoder: str = "as trained",
    batch_norm: str = "not stated",
) -> dict[str, str | int]:
    """Return how :func:`score` and :func:`reconstruction_scores` were computed, to be stored alongside them.

    Parameters
    ----------
    dataset, extractors, inception
        As given to them.
    decoder : str
        Which weights of the decoder made the samples, such as ``"EMA 0.999"``.
    batch_norm : str
        Where BatchNorm's statistics come from.

    Returns
    -------
    dict
        Plain values.

    Raises
    ------
    InvalidArgumentError
        If there are fewer than four training images.
    """
    n, total = set_size(dataset), len(dataset.images)
    source = f"{dataset.name} ({dataset.fingerprint})"
    stated = {
        "samples": n,
        "judges": f"{len(extractors)} classifiers, each with a reference of its own; a score is their mean",
        "reference": f"{n} of {total} training images of {source}, the same for all models",
        "floor": f"{n} other training images against the same reference",
        "reconstructed": f"{reconstructed_size(dataset)} of {len(dataset.test_images)} test images",
        "values": "clipped to [0, 1], rounded to 8 bits",
        "kernel_subsets": f"{SUBSETS} of {subset_rows(n)} images",
        "neighbours": f"{NEIGHBOURS}, of {min(n, NEIGHBOURHOODS)} images",
        "decoder": decoder,
        "batch_norm": batch_norm,
    }
    for space, networks in (("classifier", extractors), ("inception", [inception] if inception else [])):
        if networks:
            stated |= {
                space: networks[0].name,
                f"{space}_identity": ", ".join(each.identity for each in networks),
                f"{space}_resize": networks[0].resize,
            }
    return stated
