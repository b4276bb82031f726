"""Each finding on curves that have it, none on curves that have not."""

from dataclasses import replace

import pytest

from asvae.training.diagnostics import findings, log, report

NAN = float("nan")
STEPS = {"step": [0, 10, 20, 30, 40, 50, 60, 70]}


@pytest.fixture
def curves(run):
    def made(dead=0.0, **history):
        return findings(replace(run, history=STEPS | history, scores=run.scores | {"dead_latents": dead}))

    return made


def test_healthy_curves_have_no_finding(curves):
    fine = {"kl_real": [3.0] * 8, "kl_fake": [NAN, NAN, 4.0, 4.0, 5.0, 5.0, 5.0, 5.0], "exp_elbo_fake": [0.1] * 8}
    assert curves(**fine) == []
    assert curves(wasserstein_gap=[1.0] * 8, gradient_penalty=[0.9, 0.5] + [0.01] * 6) == []
    assert curves() == []


def test_an_exp_term_at_zero_half_of_the_time_is_named_with_its_knob(curves):
    [found] = curves(exp_elbo_fake=[NAN, NAN, 0.5, 0.4, 1e-40, 0.0, 0.0, 0.2])
    assert (found.name, found.step) == ("exp term underflowed", 40)
    assert "beta_neg" in str(found)
    assert curves(exp_elbo_fake=[NAN, NAN, 0.5, 0.4, 0.0, 0.0, 0.3, 0.2]) == []


def test_kl_of_real_above_that_of_samples_at_the_end_is_named_since_when(curves):
    real = [9.0, 9.0, 3.0, 3.0, 6.0, 6.0, 6.0, 6.0]
    [found] = curves(kl_real=real, kl_fake=[NAN, NAN, 4.0, 4.0, 5.0, 5.0, 5.0, 5.0])
    assert (found.name, found.step) == ("KL of real above KL of samples", 40)
    [found] = curves(kl_real=real, kl_fake=[NAN, NAN, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert found.step == 20
    [found] = curves(kl_real=[9.0] * 8, kl_fake=[1.0] * 7 + [10.0])
    assert found.step == 70
    assert curves(kl_real=real[::-1], kl_fake=[NAN, NAN, *real[5::-1]]) == []


def test_a_flat_critic_is_named(curves):
    [found] = curves(gradient_penalty=[0.1, 0.2, 0.95, 0.99, 1.0, 1.0, 1.0, 1.0])
    assert (found.name, found.step) == ("critic without gradient", 20)


def test_a_run_that_diverged_says_where_first(diverged):
    found = findings(diverged)[0]
    assert found.name == "non-finite"
    assert found.step == diverged.divergence.step
    assert diverged.divergence.term in found.cause


def test_latents_that_carry_nothing_are_named_with_their_share(curves):
    [found] = curves(dead=0.5)
    assert found.name == "dead latents"
    assert "50%" in found.cause
    assert "beta_kl" in found.knob
    assert curves(dead=NAN) == curves(dead=0.2) == []


def test_many_runs_are_reported_in_one_sentence_a_finding_and_logged_once(run, diverged, caplog):
    fine = replace(run, history=STEPS, scores=run.scores | {"dead_latents": 0.0})
    silenced = replace(fine, history=STEPS | {"exp_elbo_fake": [NAN, NAN] + [0.0] * 6})
    runs = [fine, silenced, silenced, replace(diverged, scores={})]
    sentences = report(runs)
    assert len(sentences) == 2
    assert any(s.startswith("exp term underflowed since step 20") and s.endswith("(2 of 4 runs)") for s in sentences)
    log(runs)
    assert [record.message for record in caplog.records] == sentences
