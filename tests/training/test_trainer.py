"""The step for images against the equations written down again, and against itself after a stop."""

import pytest
import torch

from asvae import RunConfig, cpu, objectives
from asvae.checks import InvalidArgumentError
from asvae.training.images.machinery import Machinery
from asvae.training.images.trainer import Trainer
from plain_images import SMALL
from plain_images import train as train_plainly
from tiny_data import write_folder

WEIGHTS = {"s-introvae": {"beta_neg": 2.0}, "as-introvae": {"beta_neg": 2.0}, "introvae": {"margin": 8.0}}
"""Small enough that every term of a loss has its say, at the first steps too."""


def config_of(name, **changes):
    return RunConfig(name, "digits", **SMALL | WEIGHTS.get(name, {}) | changes)


def trained(config, steps, dtype=torch.float64):
    trainer = Trainer(config, dtype=dtype)
    for step in range(steps):
        trainer.step(step)
    return trainer


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("name", objectives.names())
def test_a_step_is_the_one_that_plain_modules_and_a_plain_adam_take(name):
    """To the last step of a falling rate; the distance and its schedule come in, and five batches for the critic."""
    config = config_of(name)
    trainer = Trainer(config, dtype=torch.float64)
    losses, networks = train_plainly(config)
    for step, wanted in enumerate(losses):
        terms = trainer.step(step)
        assert {key: terms[key].item() for key in wanted} == pytest.approx(wanted, rel=1e-11)
    state = trainer.networks.state()
    start = Trainer(config, dtype=torch.float64).networks.state()
    for network, module in networks.items():
        for key, weight in module.named_parameters():
            key = f"{network}.{key}"
            torch.testing.assert_close(state[key], weight.detach(), rtol=0, atol=1e-12)
            assert not torch.equal(state[key], start[key]) or key.endswith("bias")


def test_running_statistics_are_those_of_one_pass_of_each_network_a_vae_step():
    config = config_of("vae")
    _, networks = train_plainly(config, steps=3)
    state = trained(config, 3).networks.state()
    buffers = {f"{name}.{key}": b for name, module in networks.items() for key, b in module.named_buffers()}
    assert len(buffers) > 20
    for key, value in buffers.items():
        torch.testing.assert_close(state[key], value, rtol=1e-10, atol=1e-12)


def test_a_warm_up_is_a_vae_with_the_objectives_own_weights():
    config = config_of("s-introvae", warmup=0.5)
    assert config.warmup_steps == 3
    vae = config_of("vae", beta_kl=config.hyperparameters.beta_kl, beta_rec=config.hyperparameters.beta_rec)
    warm = trained(config, 3)
    assert equal(warm.networks.state(), trained(vae, 3).networks.state())
    assert "loss_encoder" in warm.step(3)


def test_the_averaged_decoder_is_the_recursion_by_hand_and_the_one_that_is_shown():
    trainer, by_hand = Trainer(config_of("vae", ema=0.7), dtype=torch.float64), None
    for step in range(4):
        trainer.step(step)
        now = {key: v.clone() for key, v in trainer.networks.modules["decoder"].state_dict().items()}
        by_hand = now if by_hand is None else {key: 0.7 * v + 0.3 * now[key] for key, v in by_hand.items()}
    shown = trainer.shown().modules["decoder"].state_dict()
    for key in now.keys() & dict(trainer.networks.modules["decoder"].named_parameters()).keys():
        torch.testing.assert_close(shown[key], by_hand[key], rtol=1e-12, atol=1e-14)
        assert not torch.equal(shown[key], now[key])
    assert Trainer(config_of("vae", ema=0.0)).ema is None


def test_showing_what_a_run_can_do_changes_nothing_in_it():
    config = config_of("as-introvae")
    looked, whole = trained(config, 2), trained(config, 2)
    shown = looked.shown()
    shown.generate(torch.randn(3, 4))
    shown.posterior(torch.rand(3, 1, 16, 16))
    assert not any(module.training for module in shown.modules.values())
    assert all(module.training for module in looked.networks.modules.values())
    looked.step(2)
    whole.step(2)
    assert equal(looked.state(), whole.state())


