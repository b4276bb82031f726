"""Small runs that several tests look at."""

import sys
from pathlib import Path

import pytest
import torch

from asvae import RunConfig, train

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)

TINY = {"width": 16, "depth": 2, "batch_size": 16, "steps": 20}


@pytest.fixture(scope="session")
def run():
    """A finished run of twenty small steps."""
    return train(RunConfig("as-introvae", seed=1, **TINY), progress=False)


@pytest.fixture(scope="session")
def diverged():
    """A run that really became non-finite: an absurd learning rate."""
    return train(RunConfig("introvae", seed=1, learning_rate=1e6, **TINY), progress=False)
