"""Small runs that several tests look at."""

import pickle

import pytest
import torch
from filelock import FileLock

import asvae
from asvae import RunConfig, objectives
from tiny import TINY, TINY_IMAGES

torch.set_num_threads(1)


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


def pytest_collection_modifyitems(items):
    """Begin with the files that hold slow tests, so that no process is left with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
