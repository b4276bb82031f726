"""Runs that the tests of several chapters look at."""

import math
from dataclasses import replace

import matplotlib as mpl
import pytest

import asvae
from asvae import RunConfig
from asvae.studies import ABLATION, Cells
from asvae.training.run import Result
from tiny import TINY_IMAGES

mpl.use("Agg")

NOISE = (0.0, 0.1, 0.3, 0.2, 0.15, 0.25)
LABELS = ("as-only", "half", "half-kl", "kl-only", "annealed", "as-only-squashed", "annealed-squashed")


@pytest.fixture(autouse=True)
def _closed():
    """Close every figure behind a test."""
    yield
    mpl.pyplot.close("all")


@pytest.fixture
def points(run):
    """Six seeds per schedule: annealing has the best score, is steadiest and lies on the squares."""

    def at(configs, offset):
        made = []
        for config, x in zip(configs, NOISE, strict=True):
            checks = [math.nan] * 6 + [20.0, 20.0 + offset * (1 + x), 20.0, 20.0 + offset * (1 + x)]
            history = {"step": list(range(10)), "score": checks}
            scores = run.scores | {"kl": 20 + offset + (1 + 3 * offset) * x, "on_support": 0.9 - offset / 10 - x / 100}
            made.append(replace(run, config=config, scores=scores, history=history))
        return made

    configs = ABLATION.configs("checkerboard", len(NOISE), labels=LABELS)
    return Cells({label: at(each, 0.0 if label.startswith("annealed") else 1.0) for label, each in configs.items()})


@pytest.fixture
def images(points):
    """The same as runs on images, without their methods: what is compared are labels."""

    def on_digits(result, label, noise):
        sharp = (0.95 if label.startswith("annealed") else 0.6) - noise / 50
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


@pytest.fixture(scope="session")
def lost():
    """A run on the digits that diverged."""
    [run] = asvae.sweep([RunConfig("vae", "digits", learning_rate=1e30, **TINY_IMAGES)], workers=1, progress=False)
    assert run.diverged
    return run


@pytest.fixture
def seeds():
    """Make copies of a run with seeds 0, 1, … and given distances to real images."""

    def made(run, distances):
        return [
            replace(run, config=run.config.replace(seed=seed), scores=run.scores | {"frechet_classifier": distance})
            for seed, distance in enumerate(distances)
        ]

    return made