def first_gradient(config, player):
    """Adam's first moment after one step is a tenth of the gradient."""
    state = trained(config, 1).state()
    moments = [v for key, v in state.items() if key.startswith(player) and key.endswith("exp_avg")]
    return torch.cat([moment.flatten() for moment in moments]) / 0.1


def test_clipping_bounds_each_players_gradient_and_keeps_its_direction():
    for player in ("adam.encoder", "adam.decoder"):
        free = first_gradient(config_of("introvae"), player)
        longest = 0.01 * free.norm().item()
        clipped = first_gradient(config_of("introvae", clip=longest), player)
        assert clipped.norm().item() == pytest.approx(longest, rel=1e-9)
        assert torch.cosine_similarity(clipped, free, dim=0) > (1 - 1e-9 if "encoder" in player else 0.9)
        longer = first_gradient(config_of("introvae", clip=1e9), player)
        assert torch.equal(longer, free)


def test_batches_are_the_data_sets_own_in_order_and_mirrored_alike(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "b" / "broken.jpg").unlink()
    config = RunConfig("vae", "folder", **SMALL | {"pixels": 16, "channels": (64, 128), "seed": 5})
    machinery = Machinery(data_root=str(tmp_path))
    trainer, data = Trainer(config, machinery=machinery), config.data(tmp_path)
    mirrored = [data.mirrored(8, 5, at) for at in range(7)]
    assert 0 < sum(each.sum() for each in mirrored) < 56
    for at in range(7):
        assert torch.equal(trainer.batch(at), data.sample(8, 5, at))
        assert not torch.equal(trainer.batch(at), data.sample(8, 4, at))
    last = Trainer(config, machinery=Machinery(data_root=str(tmp_path), channels_last=True)).batch(3)
    assert torch.equal(last, trainer.batch(3))
    assert last.is_contiguous(memory_format=torch.channels_last)


def test_every_move_of_the_critic_sees_another_batch(monkeypatch):
    trainer, asked = Trainer(config_of("wgan-gp", critic_steps=3)), []
    monkeypatch.setattr(trainer, "batch", lambda at, real=trainer.batch: (asked.append(at), real(at))[1])
    for step in range(2):
        trainer.step(step)
    # The generator is handed the first of its step again, and does not look at it.
    assert asked == [0, 1, 2, 3, 4, 5]


def test_more_images_a_step_than_there_are_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"^batch_size: got 2000; allowed: a whole number from 1 to 1438"):
        Trainer(config_of("vae", batch_size=2000))


@pytest.mark.parametrize(
    ("name", "player", "term"),
    [
        ("vae", "vae", "reconstruction"),
        ("introvae", "decoder", "decoder_kl_rec"),
        ("as-introvae", "decoder", "decoder_kl_rec"),
        ("wgan-gp", "critic", "wasserstein_gap"),
    ],
)
def test_a_move_that_is_not_finite_is_not_made_and_is_named(name, player, term, monkeypatch):
    trainer, moved = Trainer(config_of(name, learning_rate=1e30, decay="constant")), []

    def weights():
        return {key: value for key, value in trainer.state().items() if "running" not in key}

    def update(*arguments, real=trainer._update):
        before = weights()
        goes_on = real(*arguments)
        moved.append(not equal(weights(), before))
        return goes_on

    monkeypatch.setattr(trainer, "_update", update)
    for step in range(trainer.config.steps):
        average = [p.clone() for p in trainer.ema.module.parameters()]
        trainer.step(step)
        if trainer.divergence:
            break
    assert vars(trainer.divergence) == {"step": step, "player": player, "term": term}
    assert len(moved) > 1
    assert moved == [True] * (len(moved) - 1) + [False]
    assert all(value.isfinite().all() for value in weights().values())
    assert all(torch.equal(p, kept) for p, kept in zip(trainer.ema.module.parameters(), average, strict=True))


