"""Training by behaviour: repeatable, comparable over lanes and processes, honest about divergence."""

import math

import numpy as np
import pytest
import torch

from asvae import RunConfig, draws, objectives, train
from asvae.checks import InvalidArgumentError
from asvae.config.presets import SCALES
from asvae.store.rows import combination, combinations
from asvae.training.points.lanes import Lanes
from tiny import TINY, same


@pytest.mark.parametrize("name", objectives.names())
def test_one_configuration_gives_one_result_and_another_seed_another(name):
    config = RunConfig(name, seed=1, **TINY)
    first = train(config, progress=False)
    assert same(first, train(config, progress=False))
    assert not same(first, train(RunConfig(name, seed=2, **TINY), progress=False))
    assert not first.diverged
    assert all(math.isfinite(first.scores[key]) for key in ("kl", "jsd", "jsd_textbook", "kl_large"))


@pytest.mark.slow
def test_training_learns():
    config = RunConfig("vae", steps=400, width=64, depth=2, batch_size=128)
    run = train(config, progress=False)
    assert run.scores["kl"] < 32.0
    assert run.history["reconstruction"][-1] < 0.2 * run.history["reconstruction"][0]


def test_a_diverged_run_says_where_keeps_its_last_finite_weights_and_scores_nan(diverged):
    assert diverged.diverged
    assert diverged.divergence.player in ("vae", "encoder", "decoder")
    assert 0 < diverged.divergence.step < diverged.config.steps
    assert all(value.isfinite().all() for value in diverged.networks.state().values())
    assert all(math.isnan(value) for value in diverged.scores.values())
    assert max(diverged.history["step"]) < diverged.divergence.step


def test_divergence_names_the_term_that_went_first():
    lanes = Lanes([RunConfig("s-introvae", **TINY | {"warmup": 0.0})])
    lanes.step(0)
    with torch.no_grad():
        lanes.networks.parameters("encoder")[-1][..., -1] = 200.0
    lanes.step(1)
    [divergence] = lanes.divergences
    assert (divergence.step, divergence.player) == (1, "encoder")
    assert divergence.term in ("reconstruction", "kl_real")


def test_a_lane_that_diverges_stands_still_and_leaves_the_others_bits_alone():
    configs = [RunConfig("s-introvae", seed=seed, **TINY) for seed in range(3)]
    broken, whole = Lanes(configs), Lanes(configs)
    for step in range(3):
        broken.step(step)
        whole.step(step)
    with torch.no_grad():
        broken.networks.parameters("decoder")[0][1] = math.nan
    held = {key: value[1] for key, value in broken.networks.state().items()}
    for step in range(3, 8):
        broken.step(step)
        whole.step(step)
    assert [d is None for d in broken.divergences] == [True, False, True]
    assert broken.divergences[1].step == 3
    for key, value in broken.networks.state().items():
        assert torch.equal(value[[0, 2]], whole.networks.state()[key][[0, 2]]), key
        assert torch.equal(value[1].nan_to_num(), held[key].nan_to_num()), key


def test_adam_moves_as_a_plain_adam_would():
    """The fused Adam takes gradients of other strides than its weights silently, and wrongly."""
    lanes = Lanes([RunConfig("vae", **TINY)])
    plain = Lanes([RunConfig("vae", **TINY)])
    parameters = [p for name in ("encoder", "decoder") for p in plain.networks.parameters(name)]
    adam = torch.optim.Adam(parameters, lr=1.0, fused=False, foreach=False)
    for step in range(5):
        batch = plain.dataset.sample(16, 0, step)[None]
        noise = {"posterior": draws.normal_lanes([0], step, "posterior", (16, 2))}
        loss = plain.objective.players[0].loss(plain.networks, batch, noise, plain.hyperparameters, 0.0, {})
        adam.param_groups[0]["lr"] = plain.recipe.rate(step)
        adam.zero_grad()
        loss.value.sum().backward()
        adam.step()
        lanes.step(step)
    for key, value in lanes.networks.state().items():
        torch.testing.assert_close(value, plain.networks.state()[key], rtol=1e-4, atol=1e-6)


def test_the_paper_scale_is_the_published_one():
    config = RunConfig("s-introvae", scale="paper")
    lanes = Lanes([config])
    assert (config.steps, config.warmup_steps, config.recipe.batch_size) == (30_000, 2_000, 512)
    assert [tuple(p.shape[1:]) for p in lanes.networks.modules["encoder"].body.weights] == [
        (2, 256), (256, 256), (256, 256), (256, 256), (256, 4),
    ]  # fmt: skip
    rates = [lanes.recipe.rate(step) for step in (0, 9_999, 10_000, 14_999, 15_000, 29_999)]
    assert rates == pytest.approx([2e-4, 2e-4, 2e-5, 2e-5, 2e-6, 2e-6])
    linear = Lanes([RunConfig("vae", steps=100, learning_rate=1.0, decay="linear")])
    assert [linear.recipe.rate(step) for step in (0, 50, 75, 99)] == pytest.approx([1.0, 1.0, 0.5, 0.02])
    assert Lanes([RunConfig("vae", scale="paper", steps=1)]).recipe.rate(0) == 2e-4
    assert RunConfig("vae", steps=20, warmup=0.99).warmup_steps == 19
    assert [lanes.configs[0].progress(step) for step in (0, 2_000, 16_000, 30_000)] == [0.0, 0.0, 0.5, 1.0]


