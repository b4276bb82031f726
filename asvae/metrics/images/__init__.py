"""Scores of images: distances of two sets of images in a network's features, sharpness, reconstruction error.

Every distance is reported with its floor, the same distance between two sets of real images: as both sets are finite,
a perfect model's is not 0. Only in Inception's features is a Fréchet distance called FID.
"""

from asvae.metrics.images.distances import (
    KernelDistance,
    PrecisionRecall,
    frechet_distance,
    kernel_distance,
    precision_recall,
)
from asvae.metrics.images.measuring import sharpness
from asvae.metrics.images.protocol import LIMIT, protocol, set_size
from asvae.metrics.images.scores import Check, nothing, reconstruction_scores, score

__all__ = [
    "LIMIT",
    "Check",
    "KernelDistance",
    "PrecisionRecall",
    "frechet_distance",
    "kernel_distance",
    "nothing",
    "precision_recall",
    "protocol",
    "reconstruction_scores",
    "score",
    "set_size",
    "sharpness",
]