def test_the_term_that_broke_first_is_named():
    trainer = Trainer(config_of("vae"))
    trainer.step(0)
    with torch.no_grad():
        trainer.networks.parameters("decoder")[-1].fill_(torch.inf)
    trainer.step(1)
    assert vars(trainer.divergence) == {"step": 1, "player": "vae", "term": "reconstruction"}


@pytest.mark.parametrize("part", ["network.encoder.body.0.weight", "adam.decoder.3.exp_avg_sq", "ema.module.0.bias"])
def test_a_state_with_anything_missing_unknown_or_misshapen_is_refused(part):
    state = trained(config_of("vae"), 1).state()
    assert part in state
    without = {key: value for key, value in state.items() if key != part}
    network, _, _ = part.partition(".")
    for broken in (
        without,
        state | {f"{part}x": state[part]},
        state | {f"{network}.critic.0.weight": state[part]},
        state | {f"other{part}": state[part]},
        state | {part: state[part][:1]},
    ):
        with pytest.raises(RuntimeError):
            Trainer(config_of("vae")).load_state(broken)


def test_weights_of_other_networks_are_refused():
    state = trained(config_of("vae"), 1).state()
    for other in (config_of("vae", width=0.125), config_of("wgan-gp"), config_of("vae", latent_dim=5)):
        with pytest.raises(RuntimeError):
            Trainer(other).load_state(state)
        with pytest.raises(RuntimeError):
            Trainer(other).networks.load_state(Trainer(config_of("vae")).networks.state())


@pytest.mark.slow
@pytest.mark.parametrize("name", objectives.names())
def test_compiled_networks_take_the_same_step(name, monkeypatch):
    real = torch.nn.Module.compile
    # The parts of compilation that ask for anything of us; the default's code generator takes minutes on a CPU.
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: real(self, backend="aot_eager_decomp_partition"))
    config = RunConfig(name, "digits", width=0.0625, latent_dim=3, batch_size=8, steps=4, warmup=0.0)
    plain, compiled = (
        Trainer(config, machinery=Machinery(precision="float32", compiled=each)) for each in (False, True)
    )
    # Adam's first step is little more than the gradient's sign: entries near 0 may go either way.
    for step, rtol in enumerate((1e-4, 2e-2)):
        terms = plain.step(step)
        for term, value in compiled.step(step).items():
            torch.testing.assert_close(value, terms[term], rtol=rtol, atol=1e-4)


def test_running_statistics_are_shown_on_request_averaged_as_the_weights_are():
    trainer = trained(config_of("vae", ema=0.7), 3)
    running, again = trainer.shown(running=True).state(), trainer.shown().state()
    average = trainer.ema.module.state_dict()
    buffers = [key for key in average if "running" in key]
    assert buffers
    for key in buffers:
        assert torch.equal(running[f"decoder.{key}"], average[key])
        assert not torch.allclose(again[f"decoder.{key}"], average[key])


@pytest.mark.parametrize(("computes", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_a_cpu_computes_in_bfloat16_where_it_can_and_says_so(computes, precision, monkeypatch):
    monkeypatch.setattr("asvae.training.images.machinery.computes_bfloat16", lambda: computes)
    trainer = Trainer(config_of("vae"))
    assert trainer.machinery.precision == precision
    with trainer.networks.autocast():
        assert torch.is_autocast_enabled("cpu") is computes
    assert Machinery(precision="float32").on("cpu").precision == "float32"
    assert Machinery().on("cuda").precision == "bfloat16"


def test_a_processor_computes_in_bfloat16_with_either_instruction_set(monkeypatch):
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    for name in names:
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    assert not cpu.computes_bfloat16()
    for name in names:
        with monkeypatch.context() as patch:
            patch.setattr(torch.cpu, name, lambda: True)
            assert cpu.computes_bfloat16()
    for name in names:
        monkeypatch.delattr(torch.cpu, name)
    assert not cpu.computes_bfloat16()
