"""Objectives by contract over the registry, and each switch against the loss derived by hand."""

import dataclasses
import inspect

import pytest
import torch

import plain
from asvae import RunConfig, datasets, objectives
from asvae.checks import InvalidArgumentError
from asvae.training.points.lanes import Lanes

SMALL = {"width": 16, "depth": 2, "batch_size": 12, "steps": 6, "warmup": 0.0}


@pytest.mark.parametrize("name", objectives.names())
def test_every_objective_keeps_the_contract(name):
    objective = objectives.get(name)
    assert objective.name == name
    assert dataclasses.is_dataclass(objective.hyperparameters)
    lanes = Lanes([RunConfig(name, seed=seed, **SMALL) for seed in range(3)])
    inputs, shared = lanes.draw(0), {}
    x = inputs["x"]
    noise = {draw: inputs[draw] for draw in (*objective.draws, *objective.mixes)}
    before = torch.random.get_rng_state()
    for player in objective.players:
        loss = player.loss(lanes.networks, x, noise, lanes.hyperparameters, 0.3, shared)
        shared = loss.shared
        assert loss.value.shape == (3,)
        assert loss.value.requires_grad
        assert all(term.shape == (3,) for term in loss.terms.values())
        assert player.loss.__doc__
        assert ".item(" not in inspect.getsource(player.loss)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("name", objectives.names())
def test_a_lane_does_not_feel_its_neighbours(name):
    fields = dataclasses.fields(objectives.get(name).hyperparameters)
    weight = next(field.name for field in fields if field.type is float)
    configs = [RunConfig(name, seed=seed, **{weight: 0.1 + 0.3 * seed}, **SMALL) for seed in range(3)]
    together, alone = Lanes(configs), Lanes(configs[1:2])
    for step in range(6):
        terms, single = together.step(step), alone.step(step)
        for term, value in terms.items():
            assert torch.equal(value[1], single[term][0]), (step, term)
    for key, value in alone.networks.state().items():
        assert torch.equal(value[0], together.networks.state()[key][1]), key


def test_as_introvae_with_c_one_is_s_introvae_bit_for_bit():
    settings = {"seed": 4, "steps": 30, "warmup": 0.2, "width": 32, "depth": 2, "batch_size": 32}
    soft = Lanes([RunConfig("s-introvae", **settings)])
    never = Lanes([RunConfig("as-introvae", schedule="kl-only", **settings)])
    # A ramp that is at 1 in single precision from its second step on still computes the AS-distance, times 0.
    saturated = Lanes([RunConfig("as-introvae", schedule="linear", rate=1e9, **settings)])
    object.__setattr__(saturated.configs[0], "progress", lambda step: 1.0)
    for step in range(30):
        for lanes in (soft, never, saturated):
            lanes.step(step)
    for key, value in soft.networks.state().items():
        assert torch.equal(value, never.networks.state()[key]), key
        assert torch.equal(value, saturated.networks.state()[key]), key


def test_a_lane_without_annealing_is_no_neighbour_of_one_with():
    with pytest.raises(InvalidArgumentError, match="configs: got"):
        Lanes([RunConfig("as-introvae", schedule=schedule, **SMALL) for schedule in ("kl-only", "tanh")])
    lanes = Lanes([RunConfig("as-introvae", schedule=schedule, **SMALL) for schedule in ("half", "tanh")])
    assert lanes.hyperparameters.c(0.1).tolist() == pytest.approx([0.5, 0.4621171])


def test_the_fakes_are_data_to_the_encoder_and_the_encoder_is_fixed_for_the_decoder():
    s = plain.scene("as-introvae")
    networks = s.lanes.networks
    first = plain.ours(s, 0.3, 0)
    fakes = [first.shared["x_hat"], first.shared["fake"]]
    adversarial = 0.25 * (first.terms["exp_elbo_rec"] + first.terms["exp_elbo_fake"])
    assert all(g is None for g in torch.autograd.grad(adversarial.sum(), fakes, allow_unused=True, retain_graph=True))
    second = plain.ours(s, 0.3, 1)
    grads = torch.autograd.grad(second.value.sum(), networks.parameters("decoder"))
    assert all(g.abs().sum() > 0 for g in grads)


SWITCHES = {
    "tanh before the distance": ({"squash_distance": True}, (0, 1)),
    "sum in the encoder's turn": ({"encoder_reduction": "sum"}, (0,)),
    "real against generated": ({"reference": "real"}, (0, 1)),
    "tanh instead of the line": ({"schedule": "tanh"}, (0, 1)),
    "kernel without its constant": ({"kernel_constant": False}, (0, 1)),
    "fakes' reconstruction in the decoder": ({"decoder_fake_rec": True}, (1,)),
    "tanh before the decoder's KL": ({"squash_kl": True}, (1,)),
    "pairs without the diagonal": ({"statistic": "u"}, (0, 1)),
    "weighted by the prior": ({"statistic": "weighted"}, (0, 1)),
    "fakes' reconstruction weighs more": ({"fake_rec": 3.0}, (0,)),
    "weighted, with its constant": ({"statistic": "weighted", "kernel_constant": True}, (0, 1)),
    "as released": ({"reading": "released"}, (0, 1)),
    "as the supplement": ({"reading": "supplement"}, (0, 1)),
}


@pytest.mark.parametrize("options", SWITCHES)
def test_each_switch_changes_the_loss_by_what_is_derived_by_hand(options):
    hyperparameters, turns = SWITCHES[options]
    # A small β_neg, or the summed distance leaves nothing of the exponential to compare.
    default, switched = (plain.scene("as-introvae", beta_neg=0.01, **h) for h in ({}, hyperparameters))
    for turn, derive in ((0, plain.soft_encoder), (1, plain.soft_decoder)):
        ours = [plain.ours(s, 0.1, turn).value.item() for s in (default, switched)]
        derived = [derive(s, 0.1).item() for s in (default, switched)]
        assert ours[1] - ours[0] == pytest.approx(derived[1] - derived[0], abs=2e-6)
        assert (abs(derived[1] - derived[0]) > 1e-5) == (turn in turns)


