"""Sweeps: stacks, processes, budgets, and being killed."""

import contextlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import time
from types import SimpleNamespace

import pytest
import torch
from joblib.externals.loky import reusable_executor

from asvae import RunConfig, sweep, train
from asvae.checks import InvalidArgumentError
from asvae.store import runs as store
from asvae.training import checkpoint, loop, stepper
from asvae.training import sweep as sweeps
from asvae.training.progress_file import asking, shared
from asvae.training.stepper import Interruption
from asvae.training.train import train_any
from tiny import SOAK, TINY, TINY_IMAGES, same


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


@pytest.mark.parametrize("processes", [1, 2])
def test_one_process_of_torchrun_spreads_its_work_and_saves_at_ctrl_c(processes, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    pools = []
    monkeypatch.setattr(sweeps.joblib, "Parallel", lambda **_: lambda calls: pools.append(len(list(calls))))
    sweeps._results([(1,), (2,)], 2, "cpu")
    # A process that was started in the background ignores it from the beginning.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with shared(1) as path, asking(path):
            assert (signal.getsignal(signal.SIGINT) is not signal.default_int_handler) == (processes == 1)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pools == [2] * (processes == 1)


@pytest.mark.parametrize("wanted", [[], [None], ["vae"]])
def test_a_sweep_of_nothing_is_nothing_and_of_other_things_is_refused(wanted):
    if not wanted:
        assert sweep(wanted, progress=False) == []
        return
    with pytest.raises(InvalidArgumentError, match=r"^config: got"):
        sweep(wanted, progress=False)
    with pytest.raises(InvalidArgumentError, match=r"^configs: got"):
        sweep(None, progress=False)


@pytest.mark.slow
def test_a_budget_stops_a_sweep_and_the_same_call_goes_on(tmp_path, monkeypatch):
    configs = [RunConfig("as-introvae", seed=seed, **TINY | {"steps": 60}) for seed in (0, 1)]
    with monkeypatch.context() as patch:
        asked = itertools.count()
        # The budget is over when the clock has been looked at forty times.
        patch.setattr(stepper, "time", SimpleNamespace(time=lambda: time.time() + 1e6 * (next(asked) >= 40)))
        with pytest.raises(sweeps.BudgetSpentError, match="budget: spent after 0 of 2 runs"):
            store.load_or_train(configs, root=tmp_path, progress=False, workers=1, budget=1e5)
    [unfinished] = (tmp_path / "runs" / "unfinished").iterdir()
    assert checkpoint.newest(unfinished).step == 40
    runs = store.load_or_train(configs, root=tmp_path, progress=False, workers=1)
    assert not list((tmp_path / "runs" / "unfinished").iterdir())
    assert all(same(run, train(config, progress=False)) for run, config in zip(runs, configs, strict=True))
    with pytest.raises(InvalidArgumentError, match=r"^budget: got 0"):
        sweep(configs, budget=0)


@pytest.fixture
def left(tmp_path, monkeypatch):
    """Leave the checkpoints of a stack whose results went nowhere; return its folder."""

    def leave(configs):
        path = checkpoint.path_of(configs, tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
            assert len(train_any(configs, "cpu", lambda n: None, Interruption(path))) == len(configs)
        return path

    return leave


def _bytes(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_wanting_some_runs_of_a_checkpoint_keeps_the_others_for_later(left, tmp_path):
    configs = [RunConfig("vae", seed=seed, **TINY) for seed in range(3)]
    left(configs)
    [run] = sweep(configs[1:2], checkpoints=tmp_path, progress=False)
    assert same(run, train(configs[1], progress=False))
    [rest] = tmp_path.iterdir()
    assert checkpoint.newest(rest).configs == [configs[0], configs[2]]
    assert checkpoint.newest(rest).step > 0


def test_checkpoints_of_other_numerics_or_methods_are_left_alone(left, tmp_path, monkeypatch):
    config = RunConfig("vae", **TINY)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "fingerprint", lambda *of: "other")
        left([config])
    kept = _bytes(tmp_path)
    sweep([config, RunConfig("introvae", **TINY)], checkpoints=tmp_path, progress=False, workers=1)
    assert _bytes(tmp_path) == kept
    assert kept


def test_checkpoints_of_an_earlier_format_are_named_and_left_alone(tmp_path):
    config = RunConfig("vae", **TINY)
    old = checkpoint.path_of([config], tmp_path).with_suffix(".safetensors")
    old.write_bytes(b"a state of before")
    with pytest.warns(UserWarning, match=rf"{old.name} .*of an earlier format and left alone"):
        [run] = sweep([config], checkpoints=tmp_path, progress=False)
    assert old.read_bytes() == b"a state of before"
    assert same(run, train(config, progress=False))


def test_checkpoints_of_an_earlier_format_are_named_without_what_a_terminal_would_obey(tmp_path):
    config, root = RunConfig("vae", **TINY), tmp_path / "a\x1b[31m"
    root.mkdir()
    checkpoint.path_of([config], root).with_suffix(".old\x07").touch()
    with pytest.warns(UserWarning, match="of an earlier format") as caught:
        checkpoint.warn_of_earlier([config], root, "cpu")
    assert str(caught[0].message).isprintable()


@pytest.mark.slow
def test_an_image_runs_folder_of_an_earlier_format_is_named_and_left_alone(tmp_path):
    config = RunConfig("vae", "digits", **TINY_IMAGES)
    old = checkpoint.path_of([config], tmp_path).with_suffix("")
    old.mkdir()
    (old / "step-000000001.json").write_text("{}")
    with pytest.warns(UserWarning, match=rf"{old.name} .*of an earlier format and left alone"):
        sweep([config], checkpoints=tmp_path, progress=False)
    assert [path.name for path in old.iterdir()] == ["step-000000001.json"]


def test_a_stack_under_a_name_of_before_goes_on_under_todays(left, tmp_path):
    config = RunConfig("vae", **TINY)
    path = left([config])
    path.rename(path.with_name(path.name.replace(checkpoint.SUFFIX, f"0{checkpoint.SUFFIX}")))
    steps = checkpoint.newest(next(tmp_path.iterdir())).step
    [begun] = checkpoint.begun([config], tmp_path, "cpu")
    assert begun == [config]
    assert checkpoint.newest(path).step == steps > 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_which_another_sweep_is_writing_its_first_state_stays(tmp_path):
    config = RunConfig("vae", **TINY)
    path = checkpoint.path_of([config], tmp_path)
    path.mkdir()
    (path / ".part-abc").write_bytes(b"half a state")
    assert checkpoint.begun([config], tmp_path, "cpu") == []
    assert (path / ".part-abc").is_file()


def test_a_checkpoint_that_another_sweep_took_is_no_loss(left, tmp_path, monkeypatch):
    config = RunConfig("vae", **TINY)
    left([config])
    real = checkpoint.newest

    def taken(folder, *of):
        found = real(folder, *of)
        checkpoint.remove(folder)
        return found

    monkeypatch.setattr(checkpoint, "newest", taken)
    [run] = sweep([config], checkpoints=tmp_path, progress=False)
    assert same(run, train(config, progress=False))


@pytest.mark.parametrize("damage", ["cut", "bit"])
def test_checkpoints_all_damaged_are_named_and_removed_and_their_runs_begin_again(damage, left, tmp_path):
    config = RunConfig("vae", **TINY)
    path = left([config])
    states = list(path.iterdir())
    assert states
    for each in states:
        whole = each.read_bytes()
        each.write_bytes(whole[: len(whole) // 2] if damage == "cut" else whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.warns(UserWarning, match=states[0].name):
        [run] = sweep([config], checkpoints=tmp_path, progress=False)
    assert not path.exists()
    assert same(run, train(config, progress=False))


def _sweep(root, workers):
    """What a user's process does; its results count as a scale's own, so that they are kept."""
    os.setsid()
    # A forked process inherits the pool of the tests before it, and would wait for workers that are not its own.
    reusable_executor._executor = None
    loop.CHECKPOINT_SECONDS, loop.SAVING_SHARE = 0.02, 0.0
    RunConfig.overrides = property(lambda config: {})
    names = ("vae", "s-introvae", "as-introvae")
    configs = [RunConfig(name, seed=seed, **TINY | {"steps": 150 * SOAK}) for name in names for seed in range(3)]
    store.load_or_train(configs, weights=False, root=root, progress=False, workers=workers)


def _start(*arguments):
    process = multiprocessing.get_context("fork").Process(target=_sweep, args=arguments)
    process.start()
    # Until the child leads a group of its own there is none to kill.
    while process.is_alive() and os.getpgid(process.pid) != process.pid:
        time.sleep(0.001)
    return process


def _wait_for_work(root, sweeping):
    """Return when a sweep has written anything, or has ended: workers are new processes, which import for seconds."""
    before = _there(root)
    while sweeping.is_alive() and not _there(root) - before:
        time.sleep(0.005)


def _there(root):
    # The sweep removes what a killed one left while this looks.
    with contextlib.suppress(FileNotFoundError):
        return set(root.rglob("*"))
    return set()


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
    for attempt in range(10 * SOAK):
        workers = 2 if attempt % 10 in (2, 5) else 1
        sweeping = _start(killed, workers)
        if attempt:
            _wait_for_work(killed, sweeping)
        sweeping.join(0.15 * moments.random())
        if sweeping.is_alive():
            # Once the parent alone: its workers must notice, and end.
            (os.kill if attempt % 10 == 2 else os.killpg)(sweeping.pid, signal.SIGKILL)
            kills += 1
        sweeping.join()
    _start(killed, 1).join()
    assert kills >= 3 * SOAK
    assert _files(killed) == _files(whole)
    assert len(_files(whole)[0]) == 9
    # A kill between the last result and the end leaves a checkpoint that nobody needs.
    for left in (killed / "runs" / "unfinished").glob("[!.]*"):
        state = checkpoint.newest(left)
        assert state is None or all(store.locate(config, killed / "runs").is_dir() for config in state.configs)


def test_a_worker_whose_parent_is_gone_stops():
    assert Interruption(parent=os.getppid()).due is False
    assert Interruption(parent=os.getppid() + 1).due is True
    assert Interruption(deadline=time.time() - 1).due is True


def test_a_folder_for_checkpoints_that_cannot_be_written_is_refused_before_a_step(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InvalidArgumentError, match=r"^checkpoints: got .*; allowed: a folder that can be written to"):
        sweep([RunConfig("vae", **TINY)], checkpoints=tmp_path / "file", progress=False)


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_the_checksum_of_a_state_is_of_each_of_its_entries(name):
    state = {each: torch.zeros(3) for each in "cab"}
    assert checkpoint._digest(state, "") != checkpoint._digest(state | {name: torch.ones(3)}, "")
