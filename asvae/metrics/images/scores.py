"""Scores of samplers and reconstructions against a data set's own images."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from asvae.checks import refuse
from asvae.datasets.images import ImageDataset
from asvae.metrics.features import JUDGES, FeatureExtractor, judges
from asvae.metrics.images.distances import frechet_distance, kernel_distance, precision_recall
from asvae.metrics.images.measuring import as_png, chosen, measure, noise, parts, sharpness
from asvae.metrics.images.protocol import halves, reconstructed_size, set_size

_RECONSTRUCTION = ("rec_mse", "rec_psnr", "rec_ssim", "rec_sharpness", "rec_sharpness_sd")

CHECKED = 1_000
"""Largest number of images in the scores that are taken while a run trains."""

Sampler = Callable[[int, int], Tensor]
"""``(n, draw) -> (n, C, H, W)`` images in [0, 1]; different draws give different images."""


def score(
    sample: Sampler,
    dataset: ImageDataset,
    *,
    extractors: Sequence[FeatureExtractor] | None = None,
    inception: FeatureExtractor | None = None,
) -> dict[str, float]:
    """Score a sampler against training images; for comparison, also other training images and images of noise.

    Samples are clipped to [0, 1] and rounded to 8 bits, as in a PNG. All sets have the same size, half of the training
    images but at most 10,000, because the distance of finite sets is biased by their size: only then does the floor
    show what a perfect model would get. It does so only nearly: the classifiers were trained on most of the training
    images and on no sample, so a perfect model lies somewhat above the floor (for the digits, 359 test images are at
    1.0, as many training images at 0.6).

    Several judges score, each a classifier with training images of its own as reference. A score is their mean.

    Parameters
    ----------
    sample : callable
        ``(n, draw) -> (n, C, H, W)``; called for at most 100 images at a time, with draws 0, 1, 2, ….
    dataset : ImageDataset
        The truth.
    extractors : sequence of FeatureExtractor, optional
        The judges; by default the data set's own classifiers, which are trained first if they were not yet.
    inception : FeatureExtractor, optional
        For FID and KID as well, against the first judge's reference.

    Returns
    -------
    dict
        ``frechet_classifier`` (:func:`frechet_distance`, not FID: the features are the classifiers'), of each judge
        also ``frechet_classifier_judge0``, …; ``kid_classifier`` and ``kid_classifier_sd`` (:func:`kernel_distance`);
        ``precision`` and ``recall`` (:func:`precision_recall`); ``class_imbalance``, half of the summed differences
        between the shares of classes among samples and among real images, as the judges classify them (NaN without
        labels). All but those of single judges and the ``_sd`` also with ``_floor``, for the other training images.
        ``frechet_classifier_noise``, for uniform noise. ``sharpness``: mean of :func:`sharpness` over samples / mean
        over real images, so 1 is as sharp as real; ``sharpness_sd`` and ``sharpness_sd_real``: standard deviation over
        images / their own mean, of samples and of real images. With ``inception``, also ``fid``, ``fid_floor``,
        ``kid``, ``kid_sd`` and ``kid_floor``. All NaN if a sample is not finite.

    Raises
    ------
    InvalidArgumentError
        If there are fewer than four training images, no judges, or samples of the wrong shape.
    """
    n = set_size(dataset)
    panel = dict(enumerate(judges(dataset) if extractors is None else extractors))
    if not panel:
        refuse("extractors", extractors, "at least one")
    for_fid = {} if inception is None else {"inception": inception}
    keys = _keys(len(panel), bool(for_fid))
    try:
        made = measure(_drawn(sample, n, dataset.shape), panel | for_fid)
    except FloatingPointError:
        return dict.fromkeys(keys, math.nan)
    static = measure(noise(n, dataset.shape), panel)
    verdicts, values = [], {}
    for judge, network in panel.items():
        own = {judge: network} | (for_fid if judge == 0 else {})
        real, other = (measure(chosen(dataset.images, half), own) for half in halves(dataset, n, judge))
        features = [each.features[judge] for each in (made, other, real)]
        verdicts.append(
            _distances("frechet_classifier", "kid_classifier", *features)
            | {"frechet_classifier_noise": frechet_distance(static.features[judge], features[-1])}
            | _overlaps(network, *features)
        )
        if judge == 0:
            values = {
                "sharpness": float(made.sharpness.mean() / real.sharpness.mean()),
                "sharpness_sd": float(made.sharpness.std() / made.sharpness.mean()),
                "sharpness_sd_real": float(real.sharpness.std() / real.sharpness.mean()),
            }
            if for_fid:
                values |= _distances("fid", "kid", *(each.features["inception"] for each in (made, other, real)))
    values |= {key: float(np.mean([said[key] for said in verdicts])) for key in verdicts[0]}
    values |= {f"frechet_classifier_judge{i}": said["frechet_classifier"] for i, said in enumerate(verdicts)}
    return {key: values[key] for key in keys}


def _drawn(sample: Sampler, n: int, shape: tuple[int, ...]) -> Iterator[Tensor]:
    """Yield a sampler's ``n`` images in uint8, batch by batch."""
    return (as_png("sample", sample(len(part), draw), (len(part), *shape)) for draw, part in enumerate(parts(n)))


def _distances(frechet: str, kernel: str, made: Tensor, other: Tensor, real: Tensor) -> dict[str, float]:
    mean, sd = kernel_distance(made, real)
    return {
        frechet: frechet_distance(made, real),
        f"{frechet}_floor": frechet_distance(other, real),
        kernel: mean,
        f"{kernel}_sd": sd,
        f"{kernel}_floor": kernel_distance(other, real).mean,
    }


def _overlaps(judge: FeatureExtractor, made: Tensor, other: Tensor, real: Tensor) -> dict[str, float]:
    values = {}
    for end, features in (("", made), ("_floor", other)):
        values[f"precision{end}"], values[f"recall{end}"] = precision_recall(features, real)
        values[f"class_imbalance{end}"] = _imbalance(judge, features, real)
    return values


def _imbalance(judge: FeatureExtractor, made: Tensor, real: Tensor) -> float:
    """Return the total variation between the shares of classes in two sets of features; NaN without labels."""
    if judge.head is None:
        return math.nan
    with torch.no_grad():
        classes = [judge.head(features).argmax(1) for features in (made, real)]
    shares = [torch.bincount(each, minlength=judge.head.out_features) / len(each) for each in classes]
    return float((shares[0] - shares[1]).abs().sum() / 2.0)


class Check:
    """The Fréchet distance alone, as one judge sees it; the real images are measured once.

    By default from at most 1,000 images per set, as the intermediate score of a run that is still training;
    then it is not comparable with :func:`score`.
    """

    def __init__(self, dataset: ImageDataset, extractor: FeatureExtractor, judge: int = 0, limit: int = CHECKED):
        self.n, self.shape, self.extractor = set_size(dataset, limit), dataset.shape, extractor
        reference, _ = halves(dataset, self.n, judge)
        self.real = self._features(chosen(dataset.images, reference))

    def __call__(self, sample: Sampler) -> float:
        """Return the distance of a sampler; NaN if a sample is not finite."""
        try:
            return frechet_distance(self._features(_drawn(sample, self.n, self.shape)), self.real)
        except FloatingPointError:
            return math.nan

    def _features(self, batches: Iterable[Tensor]) -> Tensor:
        return torch.cat([self.extractor(images) for images in batches])


def _keys(count: int, inception: bool) -> list[str]:
    keys = ["frechet_classifier", *(f"frechet_classifier_judge{judge}" for judge in range(count))]
    keys += ["frechet_classifier_floor", "frechet_classifier_noise"]
    keys += ["kid_classifier", "kid_classifier_sd", "kid_classifier_floor"]
    keys += [f"{name}{end}" for name in ("precision", "recall", "class_imbalance") for end in ("", "_floor")]
    keys += ["fid", "fid_floor", "kid", "kid_sd", "kid_floor"] if inception else []
    return [*keys, "sharpness", "sharpness_sd", "sharpness_sd_real"]


def nothing() -> dict[str, float]:
    """Return the scores of a diverged run: those of :func:`score` and :func:`reconstruction_scores`, NaN.

    FID and KID are not among them, since they need the Inception weights.
    """
    return dict.fromkeys([*_keys(JUDGES, False), *_RECONSTRUCTION], math.nan)


def reconstruction_scores(reconstruct: Callable[[Tensor], Tensor], dataset: ImageDataset) -> dict[str, float]:
    """Score reconstructions of test images, at most 10,000 and never trained on; clipped and rounded as samples are.

    Parameters
    ----------
    reconstruct : callable
        Maps ``(N, C, H, W)`` in [0, 1] to the same shape; called for at most 100 images at a time.
    dataset : ImageDataset
        The truth.

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
        If reconstructions have the wrong shape.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure  # seconds to import

    errors, similar, made, real = [], [], [], []
    for images in chosen(dataset.test_images, np.arange(reconstructed_size(dataset))):
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
