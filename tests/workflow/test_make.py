"""The plan is made of values that are checked, of what is committed, and of jobs, pages and targets that fit."""

import re

import pytest

from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae_book.workflow import jobs, make, plan
from asvae_book.workflow.needs import TARGETS
from needed import a_job, kept, of, results_of


def test_what_is_committed_by_todays_numerics_is_not_missing():
    results = results_of(kept(RunConfig("vae", seed=0)), kept(RunConfig("vae", seed=1), "2" * 12))
    assert make._missing(a_job(1), results) == 0
    assert make._missing(a_job(2), results) == 1
    assert make._missing(a_job(3), results) == 2


def test_a_small_run_is_done_when_its_job_said_so():
    job = jobs.Job("small", (RunConfig("vae", steps=10),), (0,))
    assert make._missing(job, {}) == 1
    make._say(plan.done("small"), "")
    assert make._missing(job, {}) == 0


def test_images_that_nobody_has_run_are_counted_for_the_device_that_makes_them():
    config = RunConfig("as-introvae", "mnist", "paper")
    on_gpu, on_core = jobs.hours(config, {}, on_gpu=True), jobs.hours(config, {})
    assert on_gpu == pytest.approx(0.26, rel=0.05)
    assert on_core > 10 * on_gpu
    job = jobs.Job("a", (config, config), (0,))
    gpu, cpu = (make._row(job, 2, {}, make.options({"device": device})) for device in ("cuda", "cpu"))
    assert (gpu["gpu"], gpu["device"], gpu["hours"]) == (True, "cuda", pytest.approx(2 * on_gpu, abs=1e-3))
    assert (cpu["gpu"], cpu["device"], cpu["hours"]) == (False, "cpu", pytest.approx(2 * on_core, abs=1e-3))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"step": 5}, "unknown config: got 'step'; allowed: 'scales', "),
        ({"device": "gpu"}, "device: got 'gpu'; allowed: 'cuda', 'cpu'"),
        ({"longest": "12h"}, "longest: got '12h'; allowed: a whole number from 5 up."),
        ({"longest": 2}, "longest: got 2; allowed: a whole number from 5 up."),
        ({"seeds": "two"}, "seeds: got 'two'; allowed: a whole number from 1 up."),
        ({"steps": 0}, "steps: got 0; allowed: a whole number from 1 up."),
        ({"threads": 2.5}, "threads: got 2.5; allowed: a whole number from 1 up."),
        ({"budget": -1}, "budget: got -1; allowed: a number at least 0."),
        ({"chapters": "no"}, "chapters: got 'no'; allowed: 'True', 'False'"),
        ({"data": "8gaussians,mnits"}, "data: got 'mnits'; allowed: "),
        ({"scales": 0}, "scales: got '0'; allowed: 'quick', "),
        ({"scales": False}, "scales: got 'False'; allowed: 'quick', "),
        ({"scales": "huge"}, "scales: got 'huge'; allowed: 'quick', "),
    ],
)
def test_a_value_that_nothing_reads_is_refused_in_a_sentence(given, said):
    with pytest.raises(InvalidArgumentError, match=re.escape(said)):
        make.options(given)


def test_values_that_are_not_given_or_empty_are_the_defaults():
    assert make.options({"device": None, "data_root": None}) == make.options({})
    assert make.options({"scales": "quick,paper"})["scales"] == ("quick", "paper")
    assert make.options({"chapters": False})["chapters"] is False


def test_a_job_on_points_asks_for_no_more_cores_than_it_has_runs():
    results = results_of(kept(RunConfig("vae")))
    row = make._row(a_job(3), 2, results, make.options({"threads": 8}))
    assert row == {
        "runs": 3,
        "missing": 2,
        "done": False,
        "gpu": False,
        "device": "cpu",
        "hours": 0.02,
        "threads": 3,
        "processes": 1,
        "data": "",
    }
    assert make._row(a_job(3), 0, results, make.options({"threads": 2}))["done"] is True
    assert make._row(a_job(3), 0, results, make.options({"threads": 2}))["threads"] == 2


@pytest.mark.parametrize(
    ("dataset", "device", "threads", "data"), [("mnist", "cuda", 8, "mnist"), ("digits", "cpu", 2, "")]
)
def test_a_job_on_images_has_its_processes_and_its_files(dataset, device, threads, data):
    job = jobs.Job("a", (RunConfig("vae", dataset, "paper" if device == "cuda" else "quick"),), (0,))
    row = make._row(job, 1, {}, make.options({"processes": 2}))
    assert (row["device"], row["threads"], row["processes"], row["data"]) == (device, threads, 2, data)


def test_a_target_has_the_pages_and_jobs_of_its_needs(every):
    made = jobs.derive(every)
    pages = make._pages(every, made)
    targets = {target: make._target(target, every, made) for target in TARGETS}
    for target, own in targets.items():
        wanted = of(target, every)
        runs = {config for job in made if job.name in own["jobs"] for config in job.configs}
        assert runs >= {config for need in wanted for config in need.configs}
        for need in wanted:
            page = pages[need.page.name]
            assert (page["notebook"], page["parameters"]) == (need.page.notebook, need.page.parameters)
            shown = {config for job in made if job.name in page["jobs"] for config in job.configs}
            assert shown >= set(need.configs)
        assert set(own["pages"]) - {need.page.name for need in wanted} <= {"index", "referee"}
        assert ("index" in own["pages"]) == (target in ("claims", "all"))
    assert set(pages["index"]["jobs"]) == set(targets["claims"]["jobs"])
    assert {"quick-images", "quick-checkerboard"} <= set(targets["quick"]["pages"])
