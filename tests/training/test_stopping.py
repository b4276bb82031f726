"""Asked to stop, out of room, without permission: one sentence, a status, and nothing lost or left."""

import errno
import os
import platform
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest

from asvae import RunConfig, files, train
from asvae.checks import InvalidArgumentError
from asvae.files import NotWrittenError, part_prefix, remove_leftovers, write
from asvae.store import runs as store
from asvae.training import checkpoint, loop
from asvae.training.sweep import StoppedError, sweep
from tiny import SOAK, TINY, same

pytestmark = pytest.mark.slow

LONG = """
    import sys
    from pathlib import Path
    from asvae import RunConfig
    from asvae.store import runs
    from asvae.store.runs import load_or_train
    import functools
    runs.load_or_train = functools.partial(load_or_train, root=Path(sys.argv.pop(1)))
    from asvae import __main__
    __main__.main()
"""
SLOW = ("--set", "width=16", "--set", "depth=2", "--set", "batch_size=16", "--steps", "200000")


@pytest.fixture(autouse=True)
def interruptible():
    """Let this process and its children be interrupted, also where a script started it in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _started(root, *arguments):
    """Start a command that takes long, with a store of its own; return it once it trains."""
    command = [sys.executable, "-c", textwrap.dedent(LONG), str(root), *arguments, *SLOW]
    said = root / "said"
    with said.open("w") as file:
        process = subprocess.Popen(command, stderr=file)
    while not re.search(r"\| [1-9]\d*/", said.read_text()):
        assert process.poll() is None, said.read_text()
        time.sleep(0.1)
    return process, said


def _children(pid):
    """Return the workers of a process: its children but for the pool's own."""
    command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return [int(each.split()[0]) for each in found if "popen_loky" in each and "resource_tracker" not in each]


def _alive(pid):
    return os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_asked_to_stop_saves_says_so_and_ends_with_the_signals_status(tmp_path, number):
    process, said = _started(tmp_path, "train", "--objective", "vae")
    process.send_signal(number)
    assert process.wait(120) == 128 + number
    said = said.read_text()
    assert said.splitlines()[-1] == (
        f"{number.name}: stopped after 0 of 1 runs; the others are saved; the same call goes on from there."
    )
    assert "Traceback" not in said
    [folder] = (tmp_path / "runs" / "unfinished").glob("*.stack")
    assert checkpoint.newest(folder).step > 0
    assert not list(tmp_path.rglob(".part-*"))


