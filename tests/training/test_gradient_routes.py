"""Gradients by route add up to the player's own, and are noted while a run trains without changing it."""

import pytest
import torch

import plain
from asvae import RunConfig, objectives, train
from asvae.training import loop
from asvae.training.marks import CURVE_POINTS, marks_of
from asvae.training.points.gradient_routes import decoder_routes, encoder_routes, gradient_norms
from asvae.training.points.lanes import Lanes

VARIANTS = {
    "annealed": ("as-introvae", {}),
    "fakes in the decoder": ("as-introvae", {"decoder_fake_rec": True}),
    "half": ("as-introvae", {"schedule": "half"}),
    "squashed": ("as-introvae", {"squash_distance": True, "squash_kl": True}),
    "real": ("as-introvae", {"reference": "real"}),
    "summed": ("as-introvae", {"encoder_reduction": "sum"}),
    "soft": ("s-introvae", {}),
    "half the KL": ("s-introvae", {"kl_share": 0.5}),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_routes_of_a_player_add_up_to_its_gradient(name):
    objective, changes = VARIANTS[name]
    s = plain.scene(objective, beta_neg=0.01, **changes)
    networks, arguments = s.lanes.networks, (s.lanes.networks, s.x, s.noise, s.lanes.hyperparameters, 0.1)
    for turn, (player, routes) in enumerate((("encoder", encoder_routes), ("decoder", decoder_routes))):
        parameters = networks.parameters(player)
        own = torch.autograd.grad(plain.ours(s, 0.1, turn).value.sum(), parameters)
        parts = routes(*arguments)
        assert ("as" in parts) == (objective == "as-introvae")
        each = [torch.autograd.grad(p.sum(), parameters, retain_graph=True, allow_unused=True) for p in parts.values()]
        for k, grad in enumerate(own):
            total = sum(grads[k] for grads in each if grads[k] is not None)
            torch.testing.assert_close(total, grad, rtol=1e-4, atol=1e-7)
        # No route is empty, or the sum would say nothing of it.
        assert all(sum(g.abs().sum() for g in grads if g is not None) > 0 for grads in each)


def test_norms_are_those_of_each_lane_alone():
    configs = [RunConfig("as-introvae", seed=s, width=16, depth=2, batch_size=12, warmup=0.0) for s in (1, 2)]
    both, alone = gradient_norms(Lanes(configs), 5), gradient_norms(Lanes(configs[1:]), 5)
    assert set(both) == {f"grad_encoder_{r}" for r in ("data", "fakes", "kl", "as")} | {
        f"grad_decoder_{r}" for r in ("data", "kl", "as")
    }
    assert {name: value[1].item() for name, value in both.items()} == {n: v.item() for n, v in alone.items()}
    lanes = Lanes(configs[:1])
    inputs = lanes.draw(5)
    x, progress = inputs.pop("x"), configs[0].progress(5)
    kl = decoder_routes(lanes.networks, x, inputs, lanes.hyperparameters, progress)["kl"]
    grads = torch.autograd.grad(kl.sum(), lanes.networks.parameters("decoder"))
    norm = torch.cat([grad.flatten() for grad in grads]).norm().item()
    assert both["grad_decoder_kl"][0].item() == pytest.approx(norm, rel=1e-5)


def test_other_methods_and_a_warm_up_have_no_routes():
    small = {"width": 16, "depth": 2, "batch_size": 12}
    for name in objectives.names():
        lanes = Lanes([RunConfig(name, warmup=0.5, steps=10, **small)])
        assert gradient_norms(lanes, 0) == {}
        assert bool(gradient_norms(lanes, 9)) == (name in ("s-introvae", "as-introvae"))


@pytest.mark.parametrize("steps", [100, 149, 6_000, 30_000])
def test_a_run_is_scored_early_and_over_its_last_third_and_decomposed_at_every_second_point(steps):
    marks = [marks_of(step, steps) for step in range(steps)]
    early, scored = (every := [step for step, mark in enumerate(marks) if mark.score])[:3], every[3:]
    assert [(step + 1) / steps for step in early] == pytest.approx([1 / 15, 2 / 15, 1 / 3], abs=0.01)
    assert 8 <= len(scored) <= 9
    assert min(scored) >= 2 / 3 * steps - steps / CURVE_POINTS
    assert 50 <= sum(mark.gradients for mark in marks) <= 75
    assert all(mark.curve for mark in marks if mark.score or mark.gradients)
    assert steps - 1 - scored[-1] < steps / CURVE_POINTS


def test_a_run_of_a_few_steps_is_neither_scored_nor_decomposed():
    assert not any(mark.score or mark.gradients for mark in (marks_of(step, 99) for step in range(99)))


@pytest.fixture
def unwatched(monkeypatch):
    """Train a configuration without looking at its gradients and scores."""

    def quietly(config):
        with monkeypatch.context() as patch:
            patch.setattr(loop, "marks_of", lambda *of: marks_of(*of)._replace(gradients=False, score=False))
            return train(config, progress=False)

    return quietly


@pytest.mark.slow
def test_watching_a_run_does_not_change_it(unwatched):
    config = RunConfig("as-introvae", seed=2, width=16, depth=2, batch_size=16, steps=120)
    watched, other = train(config, progress=False), unwatched(config)
    assert {"score", "grad_encoder_as", "grad_decoder_kl"} <= watched.history.keys()
    assert 11 <= sum(value == value for value in watched.history["score"]) <= 12
    assert not {"score", "grad_encoder_as"} & other.history.keys()
    assert watched.scores == other.scores
    for key, value in watched.networks.state().items():
        assert torch.equal(value, other.networks.state()[key])


@pytest.mark.slow
def test_watching_images_does_not_change_them(unwatched):
    config = RunConfig("s-introvae", "digits", seed=2, width=1 / 16, batch_size=8, steps=100)
    watched, other = train(config, progress=False), unwatched(config)
    assert sum(value == value for value in watched.history["score"]) == 12
    assert "score" not in other.history
    assert watched.scores == other.scores
    for key, value in watched.networks.state().items():
        assert torch.equal(value, other.networks.state()[key]), key
