"""Small runs that several tests look at."""

import math
import pickle
from dataclasses import replace

import pytest
import torch
from filelock import FileLock

import asvae
from asvae import RunConfig, objectives
from asvae.training.run import Result
from asvae_book.studies import ABLATION, Cells
from tiny import TINY, TINY_IMAGES

torch.set_num_threads(1)

NOISE = (0.0, 0.1, 0.3, 0.2, 0.15, 0.25, 0.05, 0.35, 0.22, 0.12)
LABELS = ("as-only", "half", "half-kl", "kl-only", "linear", "tanh", "as-only-squashed", "tanh-squashed")


@pytest.fixture(scope="session")
def run():
    """A finished run of twenty small steps."""
    return asvae.train(RunConfig("as-introvae", seed=1, **TINY), progress=False)


@pytest.fixture(scope="session")
def diverged():
    """A run that really became non-finite: an absurd learning rate."""
    return asvae.train(RunConfig("introvae", seed=1, learning_rate=1e6, **TINY), progress=False)


@pytest.fixture(scope="session")
def digits(tmp_path_factory, worker_id):
    """A run of each method on the digits, three small steps long; trained by the first process that asks."""
    alone = tmp_path_factory.getbasetemp()
    path = (alone if worker_id == "master" else alone.parent) / "digits.pickle"
    with FileLock(f"{path}.lock"):
        if not path.is_file():
            configs = [RunConfig(name, "digits", **TINY_IMAGES) for name in objectives.names()]
            path.write_bytes(pickle.dumps(asvae.sweep(configs, workers=1, progress=False)))
    return pickle.loads(path.read_bytes())


@pytest.fixture
def made(run):
    """Make runs of a study's variant on a data set, one per KL, with seeds 0, 1, …; NaN is not one of them."""

    def at(study, label, scores, dataset="checkerboard", **more):
        configs = study.configs(dataset, len(scores), labels=[label])[label]
        kept = zip(configs, scores, strict=True)
        return [replace(run, config=c, scores=run.scores | {"kl": kl} | more) for c, kl in kept if not math.isnan(kl)]

    return at


@pytest.fixture
def points(run):
    """Ten seeds per schedule: annealing has the best score, is steadiest and lies on the squares."""

    def at(configs, offset):
        made = []
        for config, x in zip(configs, NOISE, strict=True):
            checks = [math.nan] * 6 + [20.0, 20.0 + offset * (1 + x), 20.0, 20.0 + offset * (1 + x)]
            history = {"step": [config.steps * (i + 1) // 10 for i in range(10)], "score": checks}
            scores = run.scores | {"kl": 20 + offset + (1 + 3 * offset) * x, "on_support": 0.9 - offset / 10 - x / 100}
            made.append(replace(run, config=config, scores=scores, history=history))
        return made

    configs = ABLATION.configs("checkerboard", len(NOISE), labels=LABELS)
    return Cells(
        {label: at(each, 0.0 if label.startswith(("linear", "tanh")) else 1.0) for label, each in configs.items()}
    )


@pytest.fixture
def images(points):
    """The same as runs on images, without their methods: what is compared are labels."""

    def on_digits(result, label, noise):
        sharp = (0.95 if label.startswith(("linear", "tanh")) else 0.6) - noise / 50
        scores = {"frechet_classifier": result.scores["kl"], "sharpness": sharp, "sharpness_sd": 0.5 - sharp / 4}
        scores |= {"frechet_classifier_floor": 0.5, "sharpness_sd_real": 0.2}
        grey = result.samples.new_zeros(16, 1, 16, 16)
        return Result(
            config=RunConfig("as-introvae", "digits", seed=result.config.seed),
            divergence=None,
            scores=scores,
            history=result.history,
            samples=grey,
            pictures={"real": grey, "reconstructed": grey},
            provenance=result.provenance,
        )

    return Cells(
        {
            label: [on_digits(each, label, noise) for each, noise in zip(runs, NOISE, strict=True)]
            for label, runs in points.items()
        }
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Count what asks for runs on digits as slow. Begin with files of slow tests, from the last folder back.

    The one with Snakemake, the longest, is then not left for the end.
    """
    for item in items:
        if "digits" in item.fixturenames:
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path.parent, reverse=True)
    items.sort(key=lambda item: item.path not in slow)
