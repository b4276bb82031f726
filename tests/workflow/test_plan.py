"""Jobs and targets are derived from studies and claims; a job's name says what it depends on."""

import json
import sys

import pytest

from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae_book.paper.claims import CLAIMS
from asvae_book.studies import STUDIES
from asvae_book.workflow import jobs, make, plan, tables
from asvae_book.workflow.needs import TARGETS, needs


@pytest.fixture(autouse=True)
def numerics(monkeypatch):
    """Let every method have numerics of its own, without tracing them."""
    names = {}
    monkeypatch.setattr(jobs, "fingerprint", lambda objective, dataset: names.get(objective, "0" * 12))
    return names


@pytest.fixture
def every():
    return needs(())


def of(target, every):
    return [need for need in every if need.serves(target)]


def test_every_claim_and_every_study_is_in_all(every):
    asked = {(need.claim, need.dataset, need.scale) for need in of("claims", every)}
    assert asked == {(claim.key, ground.dataset, ground.scale) for claim in CLAIMS for ground in claim.grounds}
    assert {need.study.name for need in of("all", every)} == set(STUDIES)
    assert all(of(target, every) for target in TARGETS)


def test_a_target_named_after_a_data_set_has_its_runs_alone(every):
    for name in ("mnist", "cifar10", "celeba128", "celeba256"):
        assert {config.dataset for need in of(name, every) for config in need.configs} == {name}


def test_no_run_is_made_by_two_jobs(every):
    made = [config for job in jobs.derive(every) for config in job.configs]
    assert len(made) == len(set(made))
    assert set(made) == {config for need in every for config in need.configs}


def test_other_numerics_are_other_jobs_of_this_method_alone(every, numerics):
    before = {job.name: job for job in jobs.derive(every)}
    numerics["as-introvae"] = "1" * 12
    after = {job.name: job for job in jobs.derive(every)}
    gone = [job for name, job in before.items() if name not in after]
    assert gone
    assert all(config.objective == "as-introvae" for job in gone for config in job.configs)
    kept = [job for name, job in before.items() if name in after]
    assert not any(config.objective == "as-introvae" for job in kept for config in job.configs)


def a_job(seeds):
    return jobs.Job("a", tuple(RunConfig("vae", seed=seed) for seed in range(seeds)), (0,))


def kept(fingerprint="0" * 12, seconds=36.0):
    return jobs.Committed(fingerprint, seconds, {"device": "cpu", "hardware": "here"})


def test_what_is_committed_by_todays_numerics_is_not_missing(tmp_path):
    results = {RunConfig("vae", seed=0): kept(), RunConfig("vae", seed=1): kept("2" * 12)}
    assert make._missing(a_job(1), results, tmp_path) == 0
    assert make._missing(a_job(2), results, tmp_path) == 1
    assert make._missing(a_job(3), results, tmp_path) == 2


def test_a_small_run_is_done_when_its_job_said_so(tmp_path):
    job = jobs.Job("small", (RunConfig("vae", steps=10),), (0,))
    assert make._missing(job, {}, tmp_path) == 1
    make._say(tmp_path / plan.done("small"), "")
    assert make._missing(job, {}, tmp_path) == 0


def test_hours_are_those_measured_scaled_by_steps():
    results = {RunConfig("vae", seed=0): kept(), RunConfig("vae", seed=1): kept(seconds=108.0)}
    assert jobs.hours(RunConfig("vae", seed=5), results) == pytest.approx(0.02)
    assert jobs.hours(RunConfig("vae", steps=3_000), results) == pytest.approx(0.01)
    assert jobs.hours(RunConfig("vae", "8gaussians"), results) == pytest.approx(0.02)
    with pytest.raises(ValueError, match="no committed run of introvae"):
        jobs.hours(RunConfig("introvae"), results)


def test_images_that_nobody_has_run_are_counted():
    assert jobs.hours(RunConfig("as-introvae", "mnist", "paper"), {}) == pytest.approx(0.26, rel=0.05)


def test_what_a_job_asks_for_follows_from_its_hours():
    job = {"hours": 4.0, "gpu": False, "processes": 1}
    values = {"jobs": {"a": job, "b": job | {"gpu": True, "processes": 2}}, "longest": 200, "budget": 0.0}
    assert plan.minutes(values, "a", 8) == 80
    assert plan.minutes(values, "a", 1) == 200
    assert plan.minutes(values, "b", 8) == 200
    assert [plan.gpus(values, name) for name in "ab"] == [0, 2]
    assert 0 < plan.budget(values, 80) < 80 * 60
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
    assert "1 of   2 jobs left: 2 runs, about 3.0 GPU-hours" in said
    assert "y  " not in said
    assert "no run" in plan.estimate(values, ["y"])


def test_another_process_reads_the_plan_that_the_first_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(make, "make", lambda config: {"made": dict(config)})
    assert plan.current({"steps": 5}, again=False) == {"made": {"steps": 5}}
    monkeypatch.setattr(make, "make", None)
    assert plan.current({"steps": 5}, again=True) == {"made": {"steps": 5}}


def test_a_value_that_nothing_reads_is_refused():
    with pytest.raises(InvalidArgumentError, match="step"):
        make.make({"step": 5})


def test_the_pages_tables_name_every_target_and_ground():
    assert [row.strip("`") for row in tables.targets()["target"]] == list(TARGETS)
    grounds = {(ground.dataset, ground.scale, ground.reading) for claim in CLAIMS for ground in claim.grounds}
    table = tables.evidence()
    assert len(table) == len(grounds)
    keys = {key for keys in table["for the claims"] for key in keys.split(", ")}
    assert keys == {claim.key for claim in CLAIMS}


def test_a_job_lists_the_runs_it_makes(every):
    job = jobs.derive(every)[0]
    text = json.dumps([config.to_dict() for config in job.configs])
    assert tuple(RunConfig.from_dict(each) for each in json.loads(text)) == job.configs
