"""Measure, in one run: images per second of our S-IntroVAE step on images against the textbook's.

Usage: ``python benchmarks/images.py [DEVICE]``. Images are random: no files are needed. A CPU gets the quick scale, a
GPU the published settings; prints a table after each data set and writes ``data/benchmarks/images-<device>.json``.
"""

import sys
from collections.abc import Callable

import numpy as np
import torch
from baseline import TextbookStep
from speed import seconds, show

from asvae import RunConfig
from asvae.cpu import computes_bfloat16, threads
from asvae.datasets.content import Content
from asvae.files import DATA, write_record
from asvae.training import provenance
from asvae.training.images.machinery import Machinery
from asvae.training.images.trainer import Trainer

DATASETS = {"cpu": ("digits", "mnist"), "cuda": ("mnist", "cifar10", "celeba128", "celeba256")}
WAYS = {
    "cpu": {
        "float32": Machinery(precision="float32", channels_last=False),
        "float32, channels last": Machinery(precision="float32"),
    }
    | ({"bfloat16, channels last": Machinery(precision="bfloat16")} if computes_bfloat16() else {}),
    "cuda": {
        "float32": Machinery(precision="float32", channels_last=False),
        "bfloat16, channels last": Machinery(),
        "bfloat16, channels last, compiled": Machinery(compiled=True),
    },
}
BLOCK = {"cpu": 1, "cuda": 10}
"""Steps a timed call, so that a GPU is waited for once."""


def pretend(config: RunConfig) -> None:
    """Let a data set of this process hold random images instead of its files."""
    data, batch = config.data(), config.recipe.batch_size
    pixels = np.random.default_rng(0).integers(0, 256, (4 * batch, *data.shape), dtype=np.uint8)
    type(data)._load = lambda self: Content(pixels, pixels[:batch], fingerprint="random")
    type(data).available = property(lambda self: True)


def textbook(config: RunConfig, device: str) -> Callable[[], object]:
    """Return a call that makes a block of textbook steps."""
    networks, hp = config.networks([0]), config.hyperparameters
    encoder, decoder = (networks.modules[name].to(device) for name in ("encoder", "decoder"))
    step = TextbookStep(
        encoder.body,
        decoder,
        config.recipe.learning_rate,
        (hp.beta_kl, hp.beta_rec, hp.beta_neg),
        networks.normaliser,
        config.recipe.latent_dim,
    )
    x = torch.rand(config.recipe.batch_size, *networks.shape)
    return lambda: [step(x.to(device)) for _ in range(BLOCK[device])]


def ours(config: RunConfig, device: str, machinery: Machinery) -> Callable[[], object]:
    """Return a call that makes a block of our steps."""
    pretend(config)
    trainer = Trainer(config, device, machinery)
    steps = iter(range(10**9))
    return lambda: [trainer.step(next(steps)) for _ in range(BLOCK[device])]


def rows(name: str, device: str) -> list[dict]:
    """Compare every way of computing the step on one data set."""
    scale = "quick" if device == "cpu" else "paper"
    config = RunConfig("s-introvae", name, scale, warmup=0.0)
    images = BLOCK[device] * config.recipe.batch_size
    base = seconds(textbook(config, device), device, least=8.0)
    found = [{"data set": name, "step": "textbook", "images / s": images / base, "ratio": 1.0}]
    for way, machinery in WAYS[device].items():
        plain = machinery.channels_last and not machinery.compiled
        for objective in ("s-introvae", "as-introvae") if plain else ("s-introvae",):
            own = config.replace(objective=objective)
            took = seconds(ours(own, device, machinery), device, least=8.0)
            row = {"data set": name, "step": f"{objective}, {way}", "images / s": images / took, "ratio": base / took}
            found.append(row)
    return found


def main(arguments: list[str]) -> None:
    """Measure on the device named first, print it and write it."""
    device = arguments[0] if arguments else "cpu"
    config = RunConfig("s-introvae", DATASETS[device][0])
    source = provenance.collect(config, device, 0.0, provenance.commit())
    kept = {key: source[key] for key in ("commit", "python", "torch", "hardware", "device", "date")}
    found = []
    for name in DATASETS[device]:
        with threads(1):
            found += rows(name, device)
        show("images", found)
        write_record(DATA / "benchmarks" / f"images-{device}.json", {"provenance": kept, "images": found})


if __name__ == "__main__":
    main(sys.argv[1:])
