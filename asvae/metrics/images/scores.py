"""Scores of samplers and reconstructions against a data set's own images."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from asvae import draws
from asvae.datasets.images import ImageDataset
from asvae.metrics.features import FeatureExtractor, classifier
from asvae.metrics.images.distances import frechet_distance, kernel_distance
from asvae.metrics.images.measuring import as_png, chosen, measure, noise, parts, sharpness
from asvae.metrics.images.protocol import LIMIT, reconstructed_size, set_size

_NAMES = {"classifier": ("frechet_classifier", "kid_classifier"), "inception": ("fid", "kid")}

_RECONSTRUCTION = ("rec_mse", "rec_psnr", "rec_ssim", "rec_sharpness", "rec_sharpness_sd")

CHECKED = 1_000
"""Largest number of images in the scores that are taken while a run trains."""

Sampler = Callable[[int, int], Tensor]
"""``(n, draw) -> (n, C, H, W)`` images in [0, 1]; different draws give different images."""


def score(
    sample: Sampler,
    dataset: ImageDataset,
    *,
    n: int | None = None,
    limit: int = LIMIT,
    extractor: FeatureExtractor | None = None,
    inception: FeatureExtractor | None = None,
) -> dict[str, float]:
    """Score a sampler against n training images; for comparison, also n other training images and n images of noise.

    Samples are clipped to [0, 1] and rounded to 8 bits, as in a PNG. All sets have the same size, because the distance
    of finite sets is biased by their size: only then does the floor show what a perfect model would get. It does so
    only nearly: the classifier was trained on most of the training images and on no sample, so a perfect model lies
    somewhat above the floor (for the digits, 359 test images are at 1.0, as many training images at 0.6). Nor is the
    floor exact: over random halves of the digits it is 0.35 ± 0.15.

    Parameters
    ----------
    sample : callable
        ``(n, draw) -> (n, C, H, W)``; called for at most 100 images at a time, with draws 0, 1, 2, ….
    dataset : ImageDataset
        The truth.
    n : int, optional
        Images per set; by default half of the training images, at most ``limit``.
    limit : int
        See n.
    extractor : FeatureExtractor, optional
        By default the data set's own classifier, which is trained first if it was not yet.
    inception : FeatureExtractor, optional
        For FID and KID as well.

    Returns
    -------
    dict
        ``frechet_classifier`` (:func:`frechet_distance`, not FID: the features are the classifier's), with
        ``frechet_classifier_floor`` and ``frechet_classifier_noise`` (uniform noise), ``kid_classifier``,
        ``kid_classifier_sd``, ``kid_classifier_floor`` (:func:`kernel_distance`); ``sharpness``: mean of
        :func:`sharpness` over samples / mean over real images, so 1 is as sharp as real;
        ``sharpness_sd`` and ``sharpness_sd_real``: standard deviation over images / their own mean, of samples and of
        real images. With ``inception``, also ``fid``, ``fid_floor``, ``kid``, ``kid_sd`` and ``kid_floor``. All NaN if
        a sample is not finite.

    Raises
    ------
    InvalidArgumentError
        If there are not enough images for n, or samples have the wrong shape.
    """
    n = set_size(dataset, n, limit)
    networks = {"classifier": classifier(dataset) if extractor is None else extractor}
    networks |= {} if inception is None else {"inception": inception}
    samples = (as_png("sample", sample(len(k), i), (len(k), *dataset.shape)) for i, k in enumerate(parts(n)))
    try:
        made = measure(samples, networks)
    except FloatingPointError:
        return dict.fromkeys(_keys(networks), math.nan)
    order = draws.generator(0, 0, "metrics/reference").permutation(len(dataset.images))
    real, other = (measure(chosen(dataset.images, half), networks) for half in (order[:n], order[n : 2 * n]))
    static = measure(noise(n, dataset.shape), {"classifier": networks["classifier"]})
    values = {
        "frechet_classifier_noise": frechet_distance(static.features["classifier"], real.features["classifier"]),
        "sharpness": float(made.sharpness.mean() / real.sharpness.mean()),
        "sharpness_sd": float(made.sharpness.std() / made.sharpness.mean()),
        "sharpness_sd_real": float(real.sharpness.std() / real.sharpness.mean()),
    }
    for network in networks:
        frechet, kernel = _NAMES[network]
        model, floor, truth = (each.features[network] for each in (made, other, real))
        values[frechet], values[f"{frechet}_floor"] = frechet_distance(model, truth), frechet_distance(floor, truth)
        values[kernel], values[f"{kernel}_sd"] = kernel_distance(model, truth)
        values[f"{kernel}_floor"] = kernel_distance(floor, truth).mean
    return {key: values[key] for key in _keys(networks)}


class Check:
    """The Fréchet distance in the classifier's features alone: the intermediate score of a run that is still training.

    From at most ``CHECKED`` images per set; the real ones are measured once. Not comparable with :func:`score`.
    """

    def __init__(self, dataset: ImageDataset, extractor: FeatureExtractor):
        self.n, self.shape, self.networks = set_size(dataset, None, CHECKED), dataset.shape, {"classifier": extractor}
        order = draws.generator(0, 0, "metrics/reference").permutation(len(dataset.images))[: self.n]
        self.real = measure(chosen(dataset.images, order), self.networks).features["classifier"]

    def __call__(self, sample: Sampler) -> float:
        """Return the distance of a sampler; NaN if a sample is not finite."""
        made = (as_png("sample", sample(len(k), i), (len(k), *self.shape)) for i, k in enumerate(parts(self.n)))
        try:
            return frechet_distance(measure(made, self.networks).features["classifier"], self.real)
        except FloatingPointError:
            return math.nan


def _keys(networks: Iterable[str]) -> list[str]:
    keys = []
    for network in networks:
        frechet, kernel = _NAMES[network]
        anchor = [f"{frechet}_noise"] if network == "classifier" else []
        keys += [frechet, f"{frechet}_floor", *anchor, kernel, f"{kernel}_sd", f"{kernel}_floor"]
    return [*keys, "sharpness", "sharpness_sd", "sharpness_sd_real"]


def nothing() -> dict[str, float]:
    """Return the scores of a diverged run: those of :func:`score` and :func:`reconstruction_scores`, NaN.

    FID and KID are not among them, since they need the Inception weights.
    """
    return dict.fromkeys([*_keys(["classifier"]), *_RECONSTRUCTION], math.nan)


def reconstruction_scores(
    reconstruct: Callable[[Tensor], Tensor], dataset: ImageDataset, *, limit: int = LIMIT
) -> dict[str, float]:
    """Score reconstructions of test images, which are never trained on; clipped and rounded as samples are.

    Parameters
    ----------
    reconstruct : callable
        Maps ``(N, C, H, W)`` in [0, 1] to the same shape; called for at most 100 images at a time.
    dataset : ImageDataset
        The truth.
    limit : int
        Largest number of test images.

    Returns
    -------
    dict
        ``rec_mse``, the mean squared error of a pixel's channel, in [0, 1]; ``rec_psnr`` in dB and ``rec_ssim``, means
        over images (SSIM: Wang et al. 2004, Gaussian windows of 11 pixels, images mirrored at their edges, by
        torchmetrics); ``rec_sharpness``, mean of
        :func:`sharpness` over reconstructions / mean over the same images; ``rec_sharpness_sd``, its standard deviation
        over reconstructions / their own mean. NaN if a reconstruction is not finite.

    Raises
    ------
    InvalidArgumentError
        If the limit is impossible or reconstructions have the wrong shape.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure  # seconds to import

    errors, similar, made, real = [], [], [], []
    for images in chosen(dataset.test_images, np.arange(reconstructed_size(dataset, limit))):
        x = images / 255.0
        try:
            x_hat = as_png("reconstruct", reconstruct(x), tuple(x.shape)) / 255.0
        except FloatingPointError:
            return dict.fromkeys(_RECONSTRUCTION, math.nan)
        errors.append((x_hat - x).square().flatten(1).mean(1))
        similar.append(structural_similarity_index_measure(x_hat, x, data_range=1.0, reduction="none"))
        made.append(sharpness(x_hat))
        real.append(sharpness(x))
    sharp, error = torch.cat(made), torch.cat(errors)
    values = (
        error.mean(),
        # A perfect image would have an infinite one: one grey level in one pixel is as near as 8 bits tell.
        (-10.0 * torch.log10(error.clamp(min=1e-9))).mean(),
        torch.cat(similar).mean(),
        sharp.mean() / torch.cat(real).mean(),
        sharp.std() / sharp.mean(),
    )
    return dict(zip(_RECONSTRUCTION, map(float, values), strict=True))
