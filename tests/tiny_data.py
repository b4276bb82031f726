"""Tiny data sets in the formats in which the real ones are published."""

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
from PIL import Image


def write_mnist(root: Path, train: int = 24, test: int = 8, gz: bool = False, seed: int = 0) -> None:
    """Write the four IDX files under ``root/MNIST/raw``: big-endian sizes, then one byte a pixel or label."""
    rng, folder = np.random.default_rng(seed), root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for part, count in (("train", train), ("t10k", test)):
        pixels, labels = _pixels(rng, count, 28, 28), rng.integers(0, 10, count).astype(np.uint8)
        for name, array in ((f"{part}-images-idx3-ubyte", pixels), (f"{part}-labels-idx1-ubyte", labels)):
            data = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
            if gz:
                (folder / f"{name}.gz").write_bytes(gzip.compress(data))
            else:
                (folder / name).write_bytes(data)


def write_cifar10(root: Path, each: int = 6, seed: int = 0) -> None:
    """Write ``root/cifar-10-batches-py``: five pickled training batches and a test batch, ``each`` images in it."""
    rng, folder = np.random.default_rng(seed), root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        batch = {
            "batch_label": name,
            "labels": rng.integers(0, 10, each).tolist(),
            "data": _pixels(rng, each, 3072),
            "filenames": [f"{name}_{i}.png" for i in range(each)],
        }
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [str(i) for i in range(10)]}, protocol=2))


def write_celeba(root: Path, count: int = 20, partition: bool = True, seed: int = 0) -> None:
    """Write ``root/celeba``: aligned images of 178×218, and the split into training, validation and testing."""
    folder = root / "celeba" / "img_align_celeba"
    names = [f"{i:06d}.jpg" for i in range(1, count + 1)]
    for i, name in enumerate(names):
        save_image(folder / name, 178, 218, seed=seed + i)
    if partition:
        parts = [0 if i < 0.7 * count else 1 if i < 0.8 * count else 2 for i in range(count)]
        lines = "".join(f"{name} {part}\n" for name, part in zip(names, parts, strict=True))
        (root / "celeba" / "list_eval_partition.txt").write_text(lines)


def write_folder(root: Path, count: int = 30, seed: int = 0) -> None:
    """Write images of mixed sizes, kinds and depths, and one that is cut short, ``b/broken.jpg``."""
    kinds = (
        ("RGB", "jpg"),
        ("L", "png"),
        ("RGB", "PNG"),
        ("RGBA", "png"),
        ("L", "jpeg"),
        ("P", "png"),
        ("RGB", "webp"),
    )
    rng = np.random.default_rng(seed)
    for i in range(count):
        mode, extension = kinds[i % len(kinds)]
        width, height = rng.integers(20, 90, 2)
        save_image(root / "abc"[i % 3] / f"{i:03d}.{extension}", int(width), int(height), mode, seed=seed + i)
    save_image(root / "b" / "broken.jpg", 60, 40, seed=seed)
    cut(root / "b" / "broken.jpg")
    (root / "notes.txt").write_text("not an image")


def save_image(path: Path, width: int, height: int, mode: str = "RGB", seed: int = 0) -> None:
    """Save a smooth random image."""
    coarse = _pixels(np.random.default_rng(seed), 4, 4, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).convert(mode).save(path)


def cut(path: Path) -> None:
    """Keep the first half of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _pixels(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape).astype(np.uint8)
