"""Runs of seconds, and what makes two of them the same."""

import os

import torch

SOAK = int(os.environ.get("ASVAE_SOAK", "1"))
"""How many times as often `make soak` does what is done at random: kills, full disks, nonsense."""

TINY = {"width": 16, "depth": 2, "batch_size": 16, "steps": 20}
TINY_IMAGES = {"width": 0.125, "latent_dim": 4, "batch_size": 16, "steps": 3}


def same(a, b):
    """Whether two runs agree in weights, curves and scores, to the last bit."""
    weights = [run.networks.state() for run in (a, b)]
    equal = all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    return equal and repr(a.history) == repr(b.history) and repr(a.scores) == repr(b.scores)  # NaN equals NaN
