"""What a run on images leaves: sheets while it trains, the averaged decoder, curves that end where it diverged."""

import contextlib
import math

import pytest
import torch

from asvae import RunConfig
from asvae.training import checkpoint, loop, marks, train
from asvae.training.images.stepper import ImagesStepper
from asvae.training.images.trainer import Trainer
from asvae.training.stepper import Interruption
from asvae.training.train import train_any
from plain_images import SMALL


@pytest.fixture(autouse=True)
def _without_scores(monkeypatch):
    """Scores take longer than these runs."""
    monkeypatch.setattr(ImagesStepper, "_score", lambda self, networks: ({}, {}))


def config_of(name, **changes):
    return RunConfig(name, "digits", **SMALL | {"warmup": 0.2} | changes)


def trained(config, folder=None):
    told = []
    [run] = train_any([config], "cpu", told.append, Interruption(folder))
    return run, told


@pytest.mark.slow
def test_sheets_and_curves_lie_beside_the_last_states(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(loop, "SAVING_SHARE", 0.0)
    monkeypatch.setattr(marks, "SHEETS", 5)
    run, _ = trained(config_of("vae", steps=5), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    states = {f"step-{step:09d}.safetensors" for step in (4, 5)}
    sheets = {f"{kind}-{step:09d}.png" for kind in ("samples", "reconstructions") for step in range(1, 6)}
    assert checkpoint.KEPT == 2
    assert names == states | sheets | {"curves.png"}
    assert run.history["step"] == [0, 1, 2, 3, 4]
    trained(config_of("wgan-gp", steps=1), tmp_path / "wgan")
    assert (tmp_path / "wgan" / "samples-000000001.png").is_file()
    assert not list((tmp_path / "wgan").glob("reconstructions*"))


@pytest.mark.slow
def test_a_run_is_the_averaged_decoder_and_the_last_encoder():
    config = config_of("vae")
    run, trainer = trained(config)[0], Trainer(config)
    for step in range(config.steps):
        trainer.step(step)
    shown, now = trainer.shown().state(), trainer.networks.state()
    assert all(torch.equal(value, shown[key]) for key, value in run.networks.state().items())
    assert not torch.equal(shown["decoder.0.weight"], now["decoder.0.weight"])
    assert torch.equal(shown["encoder.body.0.weight"], now["encoder.body.0.weight"])
    assert not any(module.training for module in run.networks.modules.values())
    assert torch.equal(run.sample(3)[:1], run.sample(3)[:1])


@pytest.mark.slow
def test_a_diverged_run_ends_says_where_and_has_a_curve_of_numbers(tmp_path):
    run, told = trained(config_of("vae", learning_rate=1e30), tmp_path)
    assert run.diverged
    assert sum(told) == 6 * 8
    assert len(run.samples) == 0
    assert run.history["step"] == list(range(run.divergence.step)) == [0]
    assert all(math.isfinite(value) for [value] in run.history.values())


@pytest.mark.parametrize("processes", [1, 2])
def test_no_process_of_several_decides_alone_that_a_run_does_not_begin(processes, monkeypatch):
    def begin(*of):
        raise InterruptedError

    monkeypatch.setattr(train, "ImagesStepper", begin)
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    begins = pytest.raises(InterruptedError) if processes > 1 else contextlib.nullcontext()
    for spent in (Interruption(deadline=0.0), Interruption(asked=lambda: True)):
        with begins:
            assert train_any([config_of("vae")], "cpu", lambda n: None, spent) is None
