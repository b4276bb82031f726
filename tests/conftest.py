"""Small runs that several tests look at."""

import pytest
import torch

import asvae
from asvae import RunConfig
from tiny import TINY

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def run():
    """A finished run of twenty small steps."""
    return asvae.train(RunConfig("as-introvae", seed=1, **TINY), progress=False)


@pytest.fixture(scope="session")
def diverged():
    """A run that really became non-finite: an absurd learning rate."""
    return asvae.train(RunConfig("introvae", seed=1, learning_rate=1e6, **TINY), progress=False)


def pytest_collection_modifyitems(items):
    """Begin with the files that hold slow tests, so that no process is left with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
