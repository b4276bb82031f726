"""Eight Gaussians: the released sampler's distribution, the truth's score, modes and their basins."""

import math

import numpy as np
import pytest
import torch

from asvae import datasets
from asvae.metrics import points

DATA = datasets.get("8gaussians")


def released(n):
    """Soft-IntroVAE's released sampler, written down again: scale 2, noise 0.02, divided by 1.414."""
    rng, half = np.random.default_rng(0), 1.0 / math.sqrt(2.0)
    centres = [(1, 0), (-1, 0), (0, 1), (0, -1), (half, half), (half, -half), (-half, half), (-half, -half)]
    centres = 2.0 * np.array(centres)[rng.integers(0, 8, n)]
    return torch.tensor((rng.standard_normal((n, 2)) * 0.02 + centres) / 1.414, dtype=torch.float32)


def test_samples_are_distributed_as_the_released_ones():
    ours, theirs = DATA.sample(80_000, seed=1), released(80_000)
    for sampled in (ours, theirs):
        mode = DATA.mode(sampled)
        shares = torch.bincount(mode, minlength=8) / len(sampled)
        assert mode.min() == 0
        assert (shares - 0.125).abs().max() < 5 * math.sqrt(0.125 * 0.875 / 80_000)
        offsets = sampled - DATA.centres[mode]
        assert offsets.mean(0).abs().max() < 5 * 0.02 / 1.414 / math.sqrt(80_000)
        assert offsets.std(0).numpy() == pytest.approx(0.02 / 1.414, rel=0.01)


def test_samples_are_functions_of_seed_and_step():
    assert torch.equal(DATA.sample(50, 3, 7), DATA.sample(50, 3, 7))
    assert not torch.equal(DATA.sample(50, 3, 7), DATA.sample(50, 3, 8))
    assert not torch.equal(DATA.sample(50, 3, 7), DATA.sample(50, 4, 7))


def test_the_truth_lies_on_all_modes_and_one_mode_covers_one():
    floor = points.floor(DATA, draws=5)
    assert floor["modes_covered"] == 8
    # Within three standard deviations in the plane lie 1 - exp(-9/2) of a Gaussian.
    assert floor["on_support"] == pytest.approx(1.0 - math.exp(-4.5), abs=2e-3)
    # One isolated point, as the printed VAE column has: 220 and 110.
    collapsed = points.score(lambda n, draw: torch.zeros(n, 2), DATA, draws=2, large=5_000)
    assert 215.0 < collapsed["kl"] < 225.0
    assert 107.0 < collapsed["jsd"] < 114.0
    assert (collapsed["modes_covered"], collapsed["on_support"]) == (0, 0.0)
    one = points.score(lambda n, draw: DATA.centres[:1].expand(n, 2), DATA, draws=2, large=5_000)
    assert (one["modes_covered"], one["on_support"]) == (1, 1.0)


def test_a_blurred_mode_is_covered_and_not_lain_on():
    blurred = points.score(
        lambda n, draw: (
            DATA.sample(n, 5, draw) + 0.1 * torch.randn(n, 2, generator=torch.Generator().manual_seed(draw))
        ),
        DATA,
        draws=2,
        large=5_000,
    )
    assert blurred["modes_covered"] == 8
    assert blurred["on_support"] < 0.2


def test_basins_touch_and_do_not_overlap():
    between = 0.5 * (DATA.centres + DATA.centres.roll(-1, 0))
    nearer = torch.lerp(DATA.centres, between, 0.999)
    assert DATA.mode(nearer).tolist() == list(range(8))
    assert DATA.mode(between * 1.001).tolist() == [-1] * 8
    assert DATA.mode(torch.zeros(1, 2)).tolist() == [-1]