def test_initial_weights_are_uniform_in_the_bound_of_torch_linear():
    lanes = Lanes([RunConfig("vae", width=256, depth=2)])
    weight = lanes.networks.modules["encoder"].body.weights[1]
    assert weight.abs().max() <= 1 / 16
    assert weight.std().item() == pytest.approx(1 / 16 / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize("name", objectives.names())
def test_combinations_are_hyperparameters_of_every_objective(name):
    for dataset in ("checkerboard", "8gaussians"):
        for row in combinations(dataset):
            assert RunConfig(name, dataset, **combination(row, name, dataset)).dataset == dataset


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": "asintrovae"}, r"^objective: got 'asintrovae'; .*did you mean 'as-introvae'"),
        ({"dataset": "moons"}, r"^dataset: got 'moons'"),
        ({"scale": "huge"}, r"^scale: got 'huge'; allowed: 'quick', 'reduced', 'paper'"),
        ({"seed": -1}, r"^seed: got -1"),
        ({"beta_kl": 10**400}, r"^beta_kl: got 1000"),
        ({"seed": 0.5}, r"^seed: got 0.5"),
        ({"steps": 0}, r"^steps: got 0; allowed: a whole number from 1 up"),
        ({"steps": "many"}, r"^steps: got 'many'"),
        ({"batch_size": 1}, r"^batch_size: got 1; allowed: a whole number from 2 up"),
        ({"learning_rate": 0.0}, r"^learning_rate: got 0.0; allowed: a number above 0"),
        ({"warmup": 1.0}, r"^warmup: got 1.0"),
        ({"schedule": "slow"}, r"^schedule: got 'slow'"),
        ({"squash_kl": "yes"}, r"^squash_kl: got 'yes'; allowed: True or False"),
        ({"width_": 3}, r"^unknown hyper-parameter: got 'width_'"),
    ],
)
def test_a_bad_configuration_is_refused_in_one_sentence(arguments, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        RunConfig(**arguments)
    assert "\n" not in str(caught.value)


def test_a_configuration_survives_its_dictionary_and_is_frozen():
    config = RunConfig("as-introvae", seed=3, schedule="half", steps=10, width=7)
    assert RunConfig(**config.to_dict()) == config
    assert hash(RunConfig(**config.to_dict())) == hash(config)
    with pytest.raises(AttributeError):
        config.seed = 4
    assert RunConfig("vae", seed=2).replace(scale="paper") == RunConfig("vae", scale="paper", seed=2)
    assert config.replace(steps=None).steps == SCALES["checkerboard"]["quick"].steps
    assert config.overrides == {"steps": 10, "width": 7}
    assert config.recipe != SCALES["checkerboard"]["quick"]


def test_a_gradient_whose_square_overflows_is_a_divergence():
    lanes = Lanes([RunConfig("vae", beta_kl=1e22, **TINY)])
    lanes.step(0)
    assert lanes.divergences[0] is not None


@pytest.mark.parametrize("device", ["tpu9", "cuda:99", 3.5, "meta", None])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(InvalidArgumentError, match="device: got"):
        train(RunConfig("vae", **TINY), device=device, progress=False)


def test_a_run_samples_encodes_and_reconstructs(run):
    assert torch.equal(run.sample(5, seed=2), run.sample(5, seed=2))
    assert not torch.equal(run.sample(5, seed=2), run.sample(5, seed=3))
    x = np.zeros((4, 2))
    mu, logvar = run.encode(x)
    assert mu.shape == logvar.shape == (4, 2)
    assert run.reconstruct(x).shape == (4, 2)
    torch.testing.assert_close(run.reconstruct(x), run.networks.decode(mu[None])[0])
    with pytest.raises(InvalidArgumentError, match=r"x: got '\(4, 3\)'"):
        run.encode(np.zeros((4, 3)))
    with pytest.raises(InvalidArgumentError, match=r"n: got 0"):
        run.sample(0)
    for bad in ("points", None, [[1.0], [1.0, 2.0]]):
        with pytest.raises(InvalidArgumentError, match=r"^x: got"):
            run.encode(bad)
    for key in ("torch", "numpy", "hardware", "seconds", "commit", "date", "origin"):
        assert run.provenance[key] not in (None, "")
