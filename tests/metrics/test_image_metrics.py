"""The scores of images against independent calculations, and the networks whose features they are computed in."""

import hashlib
import math
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.datasets import load_digits
from torch import nn

from asvae import draws
from asvae.checks import InvalidArgumentError
from asvae.metrics import features
from asvae.metrics import images as image_metrics
from asvae.metrics.features import FeatureExtractor, inception_network, trained_classifier
from asvae.metrics.images import frechet_distance, kernel_distance, measuring, sharpness
from asvae.metrics.images.protocol import reconstructed_size

RNG = np.random.default_rng
MODEL = ("frechet_classifier", "kid_classifier", "sharpness")


def dataset(images, labels=None, tests=60, **more):
    """Stand in for an image data set: the last images are for testing."""
    train = images[:-tests]
    content = {"images": train, "test_images": images[-tests:], "labels": None, "classes": 0}
    if labels is not None:
        content |= {"labels": labels[:-tests], "classes": int(labels.max()) + 1}
    fingerprint = hashlib.sha256(images.tobytes()).hexdigest()[:12]
    return SimpleNamespace(name="tiny", shape=images.shape[1:], fingerprint=fingerprint, flip=False, **content, **more)


def scans(n=660):
    digits = load_digits()
    large = np.kron(digits.images[:n, None], np.ones((2, 2)))
    return (large * 255 / 16).round().astype(np.uint8), digits.target[:n].astype(np.int64)


@pytest.fixture(scope="module")
def real():
    return dataset(*scans())


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="module")
def extractor(real, root):
    return features.classifier(real, root)


class Means(nn.Module):
    """Five numbers an image: cheap features for whatever does not depend on which."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(0.1, 1.0, 5))

    def forward(self, images):
        parts = (images / 255.0).flatten(1).tensor_split(5, dim=1)
        return torch.stack([part.mean(1) for part in parts], 1) * self.weight


def stub(name="stub"):
    return FeatureExtractor(Means(), 5, name, hashlib.sha256(name.encode()).hexdigest()[:12], "none")


def truth(data):
    """Sample a data set's own test images."""
    pixels = torch.from_numpy(data.test_images) / 255.0
    return lambda n, draw: pixels[torch.from_numpy(RNG(draw).integers(0, len(pixels), n))]


# Distances


def test_frechet_distance_equals_the_matrix_square_root_of_scipy():
    rng = RNG(0)
    a, b = rng.normal(size=(300, 7)) @ rng.normal(size=(7, 7)), rng.normal(1.0, 2.0, size=(200, 7))
    mixed = scipy.linalg.sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    apart = ((a.mean(0) - b.mean(0)) ** 2).sum()
    expected = apart + np.trace(np.cov(a.T) + np.cov(b.T) - 2.0 * mixed)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(b, torch.from_numpy(a)) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)


def gaussian(mean, covariance, n=40):
    """Return n points whose own mean and covariance are exactly these."""
    white = RNG(1).normal(size=(n, len(mean)))
    white = np.linalg.qr(white - white.mean(0))[0] * math.sqrt(n - 1)
    return white @ np.linalg.cholesky(covariance).T + mean


