"""Losses and gradients in short precision against double precision, over inputs far from the ordinary."""

import math

import pytest
import torch

from asvae import losses

PRECISIONS = {torch.float32: 2e-5, torch.bfloat16: 4e-2}
GENERATOR = torch.Generator().manual_seed(5)
SPREADS = (1e-6, 1.0, 30.0, 1e4)
LOGVARS = (-60.0, -10.0, 0.0, 10.0, 60.0)


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    GENERATOR.manual_seed(5)


def _pair(spread, logvar, rows=5):
    mu = spread * torch.randn(rows, 3, generator=GENERATOR, dtype=torch.float64)
    return mu, logvar + torch.rand(rows, 3, generator=GENERATOR, dtype=torch.float64)


def _value_and_gradients(function, given, dtype):
    leaves = [t.to(dtype).requires_grad_() for t in given]
    value = function(*leaves)
    grads = torch.autograd.grad(value.sum(), leaves, allow_unused=True)
    return [value.detach(), *(torch.zeros_like(t) if g is None else g for g, t in zip(grads, leaves, strict=True))]


def _agree(function, given, dtype, rtol):
    # The same rounded inputs for both: what is compared is the computation.
    given = [t.to(dtype).double() for t in given]
    ours, exact = (_value_and_gradients(function, given, kind) for kind in (dtype, torch.float64))
    limits = torch.finfo(dtype)
    for mine, theirs in zip(ours, exact, strict=True):
        fits = theirs.abs() < 0.1 * limits.max
        assert fits.any()
        assert mine[fits].isfinite().all()
        # Beside the largest entry what is small may be rounding.
        scale = theirs[fits].abs().max().item()
        torch.testing.assert_close(mine[fits].double(), theirs[fits], rtol=rtol, atol=rtol * scale + limits.tiny)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("logvar", LOGVARS)
@pytest.mark.parametrize("spread", SPREADS)
def test_kl_and_reparameterization_agree(dtype, logvar, spread):
    noise = torch.randn(5, 3, generator=GENERATOR, dtype=torch.float64)
    _agree(losses.kl_divergence, _pair(spread, logvar), dtype, PRECISIONS[dtype])
    _agree(losses.reparameterize, [*_pair(spread, logvar), noise], dtype, PRECISIONS[dtype])


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("spread", SPREADS)
def test_errors_and_thresholds_agree(dtype, spread):
    x, y = (spread * torch.rand(5, 3, generator=GENERATOR, dtype=torch.float64) for _ in range(2))
    one = torch.ones((), dtype=torch.float64)
    soft = lambda a, b, c, d: losses.exp_elbo(a, b, scale=0.5, beta_rec=c, beta_neg=d)  # noqa: E731
    _agree(losses.reconstruction_error, [x, y], dtype, PRECISIONS[dtype])
    _agree(losses.hinge, [x[:, 0], 0.5 * spread * one], dtype, PRECISIONS[dtype])
    # An exponent of size k loses k units in the last place.
    _agree(soft, [x[:, 0], y[:, 0], 0.2 * one, one], dtype, PRECISIONS[dtype] * max(1.0, min(spread, 30.0)))
    # Apart, as what two means have in common cancels.
    _agree(losses.wasserstein_gap, [x[:, 0], spread + y[:, 0]], dtype, PRECISIONS[dtype])


@pytest.mark.parametrize("kernel", ["marginal", "joint"])
@pytest.mark.parametrize("logvar", [-85.0, -95.0, -120.0])
def test_the_as_distance_stays_right_where_variances_leave_single_precision(kernel, logvar):
    (mu, logvar_a), (_, logvar_b) = _pair(1.0, logvar, 4), _pair(1.0, logvar, 4)
    given = [mu[:, :1], logvar_a[:, :1], mu[:, :1], logvar_b[:, :1]]
    _agree(lambda *q: losses.as_distance(*q, kernel=kernel), given, torch.float32, 1e-5)
    ordinary = torch.zeros(4, 1, dtype=torch.float64)
    beside = [torch.cat([t, ordinary], 1) for t in given]
    _agree(lambda *q: losses.as_distance(*q, kernel=kernel), beside, torch.float32, 1e-5)


def test_gradients_are_finite_before_a_kernel_of_several_dimensions_leaves_single_precision():
    mu, logvar = torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(0)), torch.full((8, 3), -39.0)
    given = [t.clone().requires_grad_() for t in (mu[0], logvar, mu[1], logvar)]
    losses.as_distance(*given, kernel="joint").backward()
    assert all(t.grad.isfinite().all() for t in given)


@pytest.mark.parametrize("kernel", ["marginal", "joint"])
@pytest.mark.parametrize("logvar", [-50.0, -20.0, 0.0, 20.0, 60.0])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 100.0])
def test_the_as_distance_agrees_over_ordinary_and_large_variances(kernel, logvar, spread):
    # Terms of one size are subtracted: what is left is compared with what was added.
    a, b = _pair(spread, logvar, 4), _pair(spread, logvar, 4)
    given = [t.float().double() for t in (*a, *b)]
    exact = _value_and_gradients(lambda *q: losses.as_distance(*q, kernel=kernel), given, torch.float64)
    ours = _value_and_gradients(lambda *q: losses.as_distance(*q, kernel=kernel), given, torch.float32)
    size = math.exp(-0.5 * logvar * (3 if kernel == "joint" else 1))
    assert all(mine.isfinite().all() for mine, theirs in zip(ours, exact, strict=True) if theirs.abs().max() < 1e37)
    assert abs(ours[0] - exact[0]) <= 1e-4 * size
