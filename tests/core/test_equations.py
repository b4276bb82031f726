"""The method chapter and the core say the same: every labelled equation names a function and is derived again."""

import importlib
import math
import re
from pathlib import Path

import pytest
import torch

import plain
from asvae import losses, schedules

METHOD = (Path(__file__).parents[2] / "book" / "method.md").read_text()
PAIRS = dict(re.findall(r":label: (eq-[\w-]+)\n(?:.*\n)*?```\n\nComputed by {py:func}`([\w.]+)`\.", METHOD))


def close(mine, theirs):
    torch.testing.assert_close(torch.as_tensor(mine).double(), torch.as_tensor(theirs).double(), rtol=2e-5, atol=1e-6)


def gaussians():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(6, 3, generator=generator, dtype=torch.float64) for _ in range(4)]


def derive_reparameterize(function):
    mu, logvar, noise, _ = gaussians()
    close(function(mu, logvar, noise), mu + torch.sqrt(torch.exp(logvar)) * noise)


def derive_kl(function):
    mu, logvar, *_ = gaussians()
    close(function(mu, logvar), plain.kl(mu, logvar))


def derive_reconstruction(function):
    x, y, *_ = gaussians()
    close(function(x, y), plain.error(x, y))


def derive_hinge(function):
    close(function(torch.tensor([3.0, 12.0]), torch.tensor(10.0)), [7.0, 0.0])


def derive_exp_elbo(function):
    error, divergence = torch.tensor([0.3, 2.0]), torch.tensor([1.0, 5.0])
    betas = {"beta_rec": torch.tensor(0.2), "beta_neg": torch.tensor(0.5)}
    expected = [math.exp(-2 * 0.25 * (0.2 * r + 0.5 * d)) for r, d in ((0.3, 1.0), (2.0, 5.0))]
    close(function(error, divergence, scale=0.25, **betas), expected)


def derive_as_distance(function):
    a, b = gaussians()[:2], gaussians()[2:]
    close(function(*a, *b), plain.as_distance(a, b))


def derive_annealing(function):
    for progress in (0.0, 0.1, 0.5, 1.0):
        close(function()(progress), min(1.0, 5 * progress))


def derive_wasserstein(function):
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 0.5], requires_grad=True)
    close(function(real, fake).detach(), 1.5)
    (slope,) = torch.autograd.grad(function(real, fake), fake)
    close(slope, [-0.5, -0.5])


def derive_gradient_penalty(function):
    x, y, *_ = gaussians()
    u = torch.rand(6, dtype=torch.float64)
    between = u[:, None] * x + (1 - u[:, None]) * y
    close(function(lambda t: (t**3).sum(-1), x, y, u), (((3 * between**2) ** 2).sum(1).sqrt() - 1).pow(2).mean())


def of_player(objective, turn, derivation, *moves):
    def derive(function):
        s = plain.scene(objective)
        assert s.lanes.objective.players[turn].loss is function
        player = s.lanes.objective.players[turn]
        assert player.networks == moves
        for progress in (0.0, 0.2, 1.0):
            mine, theirs = plain.ours(s, progress, turn).value, derivation(s, progress)
            close(mine.squeeze(0).detach(), theirs.detach())
            for network in moves:
                weights = [value for key, value in s.weights.items() if key.startswith(f"{network}.")]
                grads = torch.autograd.grad(mine.sum(), s.lanes.networks.parameters(network), retain_graph=True)
                for grad, expected in zip(grads, torch.autograd.grad(theirs, weights, retain_graph=True), strict=True):
                    torch.testing.assert_close(grad[0].double(), expected, rtol=1e-3, atol=1e-5)

    return derive


DERIVATIONS = {
    "eq-reparameterize": derive_reparameterize,
    "eq-kl": derive_kl,
    "eq-reconstruction": derive_reconstruction,
    "eq-vae": of_player("vae", 0, plain.vae, "encoder", "decoder"),
    "eq-hinge": derive_hinge,
    "eq-introvae-encoder": of_player("introvae", 0, plain.introvae_encoder, "encoder"),
    "eq-introvae-decoder": of_player("introvae", 1, plain.introvae_decoder, "decoder"),
    "eq-exp-elbo": derive_exp_elbo,
    "eq-soft-encoder": of_player("as-introvae", 0, plain.soft_encoder, "encoder"),
    "eq-soft-decoder": of_player("as-introvae", 1, plain.soft_decoder, "decoder"),
    "eq-as-distance": derive_as_distance,
    "eq-annealing": derive_annealing,
    "eq-wasserstein": derive_wasserstein,
    "eq-gradient-penalty": derive_gradient_penalty,
}


def test_every_labelled_equation_names_a_function_and_is_derived():
    assert set(PAIRS) == set(re.findall(r":label: (eq-[\w-]+)", METHOD)) == set(DERIVATIONS)


@pytest.mark.parametrize("label", DERIVATIONS)
def test_the_named_function_computes_its_equation(label):
    module, name = PAIRS[label].rsplit(".", 1)
    DERIVATIONS[label](getattr(importlib.import_module(module), name))


def test_every_public_loss_and_ramp_stands_in_the_chapter():
    named = {path.rsplit(".", 1)[1] for path in PAIRS.values() if path.startswith("asvae.losses.")}
    assert named == set(losses.__all__)
    assert {schedules.tanh_ramp.__name__, schedules.linear_ramp.__name__} <= set(
        re.findall(r"schedules\.(\w+)", METHOD)
    )