def test_frechet_distance_of_known_gaussians():
    deviations_a, deviations_b = np.array([1.0, 2.0, 0.5]), np.array([3.0, 1.0, 0.5])
    a, b = gaussian([0.0, 1.0, 2.0], np.diag(deviations_a**2)), gaussian([1.0, 1.0, 0.0], np.diag(deviations_b**2))
    assert frechet_distance(a, b) == pytest.approx(5.0 + ((deviations_a - deviations_b) ** 2).sum(), rel=1e-9)
    # Two that do not commute: in the plane, tr √M = √(tr M + 2 √det M).
    p, q = np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([[1.0, -0.5], [-0.5, 3.0]])
    root = math.sqrt(np.trace(p @ q) + 2.0 * math.sqrt(np.linalg.det(p @ q)))
    expected = np.trace(p) + np.trace(q) - 2.0 * root
    assert frechet_distance(gaussian([0.0, 0.0], p), gaussian([0.0, 0.0], q)) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_of_whole_sets_is_the_unbiased_estimate():
    a, b = RNG(0).normal(size=(30, 4)), RNG(1).normal(0.5, 1.0, size=(30, 4))

    def kernel(x, y):
        return (float(x @ y) / 4 + 1.0) ** 3

    pairs = [(i, j) for i in range(30) for j in range(30)]
    within = sum(kernel(s[i], s[j]) for s in (a, b) for i, j in pairs if i != j) / (30 * 29)
    across = sum(kernel(a[i], b[j]) for i, j in pairs) / 30**2
    mean, sd = kernel_distance(a, b, subset_size=30)
    assert mean == pytest.approx(within - 2.0 * across, rel=1e-9)
    assert sd == pytest.approx(0.0, abs=1e-9)


def test_kernel_distance_is_the_same_each_time_and_draws_nothing_from_the_global_state():
    a, b = RNG(0).normal(size=(50, 4)), RNG(1).normal(size=(60, 4))
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = kernel_distance(a, b)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert kernel_distance(a, b) == first
    assert first.sd > 0.0
    assert abs(first.mean) < 3.0 * first.sd


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance, image_metrics.precision_recall])
def test_distances_answer_bad_input(distance):
    fine = np.zeros((5, 3))
    for a, b, named in [
        (fine[0], fine, "a"),
        (fine, fine[:1], "b"),
        (fine, fine[:, :2], "b"),
        ("x", fine, "a"),
        (fine, 1j * fine, "b"),
    ]:
        with pytest.raises(InvalidArgumentError, match=f"^features_{named}: got .*; allowed: .*\\.$"):
            distance(a, b)
    assert np.isnan(distance(fine, fine * np.nan)).all()


@pytest.mark.parametrize("options", [{"subsets": 0}, {"subset_size": 1}, {"subset_size": 6}])
def test_kernel_distance_refuses_impossible_subsets(options):
    with pytest.raises(InvalidArgumentError, match=f"^{next(iter(options))}: got"):
        kernel_distance(np.zeros((5, 3)), np.zeros((6, 3)), **options)


# Sharpness


def test_sharpness_equals_a_loop_over_pixels():
    images = torch.from_numpy(RNG(0).random((2, 3, 6, 5)))
    for image, ours in zip(images.numpy(), sharpness(images), strict=True):
        grey = 0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]
        edges = [
            grey[i - 1, j] + grey[i + 1, j] + grey[i, j - 1] + grey[i, j + 1] - 4.0 * grey[i, j]
            for i in range(1, 5)
            for j in range(1, 4)
        ]
        assert ours.item() == pytest.approx(np.var(edges), rel=1e-6)


def test_sharpness_of_known_images():
    ramp = torch.linspace(0.0, 1.0, 8).expand(1, 1, 8, 8)
    assert sharpness(ramp).item() == pytest.approx(0.0, abs=1e-10)
    checks = (torch.arange(8)[:, None] + torch.arange(8)).remainder(2).float()[None, None]
    assert sharpness(checks).item() == pytest.approx(16.0)
    assert sharpness(checks.repeat(1, 3, 1, 1)).item() == pytest.approx(16.0, rel=1e-6)
    assert sharpness(0.5 * checks).item() == pytest.approx(4.0)
    for shape in [(3, 8, 8), (1, 2, 8, 8), (1, 1, 2, 8)]:
        with pytest.raises(InvalidArgumentError, match=r"^images: got shape"):
            sharpness(torch.zeros(shape))


# The classifier


