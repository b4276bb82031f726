"""What the tables of several chapters are made of: means, counts, what was found wrong."""

import math
from dataclasses import replace

from asvae_book.chapters import tables


def test_means_are_of_the_runs_that_ended_and_have_a_value(run, diverged):
    values = [replace(run, scores={"kl": kl}) for kl in (2.0, 4.0, math.nan)]
    # Student's t at 97.5 % with one degree of freedom is 12.706; the standard error of 2 and 4 is 1.
    assert tables.plus_minus([*values, diverged], lambda each: each.scores["kl"]) == "3\u00a0±\u00a013"
    assert tables.scores([diverged], {"KL": "kl", "FID": "fid"}) == {"KL": "–", "FID": "–"}
    wide = [replace(run, scores={"kl": kl}) for kl in (1.0, 2.0, 3e8)]
    assert tables.scores(wide, {"KL": "kl"}) == {"KL": "median 2, up to 3e+08"}
    below = [replace(run, scores={"kl": kl}) for kl in (-1.0, -2.0, -3e8)]
    assert tables.scores(below, {"KL": "kl"}) == {"KL": "median −2, down to −3e+08"}
    both = [replace(run, scores={"kl": kl}) for kl in (-4e8, -1.0, 2.0, 3.0, 3e8)]
    assert tables.scores(both, {"KL": "kl"}) == {"KL": "median 2, down to −4e+08 and up to 3e+08"}
    about_zero = [replace(run, scores={"kl": kl}) for kl in (-0.5, 0.001, 0.6)]
    assert "median" not in tables.scores(about_zero, {"KL": "kl"})["KL"]
    assert tables.scores(values[:1], {"KL": "kl", "FID": "fid"}) == {"KL": "2", "FID": "–"}


def test_only_runs_with_a_curve_are_counted(run):
    def with_curve(**curves):
        return replace(run, history={"step": [0, 1]} | curves)

    runs = [with_curve(as_distance=[0.5, 2.0]), with_curve(as_distance=[0.5, 0.5]), with_curve()]
    assert tables.exceeded(runs) == "1 of 2"
    assert tables.exceeded(runs[2:]) == "–"
    silenced = [with_curve(exp_elbo_fake=[0.0, 0.0]), with_curve(exp_elbo_fake=[0.0, 0.5]), with_curve()]
    assert tables.underflowed(silenced) == "75%"
    assert tables.underflowed(runs) == "–"


def test_findings_are_counted_by_group_in_a_sentence_each(run):
    fine = replace(run, history={"step": [0, 10, 20]}, scores=run.scores | {"dead_latents": 0.0})
    late = replace(fine, history={"step": [0, 10, 20], "exp_elbo_fake": [math.nan, 0.5, 0.0]})
    early = replace(fine, history={"step": [0, 10, 20], "exp_elbo_fake": [math.nan, 0.0, 0.0]})
    [said] = tables.diagnosed({"these": [fine, late, early], "none": [fine]})
    assert said.startswith("**exp term underflowed** in 2 of 3 (these): ")
    assert "beta_neg" in said
    assert tables.diagnosed({"none": [fine]}) == ["Nothing."]
