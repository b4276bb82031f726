"""Features and sharpness of sets of images, computed batch by batch."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from asvae import draws
from asvae.checks import InvalidArgumentError
from asvae.metrics.features import FeatureExtractor
from asvae.pictures import to_bytes

BATCH = 100
"""Images per forward pass: bounds the memory, however many are compared."""

_LUMINANCE = torch.tensor([0.299, 0.587, 0.114])
_LAPLACIAN = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


def sharpness(images: Tensor) -> Tensor:
    """Return ``(N,)``: the sharpness of each image, the variance of its discrete Laplacian.

    The Laplacian is four times a pixel minus its four neighbours, taken of the luminance (0.299 R + 0.587 G + 0.114 B)
    at all pixels but the outermost (Tolstikhin et al. 2018). Blur lowers the sharpness; noise raises it above that of
    real images, so it is no score by itself.

    Parameters
    ----------
    images : Tensor
        ``(N, C, H, W)`` in [0, 1], with one channel or three, H and W at least 3.

    Returns
    -------
    Tensor
        ``(N,)``, in squared units of intensity.

    Raises
    ------
    InvalidArgumentError
        If the shape differs.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3) or min(images.shape[2:]) < 3:
        allowed = "(N, C, H, W), one channel or three, at least 3 by 3 pixels"
        raise InvalidArgumentError(f"images: got shape {tuple(images.shape)}; allowed: {allowed}.")
    weights = _LUMINANCE if images.shape[1] == 3 else torch.ones(1)
    kernel = (weights[:, None, None] * _LAPLACIAN)[None].to(images)
    return conv2d(images, kernel).flatten(1).var(1, correction=0)


def parts(n: int) -> list[range]:
    """Return ``range(n)`` in pieces of at most :data:`BATCH`."""
    return [range(start, min(start + BATCH, n)) for start in range(0, n, BATCH)]


def chosen(images: np.ndarray, indices: np.ndarray) -> Iterator[Tensor]:
    """Yield the images at ``indices``, in uint8."""
    return (torch.from_numpy(np.array(images[indices[part]])) for part in parts(len(indices)))


def noise(n: int, shape: tuple[int, ...]) -> Iterator[Tensor]:
    """Yield n images whose values are uniform, in uint8; always the same."""
    for i, part in enumerate(parts(n)):
        values = draws.generator(0, i, "metrics/noise").integers(0, 256, (len(part), *shape), dtype=np.uint8)
        yield torch.from_numpy(values)


def as_png(argument: str, images: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return images in [0, 1] as uint8, on the CPU: clipped and rounded.

    Raises
    ------
    InvalidArgumentError
        If their shape is not ``shape``; the message names the ``argument``.
    FloatingPointError
        If one of them is not finite.
    """
    if tuple(images.shape) != shape:
        raise InvalidArgumentError(f"{argument}: got images of shape {tuple(images.shape)}; allowed: {shape}.")
    if not images.isfinite().all():
        raise FloatingPointError(f"{argument} gave an image that is not finite")
    return to_bytes(images.detach().float().cpu())


class Measured(NamedTuple):
    """Features and sharpness of a set of n images."""

    features: dict[str, Tensor]
    """By name of the network, ``(n, num_features)`` each."""
    sharpness: Tensor
    """``(n,)``."""


def measure(batches: Iterable[Tensor], networks: dict[str, FeatureExtractor]) -> Measured:
    """Return the features and the sharpness of batches of images in uint8."""
    seen, sharp = {name: [] for name in networks}, []
    for images in batches:
        sharp.append(sharpness(images / 255.0))
        for name, network in networks.items():
            seen[name].append(network(images))
    return Measured({name: torch.cat(batches) for name, batches in seen.items()}, torch.cat(sharp))
