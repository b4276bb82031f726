"""An image run stopped, killed or damaged half-way ends with the weights it would have had."""

import math
import random
import subprocess
import sys
import time

import pytest
import torch
from plain_images import SMALL

from asvae import RunConfig
from asvae.training import image_training, snapshots
from asvae.training.image_training import train_images
from asvae.training.images.machinery import Machinery
from asvae.training.images.trainer import Trainer
from asvae.training.marks import Interruption


@pytest.fixture(autouse=True)
def _only_weights(monkeypatch):
    """Scores and sheets follow from the weights, and take longer than these runs."""
    monkeypatch.setattr(image_training._Loop, "_score", lambda self, networks: ({}, {}))
    monkeypatch.setattr(image_training, "SHEETS", 1)


@pytest.fixture
def every_step(monkeypatch):
    monkeypatch.setattr(image_training, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(image_training, "SAVING_SHARE", 0.0)


def config_of(name, **changes):
    return RunConfig(name, "digits", **SMALL | {"warmup": 0.2} | changes)


def trained(config, folder=None, stop=None, machinery=None):
    """Train, from what lies in ``folder``, through ``stop`` steps or to the end; return the run and what was told."""
    asked, told = [], []

    class Stop(Interruption):
        @property
        def due(self):
            asked.append(None)
            return stop is not None and len(asked) == stop + 1

    run = train_images(config, "cpu", machinery or Machinery(), told.append, Stop(folder))
    return run, told


def same(a, b):
    weights = a.networks.state(), b.networks.state()
    equal = weights[0].keys() == weights[1].keys()
    equal = equal and all(torch.equal(value, weights[1][key]) for key, value in weights[0].items())
    return equal and repr(a.history) == repr(b.history) and torch.equal(a.samples, b.samples)


@pytest.mark.parametrize("name", ["as-introvae", "wgan-gp"])
def test_a_stopped_run_goes_on_to_the_same_bits(name, tmp_path):
    config = config_of(name)
    whole, told = trained(config)
    assert sum(told) == 6 * 8
    for stop in (1, 4, 5):
        folder = tmp_path / str(stop)
        assert trained(config, folder, stop) == (None, [0] + [8] * stop)
        run, told = trained(config, folder)
        assert told == [8 * stop] + [8] * (6 - stop)
        assert same(run, whole)
    assert not same(trained(config.replace(seed=1))[0], whole)


def test_a_run_that_is_due_before_it_begins_leaves_nothing(tmp_path):
    assert trained(config_of("vae"), tmp_path, 0) == (None, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("every_step")
def test_sheets_and_curves_lie_beside_the_last_states(tmp_path, monkeypatch):
    monkeypatch.setattr(image_training, "SHEETS", 5)
    run, _ = trained(config_of("vae", steps=5), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    states = {f"step-{step:09d}.{end}" for step in (4, 5) for end in ("json", "safetensors")}
    sheets = {f"{kind}-{step:09d}.png" for kind in ("samples", "reconstructions") for step in range(1, 6)}
    assert snapshots.KEPT == 2
    assert names == states | sheets | {"curves.png"}
    assert run.history["step"] == [0, 1, 2, 3, 4]
    trained(config_of("wgan-gp", steps=1), tmp_path / "wgan")
    assert (tmp_path / "wgan" / "samples-000000001.png").is_file()
    assert not list((tmp_path / "wgan").glob("reconstructions*"))


def test_a_run_is_the_averaged_decoder_and_the_last_encoder_with_running_statistics():
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


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("damage", ["cut", "changed", "weights gone", "record cut", "record changed"])
def test_a_damaged_state_is_named_and_the_one_before_is_used(damage, tmp_path):
    config = config_of("as-introvae")
    whole = trained(config)[0]
    trained(config, tmp_path, 4)
    record, weights = (tmp_path / f"step-000000004.{end}" for end in ("json", "safetensors"))
    if damage == "weights gone":
        weights.unlink()
    path = record if damage.startswith("record") else weights
    if path.exists():
        data = path.read_bytes()
        damaged = data[: len(data) // 2] if "cut" in damage else data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]
        path.write_bytes(damaged)
    with pytest.warns(UserWarning, match=r"step-000000004\.json.*The one before is used"):
        run, told = trained(config, tmp_path)
    assert told[0] == 3 * 8
    assert same(run, whole)


@pytest.mark.usefixtures("every_step")
def test_states_that_cannot_be_used_do_not_push_out_those_that_can(tmp_path, monkeypatch):
    """Images changed meanwhile: the run begins again, and its own states count, however far the others are."""
    config = config_of("vae")
    with monkeypatch.context() as patch:
        patch.setattr(image_training, "fingerprint", lambda *of: "other")
        trained(config, tmp_path, 5)
    with pytest.warns(UserWarning, match="it belongs to another run or to other numerics"):
        assert trained(config, tmp_path, 2)[1] == [0, 8, 8]
    assert sorted(path.stem for path in tmp_path.glob("step-*.json")) == ["step-000000001", "step-000000002"]
    run, told = trained(config, tmp_path)
    assert told[0] == 2 * 8
    assert same(run, trained(config)[0])


def test_another_configurations_state_is_not_taken(tmp_path):
    config = config_of("vae")
    trained(config, tmp_path, 3)
    with pytest.warns(UserWarning, match="it belongs to another run"):
        run, told = trained(config.replace(seed=1), tmp_path)
    assert told[0] == 0
    assert same(run, trained(config.replace(seed=1))[0])


def test_a_diverged_run_ends_says_where_and_has_a_curve_of_numbers(tmp_path):
    run, told = trained(config_of("vae", learning_rate=1e30), tmp_path)
    assert run.diverged
    assert sum(told) == 6 * 8
    assert len(run.samples) == 0
    assert run.history["step"] == list(range(run.divergence.step)) == [0]
    assert all(math.isfinite(value) for [value] in run.history.values())


KILLED = """
from pathlib import Path
from asvae import RunConfig
from asvae.training import image_training
from asvae.training.marks import Interruption
from asvae.training.images.machinery import Machinery
image_training.CHECKPOINT_SECONDS, image_training.SAVING_SHARE, image_training.SHEETS = 0.0, 0.0, 1
there = Interruption(Path({folder!r}))
image_training.train_images(RunConfig(**{config!r}), "cpu", Machinery(), lambda n: print(n, flush=True), there)
"""


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_with_the_same_weights(tmp_path):
    """It saves itself every step, so that some kills meet it writing."""
    config, moments, begun = config_of("as-introvae", steps=120), random.Random(3), []
    code = KILLED.format(config=config.to_dict(), folder=str(tmp_path))
    for part in range(1, 4):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        # The first line says how many images have passed before, each further one belongs to a step.
        begun.append(int(child.stdout.readline()) // 8)
        for _ in range(begun[-1], 30 * part):
            assert child.stdout.readline() == "8\n"
        time.sleep(0.1 * moments.random())
        child.kill()
        child.wait()
        child.stdout.close()
    run, told = trained(config, tmp_path)
    begun.append(told[0] // 8)
    # The step that is being told is not yet saved.
    assert [done >= 30 * part - 1 for part, done in enumerate(begun)] == [True] * 4
    assert begun[0] == 0
    assert begun[-1] < 120
    assert same(run, trained(config)[0])
