"""Each finding on curves that have it, none on curves that have not."""

import math
from dataclasses import replace

import pytest
import torch
from scipy.optimize import minimize_scalar

from asvae import RunConfig
from asvae.losses import exp_elbo
from asvae.training.diagnostics import equilibrium, findings, forecast, kl_ratio, log, log_forecasts, report

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
    # At equilibrium both are equal but for noise.
    assert curves(kl_real=[5.4] * 8, kl_fake=[5.0] * 8) == []
    assert [found.name for found in curves(kl_real=[5.6] * 8, kl_fake=[5.0] * 8)] == ["KL of real above KL of samples"]
    assert curves(kl_real=real[::-1], kl_fake=[NAN, NAN, *real[5::-1]]) == []


def test_on_images_the_kl_of_real_may_lie_half_above_that_of_samples(run):
    def found(ratio):
        history = STEPS | {"kl_real": [9.0] * 4 + [ratio * 8.0] * 4, "kl_fake": [NAN] * 4 + [8.0] * 4}
        image = replace(run, config=RunConfig("s-introvae", "digits"), history=history, scores={})
        assert kl_ratio(image) == pytest.approx(ratio)
        return [each.name for each in findings(image)]

    assert found(1.12) == found(1.49) == []
    assert found(1.51) == ["KL of real above KL of samples"]
    assert math.isnan(kl_ratio(replace(run, history=STEPS)))
    collapsed = STEPS | {"kl_real": [1.0] * 4 + [0.0] * 4, "kl_fake": [1.0] * 4 + [0.0] * 4}
    assert math.isnan(kl_ratio(replace(run, history=collapsed)))


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
    later = replace(silenced, history=silenced.history | {"step": [10 * step for step in STEPS["step"]]})
    assert report([later, silenced])[0].startswith("exp term underflowed since step 20")
    assert report([later, silenced])[0].endswith("(2 of 2 runs)")
    assert report([silenced]) == [str(findings(silenced)[0])]
    log(runs)
    assert [record.message for record in caplog.records] == sentences


@pytest.mark.parametrize(
    "config",
    [
        RunConfig("s-introvae", "checkerboard"),
        RunConfig("s-introvae", "digits"),
        RunConfig("s-introvae", "mnist"),
        RunConfig("s-introvae", "digits", kl_share=0.5),
        RunConfig("as-introvae", "digits", schedule="half"),
        RunConfig("as-introvae", "checkerboard", schedule="as-only"),
    ],
    ids=lambda config: f"{config.objective}-{config.dataset}-{config.hyperparameters.c(1.0)}",
)
def test_the_equilibrium_is_the_minimum_of_the_encoders_loss(config):
    hp, s = config.hyperparameters, config.networks().normaliser

    def loss(k):
        kl, weights = torch.tensor([k], dtype=torch.float64), {"beta_rec": torch.ones(()), "beta_neg": hp.beta_neg}
        weights = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in weights.items()}
        fakes = 2 * 0.25 * exp_elbo(torch.zeros_like(kl), hp.c(1.0) * kl, scale=s, **weights)
        return float(s * hp.beta_kl * kl + fakes)

    found = minimize_scalar(loss, bounds=(0.0, 200.0), method="bounded", options={"xatol": 1e-6})
    assert equilibrium(config) == pytest.approx(found.x, abs=1e-3)


def test_the_equilibrium_is_none_for_others_and_zero_for_a_weak_weight():
    assert math.isnan(equilibrium(RunConfig("vae")))
    assert math.isnan(equilibrium(RunConfig("s-introvae", beta_kl=0.0)))
    assert equilibrium(RunConfig("s-introvae", beta_kl=0.5, beta_neg=0.2)) == 0.0


def test_an_adversary_that_lets_kl_grow_is_named_before_the_run(caplog):
    found = forecast(RunConfig("as-introvae", "celeba128"))
    assert found.name == "weak adversary"
    assert "599 nats, 2.3 per latent dimension" in str(found)
    assert (found.step, found.knob) == (0, "a larger beta_neg")
    fine = [RunConfig("s-introvae", name) for name in ("checkerboard", "mnist", "cifar10")]
    assert [forecast(each) for each in fine] == [None] * 3
    log_forecasts([RunConfig("s-introvae", "celeba128", seed=seed) for seed in range(3)] + fine)
    assert [record.message for record in caplog.records] == [str(forecast(RunConfig("s-introvae", "celeba128")))]
