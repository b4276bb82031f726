"""Images → numbers: distances of two sets of images in a network's features, sharpness, reconstruction error.

Every distance stands beside the same distance between real images and real images, its floor: as both sets are finite,
a perfect model's is not 0. Only in Inception's features is a Fréchet distance called FID.
"""

from asvae.metrics.images.distances import KernelDistance, frechet_distance, kernel_distance
from asvae.metrics.images.measuring import sharpness
from asvae.metrics.images.protocol import protocol, set_size
from asvae.metrics.images.scores import Check, nothing, reconstruction_scores, score

__all__ = [
    "Check",
    "KernelDistance",
    "frechet_distance",
    "kernel_distance",
    "nothing",
    "protocol",
    "reconstruction_scores",
    "score",
    "set_size",
    "sharpness",
]
