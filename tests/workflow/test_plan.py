"""What jobs ask for and what is said of them; files of plans, and the lock of a call that was killed."""

import fcntl
import os
import sys
import time
from types import SimpleNamespace

import pytest

from asvae import RunConfig
from asvae.files import write
from asvae_book.workflow import make, plan
from asvae_book.workflow.jobs import hours


def test_what_a_job_asks_for_follows_from_its_hours():
    job = {"hours": 4.0, "gpu": False, "processes": 1}
    values = {"jobs": {"a": job, "b": job | {"gpu": True, "processes": 2}}, "longest": 200, "budget": 0.0}
    assert plan.minutes(values, "a", 8) == 80
    assert plan.minutes(values, "a", 1) == 200
    assert plan.minutes(values, "b", 8) == 200
    assert [plan.gpus(values, name) for name in "ab"] == [0, 2]
    assert plan.budget(values, 80) == pytest.approx(
        80 * 60 - 80 * 6 - 120
    )  # a tenth of the time and two minutes are left
    assert plan.budget(values | {"budget": 5.0}, 80) == 5.0


def test_the_estimate_counts_what_is_left(capsys, monkeypatch):
    jobs_ = {
        "a": {"done": True, "hours": 0.0, "gpu": False, "missing": 0},
        "b": {"done": False, "hours": 3.0, "gpu": True, "missing": 2},
    }
    values = {"jobs": jobs_, "targets": {"x": {"jobs": ["a", "b"]}, "y": {"jobs": ["a"]}}}
    monkeypatch.setattr(sys, "argv", ["snakemake", "-n", "x"])
    plan.asked(values)
    said = capsys.readouterr().err
    assert "1 of   2 jobs left: 2 runs, about 3.0 GPU-h" in said
    assert "y  " not in said
    assert "no run" in plan.estimate(values, ["y"])
    jobs_["b"]["hours"] = 0.01
    assert "2 runs, under 0.1 GPU-h" in plan.estimate(values, ["x"])


def test_another_process_reads_the_plan_that_the_first_made(monkeypatch):
    monkeypatch.setattr(make, "make", lambda config: {"made": dict(config)})
    assert plan.current({"steps": 5}, again=False) == {"made": {"steps": 5}}
    monkeypatch.setattr(make, "make", None)
    assert plan.current({"steps": 5}, again=True) == {"made": {"steps": 5}}


def test_a_value_that_is_not_allowed_ends_the_call_in_its_sentence(capsys):
    with pytest.raises(SystemExit) as ended:
        plan.current({"threads": 0}, again=False)
    assert (ended.value.code, capsys.readouterr().err) == (2, "threads: got 0; allowed: a whole number from 1 up.\n")


def test_plans_that_no_job_reads_any_more_are_removed(monkeypatch):
    monkeypatch.setattr(make, "make", lambda config: {})
    for days, name in ((29, "young"), (31, "old")):
        path = plan.FOLDER / f"plan-{name}.json"
        write(path, b"{}")
        os.utime(path, (time.time() - 86400 * days,) * 2)
    plan.current({}, again=False)
    left = {path.stem for path in plan.FOLDER.glob("plan-*.json")}
    assert len(left) == 2
    assert "plan-young" in left


def test_the_lock_of_a_call_that_was_killed_goes_and_one_that_is_held_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    locks, held = tmp_path / ".snakemake" / "locks", []
    locks.mkdir(parents=True)
    plan.FOLDER.mkdir()
    with (plan.FOLDER / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        plan.release_stale_lock(held)
        assert locks.is_dir()
        assert not held
    plan.release_stale_lock(held)
    assert not locks.exists()
    with (plan.FOLDER / "lock").open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    held.pop().close()


def test_what_nobody_has_run_at_a_scale_is_expected_from_another_one_by_operations():
    """A reduced step has 256 points, three products of 128 by 128; a quick one 128 points, two of 96 by 96."""
    quick = RunConfig("introvae", "checkerboard", "quick")
    results = {quick: SimpleNamespace(provenance={"device": "cpu", "seconds": 60.0})}
    expected = 60.0 * 12_000 / 6_000 * (256 * 3 * 128**2) / (128 * 2 * 96**2)
    assert hours(quick.replace(scale="reduced"), results) * 3600 == pytest.approx(expected)
    assert hours(quick.replace(scale="reduced", dataset="8gaussians"), results) * 3600 == pytest.approx(expected)
    assert hours(quick.replace(dataset="8gaussians"), results) * 3600 == pytest.approx(60.0)
