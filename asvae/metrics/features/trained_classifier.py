"""A small classifier of the data set's own images, trained here: features without a download."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from asvae import draws
from asvae.checks import InvalidArgumentError, integer, refuse
from asvae.cpu import threads
from asvae.datasets.images import ImageDataset
from asvae.files import DATA, read_record, write, write_record
from asvae.metrics.features.extractor import FeatureExtractor
from asvae.networks.residual import initialise

ROOT = DATA / "runs" / "features"
"""The folder of trained classifiers."""

FEATURES = 64
"""Number of the classifier's features."""

JUDGES = 3
"""Number of classifiers that samples are judged by."""

_RECIPE = 1
"""To be increased when the same images would give other features: older classifiers are then trained again."""
_SIDE, _BATCH, _EPOCHS, _STEPS, _RATE = 64, 64, 10, 800, 3e-3
_HELD_OUT, _TURNS = 2_000, 4


class _Classifier(nn.Module):
    """Three 3×3 convolutions with BatchNorm, each at half the resolution of the last; features are pixel means."""

    def __init__(self, shape: tuple[int, int, int], classes: int):
        super().__init__()
        layers, before = [], shape[0]
        # Images of 33 to 64 pixels are halved once more, so that a step costs about the same for all.
        for stride, after in ((1 + (shape[-1] > _SIDE // 2), 32), (1, 64), (1, FEATURES)):
            layers += [nn.MaxPool2d(2)] if layers else []
            layers += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
            before = after
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, images: Tensor) -> Tensor:
        x = images / 255.0
        if x.shape[-1] > _SIDE:
            x = interpolate(x, size=(_SIDE, _SIDE), mode="bilinear", antialias=True)
        return self.body(x)


class _Task:
    """What the classifier learns: labels or, where there are none, by how many quarter turns an image was rotated."""

    def __init__(self, dataset: ImageDataset, seed: int):
        self.dataset, self.seed = dataset, seed
        self.classes = dataset.classes or _TURNS
        self.name = f"{dataset.classes} classes" if dataset.classes else f"{_TURNS} rotations (self-supervised)"
        self.labels = np.ascontiguousarray(dataset.labels, np.int64) if dataset.classes else None
        self.digest = "turns" if self.labels is None else hashlib.sha256(self.labels).hexdigest()
        order = draws.generator(seed, 0, "features/split").permutation(len(dataset.images))
        apart = max(1, min(_HELD_OUT, len(order) // 10))
        self.held_out, self.train = order[:apart], order[apart:]

    def batch(self, indices: np.ndarray, step: int) -> tuple[Tensor, Tensor]:
        """Return training images ``(N, C, H, W)`` in uint8 and their labels, ``(N,)``."""
        pixels = np.asarray(self.dataset.images[indices])
        if self.labels is None:
            labels = draws.generator(self.seed, step, "features/turns").integers(0, _TURNS, len(pixels))
            pixels = np.stack([np.rot90(image, turns, (1, 2)) for image, turns in zip(pixels, labels, strict=True)])
        else:
            labels = self.labels[indices]
        return torch.from_numpy(np.ascontiguousarray(pixels)), torch.from_numpy(labels)

    @torch.no_grad()
    def accuracy(self, network: _Classifier) -> float:
        """Return the accuracy on the training images held out."""
        right = 0
        for k, start in enumerate(range(0, len(self.held_out), _BATCH)):
            images, labels = self.batch(self.held_out[start : start + _BATCH], _STEPS + k)
            right += int((network.head(network(images)).argmax(1) == labels).sum())
        return right / len(self.held_out)


def classifier(
    dataset: ImageDataset, root: str | Path | None = None, seed: int = 0, device: str = "cpu"
) -> FeatureExtractor:
    """Return the features of a small classifier of the training images of ``dataset``: trained once, then stored.

    It learns the labels; where there are none, by which of four rotations an image was turned (Gidaris, Singh and
    Komodakis 2018), a self-supervised task. It always trains on the CPU, in one thread, from draws of
    ``seed`` alone, so that equal images give equal features; at most 800 steps of 64 images, seconds to a minute.
    Images above 64 pixels are reduced to 64. A stored classifier that is damaged is trained again.

    Parameters
    ----------
    dataset : ImageDataset
        A data set with at least two training images.
    root : path, optional
        The folder of trained classifiers; by default ``data/runs/features``.
    seed : int
        Seed of the initial weights and of the order of images.
    device : str
        Device that computes the features.

    Returns
    -------
    FeatureExtractor
        Its 64 features, and its head where it was trained on labels. Its name gives the accuracy on a tenth of the
        training images, at most 2,000, that were held out.

    Raises
    ------
    InvalidArgumentError
        If there are fewer than two training images, or the seed is impossible.
    """
    seed, count = integer("seed", seed, 0, 2**63 - 1), len(dataset.images)
    if count < 2:
        refuse("dataset", f"{dataset.name!r} with {count} training images", "at least two")
    task = _Task(dataset, seed)
    with torch.random.fork_rng(devices=[]):
        network = _Classifier(dataset.shape, task.classes)
    path = Path(root or ROOT) / f"{dataset.name}-{dataset.fingerprint}-seed{seed}-v{_RECIPE}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    # The first of several processes trains; the others wait here, and then read its classifier.
    with FileLock(path.with_name(f".{path.stem}.lock")):
        stored = _read(path, network, task)
        if stored is None:
            _train(network, task)
            stored = _store(path, network, task)
    name = f"classifier of {dataset.name}, {task.name}, held-out accuracy {100.0 * stored['accuracy']:.0f} %"
    resize = f"bilinear with antialiasing to {_SIDE} pixels" if dataset.shape[-1] > _SIDE else "none"
    head = network.head if dataset.classes else None
    return FeatureExtractor(network, FEATURES, name, stored["weights"][:12], resize, head).to(device)


def judges(dataset: ImageDataset, device: str = "cpu") -> list[FeatureExtractor]:
    """Return three classifiers of different seeds: how far they disagree is the noise of the evaluation."""
    return [classifier(dataset, seed=seed, device=device) for seed in range(JUDGES)]


def _train(network: _Classifier, task: _Task) -> None:
    initialise(network, task.seed, "features")
    size = min(_BATCH, len(task.train))
    epoch = len(task.train) // size
    steps = min(_EPOCHS * epoch, _STEPS)
    optimiser = torch.optim.AdamW(network.parameters(), _RATE)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    network.train()
    with torch.enable_grad(), threads(1):
        for step in range(steps):
            if step % epoch == 0:
                order = draws.generator(task.seed, step // epoch, "features/order").permutation(task.train)
            images, labels = task.batch(order[step % epoch * size :][:size], step)
            optimiser.zero_grad()
            cross_entropy(network.head(network(images)), labels).backward()
            optimiser.step()
            rate.step()
    network.eval()


def _store(path: Path, network: _Classifier, task: _Task) -> dict:
    """Write the weights, then the record that holds their checksum: killed in between, neither counts."""
    data = save(network.state_dict())
    stored = {
        "accuracy": task.accuracy(network),
        "weights": hashlib.sha256(data).hexdigest(),
        "torch": torch.__version__,
    }
    write(path.with_suffix(".safetensors"), data)
    write_record(path, stored | {"pixels": task.dataset.fingerprint, "task": task.name, "labels": task.digest})
    return stored


def _read(path: Path, network: _Classifier, task: _Task) -> dict | None:
    try:
        stored = read_record(path)
        data = path.with_suffix(".safetensors").read_bytes()
        if stored["labels"] != task.digest or hashlib.sha256(data).hexdigest() != stored["weights"]:
            return None
        network.load_state_dict(load(data))
        return stored
    except (InvalidArgumentError, OSError, KeyError, SafetensorError):
        return None
