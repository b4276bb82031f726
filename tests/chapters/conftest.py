"""Runs that the tests of several chapters look at."""

from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import asvae
from asvae import RunConfig
from tiny import TINY_IMAGES

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _closed():
    """Close every figure behind a test."""
    yield
    plt.close("all")


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
