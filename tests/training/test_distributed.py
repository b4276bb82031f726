"""Two processes on a CPU take the steps that one would take, in double precision, from the first gradient on."""

import itertools
import math
import os
import socket
import time
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch import nn

from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae.metrics import images as image_metrics
from asvae.training.images import distributed, trainer
from asvae.training.images.trainer import Trainer
from asvae.training.numerics import fingerprint
from asvae.training.stepper import Interruption
from asvae.training.train import train_any
from plain_images import SMALL

pytestmark = pytest.mark.slow

RUNS = {
    "vae": {},
    "introvae": {},
    "as-introvae": {"schedule": "half", "beta_neg": 2.0},
    "wgan-gp": {"critic_steps": 2},
}
STEPS = 3
PATIENCE = 240.0
"""Seconds, many times what the two take."""


def config_of(name):
    return RunConfig(name, "digits", **SMALL | {"ema": 0.5} | RUNS[name])


def states(name):
    """Return the state after every step: weights, averages, and Adam's moments, which hold the first gradient."""
    made, after = Trainer(config_of(name), dtype=torch.float64), []
    for step in range(STEPS):
        made.step(step)
        after.append(made.state())
    return after


class _NoGradient(distributed._Gather):
    """What an all-gather without its backward pass is: other processes' rows, and this one's, as constants."""

    @staticmethod
    def backward(ctx, upstream):
        return torch.zeros_like(upstream.chunk(2)[0])


def _stopped(rank, folder):
    """Train until the main process, and it alone, says stop, and go on; return what was told, this run, a whole one."""
    asked, told, config = itertools.count(), [], config_of("as-introvae")

    class OneStops(Interruption):
        due = property(lambda self: rank == 0 and next(asked) == 2)

    there = OneStops(Path(folder) / "run", deadline=1e18)
    assert train_any([config], "cpu", told.append, there) is None
    # Another start finds what the main process wrote.
    torch.distributed.barrier()
    runs = [run for way in ((told.append, there), (lambda n: None,)) for run in train_any([config], "cpu", *way)]
    states = [run.networks.state() for run in runs]
    features = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    distances = tuple(image_metrics.kernel_distance(features[:20], features[20:])) if rank == 0 else None
    scored = [run.scores["frechet_classifier"] for run in runs]
    kept = {"processes": runs[0].provenance["processes"], "scored": scored, "distances": distances}
    return {"told": told, "states": states} | kept


def _work(rank, port, folder):
    """What one of two processes does, in the environment that ``torchrun`` gives it."""
    torch.set_num_threads(1)
    own = {"RANK": rank, "LOCAL_RANK": rank, "GROUP_RANK": 0, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2}
    there = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "test"}
    os.environ |= {name: str(value) for name, value in (own | there).items()}
    made = {name: states(name) for name in RUNS}
    for name, broken in (("own rows alone", lambda share: share), ("no gradient", _NoGradient.apply)):
        with mock.patch.object(trainer, "gather", broken):
            made[name] = states("as-introvae")
    with pytest.raises(InvalidArgumentError) as refusal:
        Trainer(config_of("vae").replace(batch_size=9))
    made["stopped"] = _stopped(rank, folder)
    # One process may ask for it while the other does not.
    numerics = fingerprint("vae", "digits") if rank == 0 else ""
    rows = Trainer(config_of("vae")).batch(4)
    others = {"refusal": str(refusal.value), "numerics": numerics, "rows": rows, "main": distributed.is_main_process()}
    torch.save(made | others, f"{folder}/{rank}.pt")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What each of two processes computed."""
    folder = tmp_path_factory.mktemp("processes")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = torch.multiprocessing.spawn(_work, (port, str(folder)), nprocs=2, join=False)
    end = time.monotonic() + PATIENCE
    while not context.join(timeout=1):
        if time.monotonic() > end:
            for process in context.processes:
                process.kill()
            pytest.fail("the two processes wait for each other")
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.fixture
def one(monkeypatch):
    """What one process computes whose BatchNorm looks at the two halves of a batch, as on a CPU two processes' do."""
    whole = nn.BatchNorm2d.forward
    monkeypatch.setattr(nn.BatchNorm2d, "forward", lambda self, x: torch.cat([whole(self, h) for h in x.chunk(2)]))
    return states