def test_tanh_before_the_decoders_kl_acts_without_a_distance_too():
    default, switched = (plain.scene("as-introvae", schedule="kl-only", squash_kl=flag) for flag in (False, True))
    ours = [plain.ours(s, 0.1, 1).value.item() for s in (default, switched)]
    derived = [plain.soft_decoder(s, 0.1).item() for s in (default, switched)]
    assert ours[1] - ours[0] == pytest.approx(derived[1] - derived[0], abs=2e-6)
    assert abs(derived[1] - derived[0]) > 1e-5


@pytest.mark.parametrize("name", ["s-introvae", "as-introvae"])
def test_a_live_target_changes_the_encoders_gradient_as_derived_and_nothing_else(name):
    still, live = (plain.scene(name, live_target=flag) for flag in (False, True))
    assert plain.ours(still, 0.3, 0).value == plain.ours(live, 0.3, 0).value
    assert plain.ours(still, 0.3, 1).value == plain.ours(live, 0.3, 1).value
    moves = []
    for s in (still, live):
        weights = [value for key, value in s.weights.items() if key.startswith("encoder.")]
        derived = torch.autograd.grad(plain.soft_encoder(s, 0.3), weights, retain_graph=True)
        value = plain.ours(s, 0.3, 0).value.sum()
        ours = torch.autograd.grad(value, s.lanes.networks.parameters("encoder"), retain_graph=True)
        for grad, expected in zip(ours, derived, strict=True):
            torch.testing.assert_close(grad[0].double(), expected, rtol=1e-3, atol=1e-6)
        moves.append(torch.cat([grad.flatten() for grad in derived]))
    assert 1e-4 < (moves[1] - moves[0]).norm() / moves[0].norm() < 0.5


@pytest.mark.parametrize(("clock", "share"), [("adversarial", 40 / 80), ("run", 60 / 100)])
def test_the_clock_counts_from_the_end_of_the_warm_up_or_from_the_start(clock, share):
    config = RunConfig("as-introvae", steps=100, warmup=0.2, clock=clock)
    assert config.progress(60) == pytest.approx(share)
    assert config.progress(0) == 0.0
    assert RunConfig("s-introvae", steps=100, warmup=0.2).progress(60) == pytest.approx(40 / 80)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_half_of_the_kl_of_fakes_is_what_is_derived_by_hand_and_nothing_takes_its_place(share):
    whole, part = (plain.scene("s-introvae", kl_share=c) for c in (1.0, share))
    assert part.lanes.hyperparameters.c(0.7).item() == share
    for turn, derive in ((0, plain.soft_encoder), (1, plain.soft_decoder)):
        ours = [plain.ours(s, 0.3, turn).value.item() for s in (whole, part)]
        derived = [derive(s, 0.3).item() for s in (whole, part)]
        assert ours[1] - ours[0] == pytest.approx(derived[1] - derived[0], abs=2e-6)
        assert abs(derived[1] - derived[0]) > 1e-4
    assert not any("as_distance" in term for term in plain.ours(part, 0.3, 1).terms)


def test_the_dropped_reconstruction_term_changes_the_decoder_by_that_term():
    kept, dropped = (plain.scene("introvae", decoder_reconstruction=flag) for flag in (True, False))
    difference = plain.ours(kept, 0.1, 1).value - plain.ours(dropped, 0.1, 1).value
    assert difference.item() == pytest.approx((0.2 * plain.error(kept.real, kept.rec)).mean().item(), rel=1e-5)
    assert plain.ours(kept, 0.1, 0).value == plain.ours(dropped, 0.1, 0).value


def test_the_summed_distance_silences_the_encoders_adversarial_term():
    released = plain.scene("as-introvae", beta_neg=1.0, encoder_reduction="sum", squash_distance=True, squash_kl=True)
    paper = plain.scene("as-introvae", beta_neg=1.0)
    pairs, dims = 12 * 12, 2
    distance = plain.ours(released, 0.0, 0).terms["as_distance"].item()
    averaged = plain.scene("as-introvae", squash_distance=True, squash_kl=True)
    assert distance == pytest.approx(plain.ours(averaged, 0.0, 0).terms["as_distance"].item() * pairs * dims, rel=1e-3)
    assert plain.ours(released, 0.0, 0).terms["exp_elbo_fake"] < plain.ours(paper, 0.0, 0).terms["exp_elbo_fake"]


@pytest.mark.parametrize("name", objectives.names())
def test_unknown_and_impossible_hyperparameters_are_named(name):
    weight = dataclasses.fields(objectives.get(name).hyperparameters)[0].name
    said = f"unknown hyper-parameter: got '{weight}x'.*did you mean '{weight}'"
    with pytest.raises(InvalidArgumentError, match=said):
        RunConfig(name, **{f"{weight}x": 1.0})
    for bad in (-1.0, "0.1", float("nan"), None):
        with pytest.raises(InvalidArgumentError, match=f"{weight}: got"):
            RunConfig(name, **{weight: bad})
    with pytest.raises(InvalidArgumentError, match=r"objective: got"):
        objectives.get(name + "x")


def test_the_data_set_of_the_plane_has_the_papers_normaliser():
    lanes = Lanes([RunConfig("vae", **SMALL)])
    assert datasets.get("checkerboard").shape == (2,)
    assert lanes.networks.normaliser == 0.5