@pytest.mark.slow
def test_the_classifier_learns_its_labels_and_leaves_the_global_state(real, extractor, tmp_path):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    again = features.classifier(real, tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    images = torch.from_numpy(real.test_images)
    assert again.identity == extractor.identity
    assert torch.equal(again(images), extractor(images))
    assert extractor(images).shape == (60, extractor.num_features) == (60, 64)
    assert extractor.name.startswith("classifier of tiny, 10 classes, held-out accuracy ")
    assert int(extractor.name.split()[-2]) >= 85
    assert features.classifier(real, tmp_path, seed=1).identity != extractor.identity


def test_features_of_an_image_depend_on_no_other(real, extractor):
    images = torch.from_numpy(real.images[:20])
    extractor.train()
    assert torch.allclose(extractor(images)[:3], extractor(images[:3]), rtol=0, atol=1e-5)
    with pytest.raises(InvalidArgumentError, match=r"^images: got torch\.float32"):
        extractor(images / 255.0)


@pytest.mark.slow
def test_a_kept_classifier_is_used_and_a_damaged_one_trained_again(real, tmp_path, monkeypatch):
    training, train = [], trained_classifier._train
    monkeypatch.setattr(trained_classifier, "_EPOCHS", 1)
    monkeypatch.setattr(trained_classifier, "_train", lambda *given: training.append(train(*given)))
    first = features.classifier(real, tmp_path)
    assert features.classifier(real, str(tmp_path)).identity == first.identity
    assert len(training) == 1
    [weights], [record] = tmp_path.glob("*.safetensors"), tmp_path.glob("*.json")
    whole = weights.read_bytes()
    damages = [
        lambda: weights.write_bytes(whole[:-4] + b"\0\0\0\1"),
        weights.unlink,
        lambda: record.write_text(record.read_text().replace("10 classes", "9 classes")),
        lambda: record.write_text("{"),
    ]
    for count, damage in enumerate(damages, start=2):
        damage()
        again = features.classifier(real, tmp_path)
        assert (again.identity, again.name) == (first.identity, first.name)
        assert len(training) == count
        assert weights.read_bytes() == whole
    for change in ({"fingerprint": "another"}, {"labels": real.labels[::-1]}, {"labels": None, "classes": 0}):
        features.classifier(SimpleNamespace(**vars(real) | change), tmp_path)
    assert len(training) == 1 + len(damages) + 3


def test_without_labels_it_learns_which_way_up_an_image_is(tmp_path):
    bright = RNG(0).integers(0, 80, (300, 3, 12, 12)).astype(np.uint8)
    bright[:, :, :4] += 150
    unlabelled = dataset(bright)
    turned = features.classifier(unlabelled, tmp_path)
    assert turned.name.startswith("classifier of tiny, 4 rotations (self-supervised), held-out accuracy ")
    assert int(turned.name.split()[-2]) >= 95
    assert turned.identity == features.classifier(unlabelled, tmp_path / "again").identity
    images, turns = trained_classifier._Task(unlabelled, 0).batch(np.arange(40), step=5)
    for image, turn, original in zip(images, turns, bright, strict=False):
        assert torch.equal(torch.rot90(image, -int(turn), (1, 2)), torch.from_numpy(original))
    assert set(turns.tolist()) == {0, 1, 2, 3}


def test_large_images_are_reduced_and_training_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(trained_classifier, "_STEPS", 2)
    large = dataset(RNG(0).integers(0, 256, (70, 3, 80, 80)).astype(np.uint8), tests=4)
    extractor = features.classifier(large, tmp_path)
    assert extractor.resize == "bilinear with antialiasing to 64 pixels"
    assert extractor(torch.from_numpy(large.test_images)).isfinite().all()
    for too_few, seed, named in [(dataset(large.images[:3], tests=2), 0, "dataset"), (large, -1, "seed")]:
        with pytest.raises(InvalidArgumentError, match=f"^{named}: got .*\\.$"):
            features.classifier(too_few, tmp_path, seed)


# Scores


def test_scores_order_real_blurred_and_noisy_images(real, extractor):
    same, scores = truth(real), {}
    for name, change in {
        "real": lambda x: x,
        "blurred": lambda x: nn.functional.avg_pool2d(x, 3, 1, 1),
        "grey": lambda x: 0.0 * x + 0.5,
    }.items():
        scores[name] = image_metrics.score(lambda n, draw: change(same(n, draw)), real, extractors=[extractor])  # noqa: B023
    judged_by_one = [key for key in image_metrics.nothing() if not key.startswith("rec_") and key[-1] not in "12"]
    assert list(scores["real"]) == judged_by_one
    assert all(type(value) is float for value in scores["real"].values())
    for key in ("frechet_classifier", "kid_classifier"):
        floor = scores["real"][f"{key}_floor"]
        assert floor == scores["blurred"][f"{key}_floor"]
        assert floor < scores["blurred"][key] < scores["grey"][key]
        assert scores["real"][key] < 0.5 * scores["blurred"][key]
    assert scores["grey"]["frechet_classifier"] > 20.0 * scores["real"]["frechet_classifier_floor"]
    assert scores["real"]["frechet_classifier_noise"] > 20.0 * scores["real"]["frechet_classifier_floor"]
    assert scores["real"]["sharpness"] == pytest.approx(1.0, abs=0.1)
    assert scores["real"]["sharpness_sd"] == pytest.approx(scores["real"]["sharpness_sd_real"], abs=0.1)
    assert scores["blurred"]["sharpness"] < 0.5
    assert scores["grey"]["sharpness"] == 0.0
    for key in ("precision", "recall"):
        assert 0.4 < scores["real"][f"{key}_floor"] <= 1.0
        assert scores["grey"][key] == 0.0
    assert scores["real"]["class_imbalance"] < 0.2
    # One grey image is of one class.
    assert scores["grey"]["class_imbalance"] == pytest.approx(0.9, abs=0.03)


def test_scores_by_hand_in_batches_of_png_values(monkeypatch):
    real, network, asked = dataset(*scans(560)), stub(), []
    made = truth(real)

    def sample(n, draw):
        asked.append((n, draw))
        return 1.2 * made(n, draw) - 0.1

    torch.manual_seed(5)
    before = torch.get_rng_state()
    scores = image_metrics.score(sample, real, extractors=[network])
    assert torch.equal(torch.get_rng_state(), before)
    assert asked == [(100, 0), (100, 1), (50, 2)]
    pixels = torch.cat([1.2 * made(n, draw) - 0.1 for n, draw in asked])
    pixels = (pixels.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)
    order = draws.generator(0, 0, "metrics/reference").permutation(500)
    reference, other = (torch.from_numpy(real.images[order[i : i + 250]]) for i in (0, 250))
    assert scores["frechet_classifier"] == pytest.approx(frechet_distance(network(pixels), network(reference)))
    assert scores["frechet_classifier_floor"] == pytest.approx(frechet_distance(network(other), network(reference)))
    kernel = kernel_distance(network(pixels), network(reference))
    assert (scores["kid_classifier"], scores["kid_classifier_sd"]) == pytest.approx(kernel)
    sharp, truly = sharpness(pixels / 255.0), sharpness(reference / 255.0)
    assert scores["sharpness"] == pytest.approx(float(sharp.mean() / truly.mean()))
    assert scores["sharpness_sd"] == pytest.approx(float(sharp.std() / sharp.mean()))
    assert scores["sharpness_sd_real"] == pytest.approx(float(truly.std() / truly.mean()))
    monkeypatch.setattr(measuring, "BATCH", 250)
    assert scores["frechet_classifier_floor"] == pytest.approx(
        image_metrics.score(made, real, extractors=[network])["frechet_classifier_floor"]
    )


def test_fid_is_there_with_inception_alone(real):
    sample = truth(real)
    without = image_metrics.score(sample, real, extractors=[stub()])
    both = image_metrics.score(sample, real, extractors=[stub()], inception=stub("inception"))
    assert set(both) - set(without) == {"fid", "fid_floor", "kid", "kid_sd", "kid_floor"}
    assert both["fid"] == both["frechet_classifier"]
    assert both["kid_floor"] == both["kid_classifier_floor"]
    nan = image_metrics.score(lambda n, k: sample(n, k) * math.nan, real, extractors=[stub()], inception=stub("i"))
    assert list(nan) == list(both)
    assert np.isnan(list(nan.values())).all()


@pytest.mark.slow
def test_by_default_the_judges_are_classifiers_of_the_data_that_differ_in_their_seed(real, root, monkeypatch):
    monkeypatch.setattr(trained_classifier, "ROOT", root)
    panel = features.judges(real)
    assert len({each.identity for each in panel}) == len(panel) == features.JUDGES
    given = image_metrics.score(truth(real), real, extractors=panel)
    assert image_metrics.score(truth(real), real) == given


def test_a_score_is_the_mean_over_judges_that_have_references_of_their_own(real):
    sample, panel = truth(real), [stub("a"), stub("b")]
    both = image_metrics.score(sample, real, extractors=panel)
    pixels = (torch.cat([sample(100, draw) for draw in range(3)]) * 255.0).round().to(torch.uint8)
    by_hand = []
    for judge, network in enumerate(panel):
        order = draws.generator(judge, 0, "metrics/reference").permutation(600)[:300]
        by_hand.append(frechet_distance(network(pixels), network(torch.from_numpy(real.images[order]))))
    assert [both[f"frechet_classifier_judge{judge}"] for judge in range(2)] == pytest.approx(by_hand)
    assert both["frechet_classifier"] == pytest.approx(np.mean(by_hand))
    assert by_hand[0] != pytest.approx(by_hand[1])


def test_precision_and_recall_by_their_definition_and_as_torch_fidelity_computes_them():
    from torch_fidelity.metric_prc import prc_features_to_metric

    rng = RNG(0)
    samples, data = rng.normal(size=(40, 3)), rng.normal(0.7, 1.5, size=(50, 3))

    def inside(points, others):
        radius = np.sort(np.linalg.norm(others[:, None] - others[None], axis=-1), axis=1)[:, 3]
        return (np.linalg.norm(points[:, None] - others[None], axis=-1) <= radius).any(1).mean()

    found = image_metrics.precision_recall(samples, data)
    assert found == pytest.approx((inside(samples, data), inside(data, samples)))
    options = {"prc_neighborhood": 3, "prc_batch_size": 100, "save_cpu_ram": True, "verbose": False}
    theirs = prc_features_to_metric(torch.from_numpy(samples), torch.from_numpy(data), **options)
    assert found == (theirs["precision"], theirs["recall"])
    assert 0.0 < found.recall < found.precision <= 1.0
    assert image_metrics.precision_recall(samples, samples) == (1.0, 1.0)
    assert np.isnan(image_metrics.precision_recall(samples[:4], data)).all()


def test_class_imbalance_by_hand(real, extractor):
    def ones(n, draw):
        where = np.flatnonzero(real.labels == 1)[:n]
        return torch.from_numpy(real.images[np.resize(where, n)]) / 255.0

    order = draws.generator(0, 0, "metrics/reference").permutation(600)
    with torch.no_grad():
        said = [
            extractor.head(extractor(images)).argmax(1).bincount(minlength=10) / 300.0
            for images in (
                (torch.cat([ones(100, 0)] * 3) * 255).round().to(torch.uint8),
                torch.from_numpy(real.images[order[:300]]),
            )
        ]
    expected = float((said[0] - said[1]).abs().sum() / 2)
    assert image_metrics.score(ones, real, extractors=[extractor])["class_imbalance"] == pytest.approx(expected)
    assert expected > 0.8
    assert np.isnan(image_metrics.score(ones, real, extractors=[stub()])["class_imbalance"])


def _ssim(a, b):
    """Wang et al. 2004, eq. 13: Gaussian windows of 11 × 11 pixels, σ 1.5, the image mirrored at its edges."""
    offset = torch.arange(11.0) - 5
    row = torch.exp(-(offset**2) / (2 * 1.5**2))
    window = (row[:, None] * row[None]) / row.sum() ** 2

    def local(t):
        return torch.nn.functional.conv2d(torch.nn.functional.pad(t, (5, 5, 5, 5), mode="reflect"), window[None, None])

    a, b = (t.flatten(0, 1)[:, None] for t in (a, b))
    mean_a, mean_b = local(a), local(b)
    var_a, var_b, both = local(a * a) - mean_a**2, local(b * b) - mean_b**2, local(a * b) - mean_a * mean_b
    index = (2 * mean_a * mean_b + 0.01**2) * (2 * both + 0.03**2)
    return float((index / ((mean_a**2 + mean_b**2 + 0.01**2) * (var_a + var_b + 0.03**2))).mean())


def test_reconstructions_by_hand(real):
    x = torch.from_numpy(real.test_images) / 255.0
    perfect = image_metrics.reconstruction_scores(lambda x: x, real)
    sharp = sharpness(x)
    spread = pytest.approx(float(sharp.std() / sharp.mean()))
    same = {"rec_mse": 0.0, "rec_psnr": pytest.approx(90.0), "rec_ssim": pytest.approx(1.0)}
    assert perfect == same | {"rec_sharpness": pytest.approx(1.0), "rec_sharpness_sd": spread}
    half = image_metrics.reconstruction_scores(lambda x: 0.5 * x, real)
    rounded = (x * 127.5).round() / 255.0
    assert half["rec_mse"] == pytest.approx(float((rounded - x).square().mean()))
    by_image = (rounded - x).square().flatten(1).mean(1)
    assert half["rec_psnr"] == pytest.approx(float((10 * torch.log10(1 / by_image)).mean()), rel=1e-5)
    assert half["rec_ssim"] == pytest.approx(_ssim(rounded, x), abs=1e-4)
    assert half["rec_sharpness"] == pytest.approx(0.25, abs=0.01)
    assert np.isnan(list(image_metrics.reconstruction_scores(lambda x: x / 0.0, real).values())).all()
    assert list(image_metrics.nothing())[-5:] == list(perfect)
    assert np.isnan(list(image_metrics.nothing().values())).all()


def test_the_protocol_states_what_was_compared(real, extractor):
    stated = image_metrics.protocol(real, extractors=[extractor], inception=stub("inception"), decoder="EMA 0.98")
    assert stated["samples"] == 300
    assert stated["reference"] == f"300 of 600 training images of tiny ({real.fingerprint}), the same for all models"
    assert stated["reconstructed"] == "60 of 60 test images"
    assert stated["kernel_subsets"] == "100 of 150 images"
    assert stated["decoder"] == "EMA 0.98"
    assert stated["batch_norm"] == "not stated"
    assert stated["judges"].startswith("1 classifiers")
    assert stated["neighbours"] == "3, of 300 images"
    assert stated["classifier"] == extractor.name
    assert stated["classifier_identity"] == extractor.identity
    assert stated["inception_resize"] == "none"
    assert all(type(value) in (str, int) for value in stated.values())
    assert "FID" not in str(image_metrics.protocol(real, extractors=[extractor]))


def test_a_set_has_half_of_the_training_images_up_to_a_limit():
    many = SimpleNamespace(images=range(50_000), test_images=range(30_000))
    assert image_metrics.set_size(many) == reconstructed_size(many) == image_metrics.LIMIT == 10_000
    assert image_metrics.set_size(many, 1_000) == 1_000
    few = SimpleNamespace(images=range(9), test_images=range(3))
    assert (image_metrics.set_size(few), reconstructed_size(few)) == (4, 3)


def test_too_few_images_and_wrong_shapes_are_refused(real):
    few = dataset(real.images[:5], tests=2)
    with pytest.raises(InvalidArgumentError, match=r"^dataset: got .*3 training images.*at least four\.$"):
        image_metrics.score(truth(real), few, extractors=[stub()])
    with pytest.raises(InvalidArgumentError, match=r"^extractors: got \[\]; allowed: at least one\.$"):
        image_metrics.score(lambda n, draw: torch.zeros(n, 1, 16, 16), real, extractors=[])
    with pytest.raises(InvalidArgumentError, match=r"^sample: got images of shape \(100, 1, 8, 8\)"):
        image_metrics.score(lambda n, draw: torch.zeros(n, 1, 8, 8), real, extractors=[stub()])
    with pytest.raises(InvalidArgumentError, match=r"^reconstruct: got images of shape"):
        image_metrics.reconstruction_scores(lambda x: x[:, :, :8], real)


# Inception


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No weights in any place that is looked at."""
    monkeypatch.delenv(inception_network.VARIABLE, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *_, **__: pytest.fail("a download unasked for"))
    return tmp_path


def test_absent_inception_weights_are_one_sentence(nowhere, monkeypatch):
    sentence = r"^inception: got '.*'; allowed: the file from https://\S+\.pth, its path .* ASVAE_INCEPTION\.$"
    with pytest.raises(InvalidArgumentError, match=sentence):
        features.inception()
    with pytest.raises(InvalidArgumentError, match=r"^inception: got '.*mine\.pth'"):
        features.inception(nowhere / "mine.pth")
    monkeypatch.setenv(inception_network.VARIABLE, str(nowhere / "named.pth"))
    with pytest.raises(InvalidArgumentError, match=r"^inception: got '.*named\.pth'"):
        features.inception()


@pytest.mark.parametrize("name", ["/dev/null/x", "x" * 300, "\0"])
def test_a_name_that_can_be_no_file_is_one_sentence(name):
    for download in (False, True):
        with pytest.raises(InvalidArgumentError, match=r"^inception: got "):
            features.inception(name, download=download)


def test_a_download_is_made_on_request_and_its_failure_one_sentence(nowhere, monkeypatch):
    asked = []

    def fetch(url, place, hash_prefix):
        asked.append((url, place, hash_prefix))
        raise OSError("no network.")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    with pytest.raises(InvalidArgumentError, match=r"^inception: got '.*'; allowed: a place .* \(no network\)\.$"):
        features.inception(download=True)
    hub = nowhere / "hub" / "hub" / "checkpoints" / "weights-inception-2015-12-05-6726825d.pth"
    assert asked == [(inception_network.URL, str(hub), inception_network.SHA256)]


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory):
    """Inception's architecture, whose weights are random: what a file must never pass for."""
    from torch_fidelity import feature_extractor_inceptionv3 as fidelity

    path = tmp_path_factory.mktemp("inception") / inception_network.URL.rpartition("/")[2]
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        patch.setattr(fidelity, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(fidelity.FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        torch.save(fidelity.FeatureExtractorInceptionV3("random", ["2048"]).state_dict(), path)
    return path


def test_weights_with_another_hash_are_refused_before_they_are_opened(random_weights, monkeypatch):
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(
        InvalidArgumentError, match=r"^inception: got .*SHA-256 .*whose SHA-256 begins with 6726825d\.$"
    ):
        features.inception(random_weights)


@pytest.mark.slow
def test_inception_takes_grey_and_colour_and_draws_nothing(random_weights, monkeypatch):
    monkeypatch.setattr(inception_network, "SHA256", hashlib.sha256(random_weights.read_bytes()).hexdigest())
    torch.manual_seed(4)
    before = torch.get_rng_state()
    monkeypatch.setenv(inception_network.VARIABLE, str(random_weights))
    network = features.inception()
    assert torch.equal(torch.get_rng_state(), before)
    grey = torch.from_numpy(RNG(0).integers(0, 256, (2, 1, 16, 16)).astype(np.uint8))
    assert network(grey).shape == (2, network.num_features) == (2, 2048)
    assert torch.equal(network(grey), network(grey.repeat(1, 3, 1, 1)))
    assert network.identity == inception_network.SHA256[:12]
    assert "299" in network.resize
