"""The terms against independent calculation: numerical integration, torch.distributions, plain formulas."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal
from torch.distributions import kl_divergence as reference_kl

from asvae import losses
from asvae.checks import InvalidArgumentError
from asvae.losses import similarity
from asvae.losses.similarity import STATISTICS, kernel_constant

KERNELS = ("marginal", "joint")


def posteriors(seed, batch=5, dims=2, lanes=()):
    generator = torch.Generator().manual_seed(seed)
    shape = (*lanes, batch, dims)
    mu = 2.0 * torch.randn(shape, generator=generator, dtype=torch.float64)
    return mu, torch.randn(shape, generator=generator, dtype=torch.float64)


def density(z, mu, logvar):
    """The aggregated posterior of one latent dimension on a grid: ``(points,)``."""
    return Normal(mu, (0.5 * logvar).exp()).log_prob(z[:, None]).exp().mean(-1)


def integrate_marginal(a, b):
    z = torch.linspace(-40.0, 40.0, 200_001, dtype=torch.float64)
    gaps = [density(z, *(t[:, d] for t in a)) - density(z, *(t[:, d] for t in b)) for d in range(a[0].shape[1])]
    return torch.stack([torch.trapezoid(gap**2, z) for gap in gaps]).mean() * math.sqrt(2.0 * math.pi)


def integrate_joint(a, b):
    z = torch.linspace(-14.0, 14.0, 2_001, dtype=torch.float64)

    def mixture(mu, logvar):
        each = [Normal(mu[:, d], (0.5 * logvar[:, d]).exp()).log_prob(z[:, None]).exp() for d in range(2)]
        return torch.einsum("xb,yb->xy", *each) / len(mu)

    gap = mixture(*a) - mixture(*b)
    return torch.trapezoid(torch.trapezoid(gap**2, z), z) * 2.0 * math.pi


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("kernel", "integrate"), [("marginal", integrate_marginal), ("joint", integrate_joint)])
def test_as_distance_is_the_integral(kernel, integrate, seed):
    a, b = posteriors(seed), posteriors(seed + 100, batch=7)
    expected = integrate(a, b)
    assert losses.as_distance(*a, *b, kernel=kernel).item() == pytest.approx(expected.item(), abs=1e-6)
    assert expected > 1e-3


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), batch=st.integers(1, 6), dims=st.integers(1, 4))
def test_as_distance_is_a_squared_distance(kernel, seed, batch, dims):
    a, b = posteriors(seed, batch, dims), posteriors(seed + 1, batch, dims)
    there = losses.as_distance(*a, *b, kernel=kernel)
    assert losses.as_distance(*a, *a, kernel=kernel).item() == pytest.approx(0.0, abs=1e-12)
    assert there.item() == pytest.approx(losses.as_distance(*b, *a, kernel=kernel).item(), abs=1e-12)
    assert there.item() > -1e-12
    shuffled = tuple(t.flip(0) for t in b)
    assert there.item() == pytest.approx(losses.as_distance(*a, *shuffled, kernel=kernel).item(), abs=1e-12)


def plain_as_distance(mu_a, logvar_a, mu_b, logvar_b, kernel, reduction, statistic="v"):
    """The B x C x D formula, as one would write it down."""

    def block(mu_1, logvar_1, mu_2, logvar_2):
        v_1, v_2 = logvar_1.exp()[:, None], logvar_2.exp()[None]
        v = v_1 + v_2
        k = torch.exp(-0.5 * (mu_1[:, None] - mu_2[None]) ** 2 / v) / v.sqrt()
        if statistic == "weighted":
            mean, width = (mu_1[:, None] * v_2 + mu_2[None] * v_1) / v, 1.0 + v_1 * v_2 / v
            k = k * torch.exp(-0.5 * mean**2 / width) / width.sqrt()
        k = k.prod(-1) if kernel == "joint" else k
        if statistic == "u" and mu_1 is mu_2:
            k = k[~torch.eye(len(k), dtype=torch.bool)]
        return k.mean() if reduction == "mean" else k.sum()

    a, b = (mu_a, logvar_a), (mu_b, logvar_b)
    return block(*a, *a) + block(*b, *b) - 2.0 * block(*a, *b)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_as_distance_and_its_gradient_equal_the_plain_formula(kernel, reduction, statistic):
    inputs = [t.requires_grad_() for t in (*posteriors(0, 6, 3), *posteriors(1, 6, 3))]
    options = {"kernel": kernel, "reduction": reduction, "statistic": statistic}
    ours = losses.as_distance(*inputs, **options)
    plain = plain_as_distance(*inputs, **options)
    torch.testing.assert_close(ours, plain, rtol=1e-12, atol=1e-12)
    pairs = zip(torch.autograd.grad(ours, inputs), torch.autograd.grad(plain, inputs), strict=True)
    for mine, theirs in pairs:
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(lambda *t: losses.as_distance(*t, **options), inputs)


def test_weighted_by_the_prior_as_distance_is_an_integral_under_it():
    a, b = posteriors(0, 5, 2), posteriors(1, 4, 2)
    z = torch.linspace(-30.0, 30.0, 60_001, dtype=torch.float64)[:, None]

    def aggregate(mu, logvar):
        return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).exp().mean(1)

    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z[:, 0]).exp()
    squares = [(aggregate(a[0][:, d], a[1][:, d]) - aggregate(b[0][:, d], b[1][:, d])) ** 2 for d in range(2)]
    expected = sum(torch.trapezoid(square * prior, z[:, 0]) for square in squares) / 2
    value = losses.as_distance(*a, *b, statistic="weighted") / (2.0 * math.pi)
    assert value.item() == pytest.approx(expected.item(), abs=1e-9)


@pytest.mark.parametrize(("statistic", "powers"), [("v", (-0.5, -1.5)), ("u", (-0.5, -1.5)), ("weighted", (-1, -3))])
def test_the_constant_of_the_joint_kernel_is_the_marginals_in_every_dimension(statistic, powers):
    for kernel, power in zip(KERNELS, powers, strict=True):
        assert kernel_constant(kernel, statistic, 3) == pytest.approx((2.0 * math.pi) ** power)


def test_without_the_diagonal_two_batches_of_one_crowd_are_unbiased():
    generator = torch.Generator().manual_seed(0)
    values = {"u": [], "v": []}
    for _ in range(400):
        batches = [torch.randn(4, 1, 1, generator=generator, dtype=torch.float64) for _ in range(2)]
        batches = [batch[:, 0] for batch in batches]
        zeros = torch.zeros(4, 1, dtype=torch.float64)
        for statistic, seen in values.items():
            seen.append(losses.as_distance(batches[0], zeros, batches[1], zeros, statistic=statistic).item())
    means = {statistic: torch.tensor(seen).mean().item() for statistic, seen in values.items()}
    error = torch.tensor(values["u"]).std().item() / 20.0
    assert abs(means["u"]) < 4.0 * error < means["v"]


def test_as_distance_sum_is_the_mean_times_pairs_and_dimensions():
    a, b = posteriors(0, 6, 3), posteriors(1, 6, 3)
    mean, total = (losses.as_distance(*a, *b, reduction=reduction) for reduction in ("mean", "sum"))
    torch.testing.assert_close(total, mean * 6 * 6 * 3)


@pytest.mark.parametrize("kernel", KERNELS)
def test_as_distance_keeps_lanes_apart(kernel):
    a, b = posteriors(0, lanes=(3,)), posteriors(1, lanes=(3,))
    together = losses.as_distance(*a, *b, kernel=kernel)
    alone = [losses.as_distance(a[0][i], a[1][i], b[0][i], b[1][i], kernel=kernel) for i in range(3)]
    assert together.shape == (3,)
    torch.testing.assert_close(together, torch.stack(alone))


def test_as_distance_has_a_finite_gradient_where_variances_collapse():
    mu = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)).requires_grad_()
    logvar = torch.full((4, 2), -70.0, requires_grad=True)
    value = losses.as_distance(mu, logvar, mu.detach() + 1.0, torch.zeros(4, 2))
    grads = torch.autograd.grad(value, [mu, logvar])
    assert all(g.isfinite().all() for g in grads)
    # Only the diagonal is left, 1/(B√(2v)) a dimension: its slope in each log-variance is −½ of its own share.
    torch.testing.assert_close(grads[1].sum(), -0.5 * value.detach(), rtol=1e-4, atol=0.0)


@pytest.mark.parametrize(
    ("arguments", "options", "named"),
    [
        ((2, 3, 2), {"kernel": "gauss"}, "kernel"),
        ((2, 3, 2), {"reduction": "median"}, "reduction"),
        ((2, 3, 2), {"reduction": "sum"}, "reduction"),
        ((2, 2, 3), {}, "as_distance"),
        ((0, 2, 2), {}, "as_distance"),
    ],
)
def test_as_distance_names_bad_input(arguments, options, named):
    batch_a, batch_b, dims_b = arguments
    a, b = torch.zeros(batch_a, 2), torch.zeros(batch_b, dims_b)
    with pytest.raises(InvalidArgumentError, match=named):
        losses.as_distance(a, a, b, b, **options)


def test_kl_divergence_equals_torch_distributions():
    mu, logvar = posteriors(3, 8, 4)
    expected = reference_kl(Normal(mu, (0.5 * logvar).exp()), Normal(torch.zeros_like(mu), 1.0)).sum(-1)
    torch.testing.assert_close(losses.kl_divergence(mu, logvar), expected)
    with pytest.raises(InvalidArgumentError, match="kl_divergence"):
        losses.kl_divergence(mu, logvar[:, :1])


def test_reconstruction_error_sums_a_sample_and_keeps_batch_and_lanes():
    x, x_hat = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(losses.reconstruction_error(x, x_hat), ((x - x_hat) ** 2).sum((1, 2, 3)))
    torch.testing.assert_close(losses.reconstruction_error(x, x_hat, event_dims=2), ((x - x_hat) ** 2).sum((2, 3)))
    with pytest.raises(InvalidArgumentError, match="reconstruction_error"):
        losses.reconstruction_error(x, x_hat[:1])


def test_exp_elbo_and_hinge_broadcast_one_weight_a_lane():
    error, kl = torch.rand(2, 3), torch.rand(2, 3) * 20.0
    rec, neg, margin = torch.tensor([0.2, 0.5]), torch.tensor([1.0, 3.0]), torch.tensor([10.0, 5.0])
    soft = losses.exp_elbo(error, kl, scale=0.5, beta_rec=rec, beta_neg=neg)
    hard = losses.hinge(kl, margin)
    for lane in range(2):
        for i in range(3):
            exponent = -2.0 * 0.5 * (rec[lane] * error[lane, i] + neg[lane] * kl[lane, i])
            assert soft[lane, i].item() == pytest.approx(math.exp(exponent), rel=1e-5)
            assert hard[lane, i].item() == pytest.approx(max(0.0, (margin[lane] - kl[lane, i]).item()), rel=1e-6)


def test_wasserstein_gap_is_the_real_mean_minus_the_generated_one_in_each_lane():
    real, fake = torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.tensor([[0.0, 1.0, 5.0], [1.0, 1.0, 1.0]])
    assert losses.wasserstein_gap(real, fake).tolist() == [-0.5, 3.0]
    assert losses.wasserstein_gap(real[0], fake[0]).item() == -0.5


def test_gradient_penalty_of_a_linear_critic_is_known():
    slope = torch.tensor([3.0, 4.0])
    real, fake = torch.randn(6, 2), torch.randn(6, 2)
    penalty = losses.gradient_penalty(lambda x: x @ slope, real, fake, torch.rand(6))
    assert penalty.item() == pytest.approx((5.0 - 1.0) ** 2, rel=1e-5)
    with pytest.raises(InvalidArgumentError, match="gradient_penalty"):
        losses.gradient_penalty(lambda x: x @ slope, real, fake[:1], torch.rand(6))


def test_gradient_penalty_is_taken_at_the_real_sample_where_the_mix_is_one():
    real, fake = torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 2.0]])
    for mix, x in ((1.0, real), (0.0, fake), (0.25, 0.25 * real + 0.75 * fake)):
        penalty = losses.gradient_penalty(lambda x: 0.5 * x.square().sum(-1), real, fake, torch.tensor([mix]))
        assert penalty.item() == pytest.approx((x.norm().item() - 1.0) ** 2, rel=1e-5)


def test_gradient_penalty_of_lanes_pulls_each_lanes_slope_to_one():
    """The penalty of a linear critic is (|w| - 1)², so its gradient 2 (|w| - 1) w / |w|."""
    slope = torch.tensor([[3.0, 4.0], [0.3, 0.4]], requires_grad=True)
    real, fake = torch.randn(2, 6, 2), torch.randn(2, 6, 2)
    critic = lambda x: torch.einsum("lbi,li->lb", x, slope)  # noqa: E731
    penalty = losses.gradient_penalty(critic, real, fake, torch.rand(2, 6), event_dims=1)
    torch.testing.assert_close(penalty, torch.tensor([16.0, 0.25]))
    (gradient,) = torch.autograd.grad(penalty.sum(), slope)
    torch.testing.assert_close(gradient, torch.tensor([[4.8, 6.4], [-0.6, -0.8]]))


def test_gradient_penalty_takes_one_slope_of_all_that_makes_an_image():
    real, fake = torch.randn(5, 1, 2, 2), torch.randn(5, 1, 2, 2)
    penalty = losses.gradient_penalty(lambda x: 2.0 * x.sum((1, 2, 3)), real, fake, torch.rand(5))
    assert penalty.item() == pytest.approx((4.0 - 1.0) ** 2, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda x, s: losses.gradient_penalty(None, x, x, s),
            "critic: got None; allowed: a function of samples.",
        ),
        (
            lambda x, s: losses.gradient_penalty(torch.sum, x, x, s, event_dims=2),
            "event_dims: got 2; allowed: a whole number from 1 to 1.",
        ),
        (
            lambda x, s: losses.gradient_penalty(torch.sum, x, x[:1], s),
            "gradient_penalty: got [(3, 2), (1, 2), (3,)]; "
            "allowed: equal shapes (..., B, *shape), and (..., B) of mix.",
        ),
        (
            lambda x, s: losses.wasserstein_gap(x, s),
            "wasserstein_gap: got [(3, 2), (3,)]; allowed: scores (..., B) of the same lanes.",
        ),
        (
            lambda x, s: losses.wasserstein_gap(s[0], s),
            "wasserstein_gap: got [(), (3,)]; allowed: scores (..., B) of the same lanes.",
        ),
    ],
)
def test_the_critics_losses_say_what_they_take(call, says):
    with pytest.raises(InvalidArgumentError) as error:
        call(torch.zeros(3, 2), torch.zeros(3))
    assert str(error.value) == says


def test_weights_that_are_neither_one_nor_one_a_lane_are_refused():
    errors, one = torch.rand(3), torch.ones(())
    for weights in ({"beta_rec": torch.ones(2), "beta_neg": one}, {"beta_rec": one, "beta_neg": torch.ones(3)}):
        with pytest.raises(InvalidArgumentError, match=r"^exp_elbo: got"):
            losses.exp_elbo(errors, errors, scale=0.5, **weights)
    with pytest.raises(InvalidArgumentError, match=r"^hinge: got"):
        losses.hinge(errors, torch.ones(2))


def test_reparameterize_has_the_stated_moments():
    mu, logvar = torch.full((200_000, 1), 1.5), torch.full((200_000, 1), math.log(4.0))
    z = losses.reparameterize(mu, logvar, torch.randn(200_000, 1, generator=torch.Generator().manual_seed(0)))
    assert z.mean().item() == pytest.approx(1.5, abs=0.02)
    assert z.std().item() == pytest.approx(2.0, abs=0.02)


def test_pairs_that_do_not_fit_into_memory_are_refused_and_other_errors_pass(monkeypatch):
    many = torch.zeros(1, 1).expand(8_000_000, 1)
    with pytest.raises(InvalidArgumentError, match=r"as_distance: got .*8000000, 1.* allowed: batches whose"):
        losses.as_distance(many, many, many, many, kernel="joint")

    def broken(*of):
        raise RuntimeError("something else")

    monkeypatch.setattr(similarity, "_in_logarithms", broken)
    with pytest.raises(RuntimeError, match="something else"):
        losses.as_distance(*posteriors(0), *posteriors(1), kernel="joint")


def test_without_the_diagonal_a_batch_of_one_has_no_pairs():
    one, more = posteriors(0, batch=1), posteriors(1)
    for pair in ((*one, *more), (*more, *one)):
        with pytest.raises(InvalidArgumentError, match="statistic: got 'u'; allowed: 'v' or 'weighted' for a batch of"):
            losses.as_distance(*pair, statistic="u")


@pytest.mark.parametrize("wanted", range(4))
def test_the_gradient_of_one_input_alone_is_that_beside_the_others(wanted):
    given = [*posteriors(0), *posteriors(1)]
    together = torch.autograd.grad(losses.as_distance(*(leaves := [t.requires_grad_() for t in given])), leaves)
    apart = [t.detach().requires_grad_(place == wanted) for place, t in enumerate(given)]
    losses.as_distance(*apart).backward()
    torch.testing.assert_close(apart[wanted].grad, together[wanted])
