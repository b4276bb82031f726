"""Jobs and targets are derived from studies and claims; a job's name says what it depends on."""

import json

import pytest

from asvae import RunConfig
from asvae.files import read_record, write_record
from asvae.store.earlier import config_of
from asvae.store.results import ROOT
from asvae_book.paper.claims import CLAIMS
from asvae_book.studies import STUDIES
from asvae_book.workflow import jobs
from asvae_book.workflow.needs import TARGETS, needs
from needed import kept, of, results_of


def test_every_claim_and_every_study_is_in_all(every):
    asked = {(need.claim, need.dataset, need.scale) for need in of("claims", every)}
    assert asked == {(claim.key, ground.dataset, ground.scale) for claim in CLAIMS for ground in claim.grounds}
    assert {need.study.name for need in of("all", every)} == set(STUDIES)
    assert all(of(target, every) for target in TARGETS)


def test_the_need_with_most_seeds_comes_first_and_a_study_has_as_many_as_its_rarest_variant(every):
    seeds = [need.seeds for need in every if need.claim]
    assert seeds == sorted(seeds, reverse=True)
    assert len(set(seeds)) > 1
    cells = STUDIES["explorer"].configs("checkerboard", 5)
    rarest = next(iter(cells))
    committed = {config for label, configs in cells.items() for config in configs[: 2 if label == rarest else 5]}
    for found, count in ((committed, 2), (committed - {*cells[rarest]}, 1)):
        [need] = [need for need in needs(found) if need.study.name == "explorer"]
        assert need.seeds == count


def test_the_small_runs_on_images_have_a_fifth_of_the_steps_and_at_least_one():
    for steps, own in ((300, 60), (9, 1), (3, 1)):
        [need] = of("quick", needs((), {"data": "digits", "steps": steps}))
        assert {config.steps for config in need.configs} == {own}


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


def test_a_job_on_points_is_named_after_the_first_need_that_it_serves(every):
    shared = [job for job in jobs.derive(every) if len(job.needs) > 1 and job.configs[0].kind == "points"]
    assert len({every[place].study.name for job in shared for place in job.needs}) > 1
    assert all(job.name.startswith(f"{every[job.needs[0]].study.name}-") for job in shared)


def test_a_job_lists_the_runs_it_makes(every):
    job = jobs.derive(every)[0]
    text = json.dumps([config.to_dict() for config in job.configs])
    assert tuple(RunConfig(**each) for each in json.loads(text)) == job.configs


def test_what_is_committed_is_read_with_the_checks_of_a_table(tmp_path):
    name = "8gaussians-quick-vae-C1-seed0.json"
    record = read_record(ROOT / name)
    write_record(tmp_path / name, record)
    [config] = jobs.committed(tmp_path)
    assert config == config_of(record)
    write_record(tmp_path / name.replace("seed0", "seed1"), record)
    with pytest.warns(UserWarning, match="of the same run as"):
        assert list(jobs.committed(tmp_path)) == [config]
    write_record(tmp_path / name, record | {"history": {"step": [0.5]}})
    (tmp_path / name.replace("seed0", "seed1")).unlink()
    with pytest.warns(UserWarning, match="no result of this core"):
        assert jobs.committed(tmp_path) == {}


def test_hours_are_those_measured_scaled_by_steps():
    results = results_of(kept(RunConfig("vae", seed=0)), kept(RunConfig("vae", seed=1), seconds=108.0))
    assert jobs.hours(RunConfig("vae", seed=5), results) == pytest.approx(0.02)
    assert jobs.hours(RunConfig("vae", steps=3_000), results) == pytest.approx(0.01)
    assert jobs.hours(RunConfig("vae", "8gaussians"), results) == pytest.approx(0.02)
    # Without a run of the method, about: half a minute a quick run.
    assert 10.0 < jobs.hours(RunConfig("introvae"), results) * 3600.0 < 60.0
    assert jobs.hours(RunConfig("introvae"), {}) == jobs.hours(RunConfig("introvae"), results)


def test_hours_are_those_of_runs_on_a_cpu():
    gpu = RunConfig("vae", seed=1)
    results = results_of(kept(RunConfig("vae", seed=0)), kept(gpu))
    results[gpu].provenance.update(device="cuda", seconds=1e6)
    assert jobs.hours(RunConfig("vae", seed=5), results) == pytest.approx(0.01)