def far(state, other):
    """Return the largest distance of a weight, moment or average, relative to the longest of its kind."""
    largest = {}
    for key, value in state.items():
        if value.is_floating_point() and "running" not in key:
            kind = key.split(".")[0], key.split(".")[-1]
            size, apart = largest.get(kind, (0.0, 0.0))
            largest[kind] = max(size, value.norm().item()), max(apart, (value - other[key]).norm().item())
    return max(apart / size for size, apart in largest.values())


@pytest.mark.parametrize(
    "variables",
    [
        {"WORLD_SIZE": "0"},
        {"WORLD_SIZE": "5" * 5_000},
        {"WORLD_SIZE": "two"},
        {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "0"},
        {"RANK": "1"},
        {"RANK": "2", "WORLD_SIZE": "2"},
        {"WORLD_SIZE": "\N{ARABIC-INDIC DIGIT THREE}"},
    ],
)
def test_what_torchrun_cannot_set_is_refused(monkeypatch, variables):
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    name = [*variables][-1] if "RANK" not in variables else "RANK"
    with pytest.raises(InvalidArgumentError, match=rf"^{name}: got '"):
        distributed.of_environment(name, 1)


def test_several_processes_that_torchrun_did_not_start_are_refused(monkeypatch):
    """The first would wait for the others, and the others would do nothing and say so to nobody."""
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        with pytest.raises(InvalidArgumentError, match=r"^WORLD_SIZE: got '2'; allowed: 1, or no such variable"):
            distributed.of_environment("WORLD_SIZE", 1)


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_have_the_gradients_and_weights_of_one(name, two, one):
    for step, state in enumerate(one(name)):
        assert state.keys() == two[0][name][step].keys()
        assert far(state, two[0][name][step]) < 1e-10


@pytest.mark.parametrize("name", RUNS)
def test_all_processes_hold_one_model_to_the_bit(name, two):
    for a, b in zip(two[0][name], two[1][name], strict=True):
        assert a.keys() == b.keys()
        assert all(torch.equal(value, b[key]) for key, value in a.items())


@pytest.mark.parametrize("broken", ["own rows alone", "no gradient"])
def test_a_distance_of_parts_or_without_its_gradient_would_be_noticed(broken, two, one):
    for step, state in enumerate(one("as-introvae")):
        assert far(state, two[0][broken][step]) > 1e-6


def test_statistics_are_averaged_over_processes(two):
    """The first layer is linear, so the mean over halves is the mean over the batch, whatever BatchNorm does after."""
    key = "network.encoder.body.1.running_mean"
    whole = states("vae")[0][key]
    torch.testing.assert_close(two[0]["vae"][0][key], whole, rtol=1e-12, atol=1e-14)
    assert whole.abs().max() > 1e-3


def test_each_process_takes_its_share_of_the_batch_and_one_is_the_main_one(two):
    rows = Trainer(config_of("vae")).batch(4)
    assert torch.equal(torch.cat([each["rows"] for each in two]), rows)
    assert [each["main"] for each in two] == [True, False]


def test_a_batch_that_does_not_divide_is_refused(two):
    for each in two:
        assert each["refusal"] == "batch_size: got 9; allowed: a multiple of 2, one share for every process."


def test_a_run_stops_and_goes_on_in_all_processes_together(two):
    whole = two[0]["stopped"]["states"][1]
    for each in (part["stopped"] for part in two):
        assert each["told"] == [0, 8, 8, 24, 8, 8, 8]
        assert all(torch.equal(value, state[key]) for state in each["states"] for key, value in whole.items())
        assert each["processes"] == 2


def test_the_first_process_scores_and_as_if_it_were_alone(two):
    first, second = (part["stopped"]["scored"] for part in two)
    assert first[0] == first[1] > 0.0
    assert all(math.isnan(score) for score in second)
    features = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    assert two[0]["stopped"]["distances"] == image_metrics.kernel_distance(features[:20], features[20:])


def test_the_numerics_of_a_run_do_not_depend_on_how_many_train_it(two):
    assert two[0]["numerics"] == fingerprint("vae", "digits")
