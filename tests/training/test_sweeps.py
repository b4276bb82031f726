"""Sweeps: stacks, processes, budgets, and being killed."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch
from tiny import TINY, same

from asvae import RunConfig, sweep, train
from asvae.checks import InvalidArgumentError
from asvae.store import runs as store
from asvae.training import checkpoint as checkpoints
from asvae.training import sweep as sweeps
from asvae.training import train as training
from asvae.training.points import stacking
from asvae.training.points.cuda_graphs import DrawAhead
from asvae.training.points.lane_adam import LaneAdam
from asvae.training.points.lanes import Lanes
from asvae.training.train import Interruption, train_stack


@pytest.mark.slow
def test_a_sweep_over_processes_equals_its_runs_one_by_one():
    configs = [RunConfig("as-introvae", seed=seed, **TINY) for seed in range(8)]
    configs += [RunConfig("vae", seed=seed, **TINY) for seed in (0, 1)]
    configs.append(configs[0])
    swept = sweep(configs, workers=2, progress=False)
    assert [run.config for run in swept] == configs
    assert swept[0] is swept[-1]
    for config, run in zip(configs, swept, strict=True):
        assert same(run, train(config, progress=False))


@pytest.mark.parametrize("wanted", [[], [None], ["vae"]])
def test_a_sweep_of_nothing_is_nothing_and_of_other_things_is_refused(wanted):
    if not wanted:
        assert sweep(wanted, progress=False) == []
        return
    with pytest.raises(InvalidArgumentError, match=r"^config: got"):
        sweep(wanted, progress=False)
    with pytest.raises(InvalidArgumentError, match=r"^configs: got"):
        sweep(None, progress=False)


def test_a_stopped_stack_goes_on_to_the_same_bits(tmp_path):
    """Also with a diverged lane, with other lanes gone meanwhile, and through warm-up and both rate schedules."""
    rough = TINY | {"steps": 30, "warmup": 0.3}
    configs = [RunConfig("as-introvae", seed=seed, decay="steps", **rough) for seed in range(3)]
    configs.append(configs[0].replace(beta_kl=1e30))
    whole = train_stack(configs, "cpu", lambda n: None)
    assert [run.diverged for run in whole] == [False, False, False, True]
    for stop in (1, 9, 29):
        path = tmp_path / f"{stop}.safetensors"
        left = iter([False] * (stop + 1) + [True])

        class Stop(Interruption):
            due = property(lambda self, left=left: next(left))

        assert train_stack(configs, "cpu", lambda n: None, Stop(path)) is None
        begun = checkpoints.read(path)
        assert begun.step == stop + 1
        told = []
        runs = train_stack(configs, "cpu", told.append, begun=begun)
        assert sum(told) == 4 * 30
        assert all(same(a, b) and a.divergence == b.divergence for a, b in zip(runs, whole, strict=True))
        some = [configs[3], configs[1]]
        runs = train_stack(some, "cpu", told.append, begun=begun.select(some))
        assert all(same(a, b) for a, b in zip(runs, [whole[3], whole[1]], strict=True))


def test_a_budget_stops_a_sweep_and_the_same_call_goes_on(tmp_path):
    configs = [RunConfig("as-introvae", seed=seed, **TINY | {"steps": 300}) for seed in (0, 1)]
    with pytest.raises(sweeps.BudgetSpentError, match="budget: spent after 0 of 2 runs"):
        store.load_or_train(configs, root=tmp_path, progress=False, workers=1, budget=0.4)
    [unfinished] = (tmp_path / "unfinished").iterdir()
    assert 0 < checkpoints.read(unfinished).step < 300
    runs = store.load_or_train(configs, root=tmp_path, progress=False, workers=1)
    assert not list((tmp_path / "unfinished").iterdir())
    assert all(same(run, train(config, progress=False)) for run, config in zip(runs, configs, strict=True))
    with pytest.raises(InvalidArgumentError, match=r"^budget: got 0"):
        sweep(configs, budget=0)


def test_wanting_some_runs_of_a_checkpoint_keeps_the_others_for_later(tmp_path, monkeypatch):
    configs = [RunConfig("vae", seed=seed, **TINY) for seed in range(3)]
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    assert len(train_stack(configs, "cpu", lambda n: None, Interruption(checkpoints.place(configs, tmp_path)))) == 3
    [run] = sweep(configs[1:2], checkpoints=tmp_path, progress=False)
    assert same(run, train(configs[1], progress=False))
    [rest] = tmp_path.iterdir()
    assert checkpoints.read(rest).configs == [configs[0], configs[2]]
    assert checkpoints.read(rest).step > 0


def test_checkpoints_of_other_numerics_or_methods_are_left_alone(tmp_path, monkeypatch):
    config = RunConfig("vae", **TINY)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "fingerprint", lambda *of: "other")
        patch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
        train_stack([config], "cpu", lambda n: None, Interruption(checkpoints.place([config], tmp_path)))
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    sweep([config, RunConfig("introvae", **TINY)], checkpoints=tmp_path, progress=False, workers=1)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == kept
    assert len(kept) == 1


def test_a_checkpoint_that_another_sweep_took_is_no_loss(tmp_path, monkeypatch):
    config = RunConfig("vae", **TINY)
    path = checkpoints.place([config], tmp_path)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    train_stack([config], "cpu", lambda n: None, Interruption(path))
    monkeypatch.setattr(sweeps, "read", lambda path, real=sweeps.read: (real(path), path.unlink())[0])
    [run] = sweep([config], checkpoints=tmp_path, progress=False)
    assert same(run, train(config, progress=False))


def test_a_damaged_checkpoint_is_named_removed_and_its_runs_begin_again(tmp_path, monkeypatch):
    config = RunConfig("vae", **TINY)
    path = checkpoints.place([config], tmp_path)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    train_stack([config], "cpu", lambda n: None, Interruption(path))
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(damaged)
        with pytest.warns(UserWarning, match=path.name):
            [run] = sweep([config], checkpoints=tmp_path, progress=False)
        assert not path.exists()
        assert same(run, train(config, progress=False))


def test_stacks_fit_into_memory_and_split_over_workers(monkeypatch):
    configs = [RunConfig("as-introvae", seed=seed) for seed in range(10)]
    configs += [RunConfig("vae", seed=seed) for seed in range(3)]
    stacks = stacking.into_stacks(configs, workers=2, device="cpu")
    assert sorted(len(stack) for stack in stacks) == [1, 2, 5, 5]
    assert stacks[0][0].objective == "as-introvae"
    monkeypatch.setattr(stacking, "lanes_that_fit", lambda *of: 2)
    assert max(len(stack) for stack in stacking.into_stacks(configs, workers=2, device="cpu")) == 2


def test_the_memory_estimate_is_no_less_than_what_a_step_takes():
    config = RunConfig("as-introvae", scale="paper", steps=100, kernel="joint")
    free = 2 * 1024**3
    for kernel in ("marginal", "joint"):
        lanes = stacking.lanes_that_fit(config.replace(kernel=kernel), "cpu", workers=1, free=free)
        code = f"""
            import resource, torch
            torch.set_num_threads(1)
            from asvae import RunConfig
            from asvae.training.points.lanes import Lanes
            config = RunConfig("as-introvae", scale="paper", steps=100, kernel={kernel!r})
            lanes = Lanes([config, config.replace(seed=1)])
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            lanes.step(99)
            print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 2)
        """
        used = float(
            subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=True).stdout
        )
        assert used < 0.5 * free / lanes


def test_a_lane_adam_over_the_stack_moves_as_one_over_slices_and_leaves_a_broken_lane_alone():
    """The way of a GPU, on the CPU: masked over the stack, equal but for rounding."""
    torch.manual_seed(0)
    start = [torch.randn(3, 4, 5), torch.randn(3, 1, 5)]
    adams = []
    for sliced in (True, False):
        adam = LaneAdam([torch.nn.Parameter(w.clone()) for w in start], lr=0.1, sliced=sliced)
        adams.append(adam)
    for step in range(6):
        grads = [torch.randn_like(w) for w in start]
        finite = torch.tensor([True, step < 3, True])
        grads[0][1] = grads[0][1] if step < 3 else torch.nan
        for adam in adams:
            adam.rate(0.1 / (1 + step))
            adam.step(grads, finite)
        if step == 2:
            held = [w[1].clone() for w in adams[1].weights]
    for a, b, h in zip(adams[0].weights, adams[1].weights, held, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
        assert torch.equal(b[1], h)
    again = LaneAdam([torch.nn.Parameter(w.clone()) for w in adams[1].weights], lr=0.1, sliced=False)
    again.load_state(adams[1].state())
    grads = [torch.randn_like(w) for w in start]
    for adam in (again, adams[1]):
        adam.rate(0.01)
        adam.step(grads, torch.tensor([True, False, True]))
    assert all(torch.equal(a, b) for a, b in zip(again.weights, adams[1].weights, strict=True))


def _sweep(root, workers):
    """What a user's process does; its results count as a scale's own, so that they are kept."""
    os.setsid()
    training.CHECKPOINT_SECONDS = 0.1
    RunConfig.overrides = property(lambda config: {})
    names = ("vae", "s-introvae", "as-introvae")
    configs = [RunConfig(name, seed=seed, **TINY | {"steps": 300}) for name in names for seed in range(3)]
    store.evidence(configs, root=root, progress=False, workers=workers)


def _start(*arguments):
    process = multiprocessing.get_context("fork").Process(target=_sweep, args=arguments)
    process.start()
    return process


def _files(root):
    kept = {path.name: json.loads(path.read_text()) for path in sorted((root / "results").glob("[!.]*"))}
    weights = {path.parent.name: path.read_bytes() for path in sorted((root / "runs").glob("*/weights.safetensors"))}
    for record in kept.values():
        del record["timing"]
    return kept, weights


@pytest.mark.slow
def test_a_sweep_killed_ten_times_ends_with_the_same_files(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    _start(whole, 1).join()
    moments, kills = random.Random(7), 0
    for attempt in range(10):
        workers = 2 if attempt in (4, 7) else 1
        sweeping = _start(killed, workers)
        # Workers are new processes, which import for seconds before they train.
        sweeping.join((4.0 if workers == 2 else 0.3) + 1.2 * moments.random())
        if sweeping.is_alive():
            # Once the parent alone: its workers must notice, and end.
            (os.kill if attempt == 4 else os.killpg)(sweeping.pid, signal.SIGKILL)
            kills += 1
        sweeping.join()
    _start(killed, 1).join()
    assert kills >= 3
    assert _files(killed) == _files(whole)
    # A kill between the last result and the end leaves a checkpoint that nobody needs.
    for left in (killed / "runs" / "unfinished").glob("[!.]*"):
        assert all(store.locate(config, killed / "runs").is_dir() for config in checkpoints.read(left).configs)


def test_draws_made_ahead_are_the_steps_own_in_their_order():
    lanes = Lanes([RunConfig("s-introvae", **TINY)])
    ahead = DrawAhead(lanes.draw, last=20, ahead=5)
    for step in range(3, 20):
        drawn = ahead(step)
        assert all(torch.equal(value, drawn[name]) for name, value in lanes.draw(step).items())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_captured_steps_on_a_gpu_are_the_cpus_within_rounding():
    """With a lane that diverges: it stands still, is recorded, and leaves the others alone."""
    configs = [RunConfig("as-introvae", seed=seed, **TINY | {"steps": 40, "warmup": 0.25}) for seed in range(3)]
    configs.append(configs[0].replace(beta_kl=1e30))
    here, there = (train_stack(configs, device, lambda n: None) for device in ("cpu", "cuda"))
    for a, b in zip(here, there, strict=True):
        assert a.divergence == b.divergence
        for name in ("reconstruction", "kl_fake"):
            assert b.history.get(name) == pytest.approx(a.history.get(name), rel=1e-2)


def test_a_worker_whose_parent_is_gone_stops():
    assert Interruption(parent=os.getppid()).due is False
    assert Interruption(parent=os.getppid() + 1).due is True
    assert Interruption(deadline=time.time() - 1).due is True


def test_lanes_of_a_stack_share_what_they_must():
    with pytest.raises(InvalidArgumentError, match=r"^configs: got runs that differ"):
        Lanes([RunConfig("vae"), RunConfig("vae", width=3)])