@pytest.mark.slow
def test_an_interrupt_from_a_terminal_reaches_workers_that_wait_too(tmp_path):
    """It goes to every process of the group; the worker that has ended its stack has nothing to do."""
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from asvae import RunConfig
        from asvae.training.sweep import sweep
        SMALL = {"width": 16, "depth": 2, "batch_size": 16}
        configs = [RunConfig("vae", steps=1, **SMALL), RunConfig("introvae", steps=200_000, **SMALL)]
        sweep(configs, workers=2, checkpoints=Path(sys.argv[1]), done=lambda run: print("one", flush=True))
        """
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() == "one\n"
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    assert "StoppedError: SIGINT: stopped after 1 of 2 runs; the others are saved" in said
    [stack] = tmp_path.glob("*.stack")
    assert checkpoint.newest(stack).step > 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_parent(tmp_path, number):
    process, _ = _started(tmp_path, "sweep", "--objectives", "vae,introvae", "--seeds", "1", "--workers", "2")
    workers = _children(process.pid)
    assert len(workers) == 2
    process.send_signal(number)
    process.wait(120)
    until = time.time() + 60
    while (left := [pid for pid in workers if _alive(pid)]) and time.time() < until:
        time.sleep(0.2)
    assert not left
    stacks = list((tmp_path / "runs" / "unfinished").glob("*.stack"))
    assert len(stacks) == 2
    assert all(map(checkpoint.newest, stacks))
    config = RunConfig("vae", **TINY)
    sweep([config], workers=1, progress=False)
    assert not [
        path for path in os.listdir(tempfile.gettempdir()) if path.startswith(f".part-{platform.node()}-{process.pid}-")
    ]


def test_a_sweep_stopped_by_a_signal_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    config, steps = RunConfig("vae", seed=3, **TINY), []
    whole = sweep([config], workers=1, progress=False)

    def interrupt(step, total):
        steps.append(step)
        if len(steps) == 7:
            os.kill(os.getpid(), signal.SIGINT)
        return marks(step, total)

    marks = loop.marks_of
    monkeypatch.setattr(loop, "marks_of", interrupt)
    with pytest.raises(StoppedError, match=r"^SIGINT: stopped after 0 of 1 runs; the others are saved") as stopped:
        sweep([config], workers=1, progress=False, checkpoints=tmp_path)
    assert stopped.value.number == signal.SIGINT
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert same(sweep([config], workers=1, progress=False, checkpoints=tmp_path)[0], whole[0])
    assert steps == list(range(20))


def test_a_folder_that_cannot_be_written_is_refused_before_the_first_step(tmp_path, monkeypatch):
    def trains(*_, **__):
        raise AssertionError("it trained")

    monkeypatch.setattr(store, "sweep", trains)
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(InvalidArgumentError, match=r"^root: got '.*runs'; allowed: a folder that can be written to \("):
        store.load_or_train([RunConfig("vae", **TINY)], root=tmp_path, progress=False)
    (tmp_path / "runs").unlink()
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(InvalidArgumentError, match=r"^root: got '.*results'; allowed: a folder that can be read"):
        store.load_or_train([RunConfig("vae", **TINY)], root=tmp_path, progress=False, weights=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_disk_that_fills_up_is_one_sentence_and_leaves_the_last_checkpoint(tmp_path, monkeypatch, number):
    config, written, fsync = RunConfig("vae", **TINY), [], os.fsync
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(loop, "SAVING_SHARE", 0.0)

    def full(handle):
        written.append(handle)
        if len(written) > 8:
            raise OSError(number, os.strerror(number))
        fsync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(NotWrittenError) as caught:
        sweep([config], workers=1, progress=False, checkpoints=tmp_path)
    assert os.strerror(number) in str(caught.value)
    assert str(caught.value).isprintable()
    monkeypatch.setattr(files.os, "fsync", fsync)
    [folder] = tmp_path.glob("*.stack")
    assert checkpoint.newest(folder).step == 4
    assert not list(folder.glob(".part-*"))


@pytest.mark.slow
def test_a_disk_that_is_full_now_and_then_changes_nothing_in_the_end(tmp_path, monkeypatch):
    configs = [RunConfig("as-introvae", seed=seed, **TINY | {"steps": 20 * SOAK}) for seed in (0, 1)]
    moments, fsync, refused = random.Random(5), os.fsync, 0
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(loop, "SAVING_SHARE", 0.0)

    def now_and_then(handle):
        if moments.random() < 0.05:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", now_and_then)
        for _ in range(1_000 * SOAK):
            try:
                runs = store.load_or_train(configs, root=tmp_path, progress=False, workers=1)
            except NotWrittenError:
                refused += 1
            else:
                break
    assert refused >= 2 * SOAK
    assert not list(tmp_path.rglob(".part-*"))
    assert all(same(run, train(config, progress=False)) for run, config in zip(runs, configs, strict=True))


def test_a_limit_of_file_sizes_is_a_sentence(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(
            NotWrittenError, match=r"^a: cannot be written to .* \(File too large\); what was there is whole."
        ):
            write(tmp_path / "a", bytes(2_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_what_dead_processes_left_is_removed_and_what_others_write_is_not(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    stays = [f"{part_prefix()}abc", f".part-elsewhere-{gone.pid}-abc", ".part-folder-3x16x16.npy", ".part-old"]
    goes = [f".part-{platform.node()}-{gone.pid}-{what}" for what in ("file", "folder")]
    for name in (*stays, goes[0]):
        (tmp_path / name).touch()
    (tmp_path / goes[1] / "run").mkdir(parents=True)
    remove_leftovers(tmp_path, tmp_path / "absent")
    assert sorted(os.listdir(tmp_path)) == sorted(stays)


def test_a_folder_in_a_checkpoints_place_is_passed_over(tmp_path):
    (tmp_path / "step-000000005.safetensors").mkdir()
    assert checkpoint.newest(tmp_path) is None
