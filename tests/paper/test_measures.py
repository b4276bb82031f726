"""A result → one number: what ranks, what fluctuates, what left its bound, against plain calculation."""

import math
from dataclasses import replace

import numpy as np
import pytest

from asvae import RunConfig
from asvae.training import marks
from asvae_book.paper import measures
from asvae_book.studies import measures as scores


def test_fid_ranks_only_where_every_run_has_it(run):
    def on_digits(**scores):
        return replace(run, config=RunConfig("vae", "digits"), scores={"frechet_classifier": 5.0} | scores)

    with_fid, without = on_digits(fid=99.0), on_digits()
    assert scores.headline(with_fid) == scores.headline_of([with_fid] * 2)(with_fid) == 99.0
    assert scores.headline_name([with_fid]) == "FID"
    assert scores.headline_of([with_fid, without])(with_fid) == 5.0
    assert scores.headline_name([with_fid, without]).startswith("Fréchet")
    assert scores.headline(run) == run.scores["kl"]


def test_fluctuation_ignores_a_trend_and_sees_scatter(run):
    def of(values):
        return measures.fluctuation(replace(run, history={"step": [run.config.steps] * len(values), "score": values}))

    generator = np.random.default_rng(0)
    noise = generator.normal(0.0, 0.3, 4_000)
    assert of([math.nan, *noise]) == pytest.approx(0.3, rel=0.05)
    assert of(list(noise + np.linspace(30.0, -4_000.0, 4_000))) == pytest.approx(0.3, rel=0.05)
    assert of([1.0, 2.0, 3.0]) == 0.0
    assert math.isnan(of([1.0, 2.0]))
    assert math.isnan(measures.fluctuation(replace(run, history={"step": [0]})))


def test_the_end_of_a_curve_is_the_mean_of_its_last_ten_points_that_are_there(run):
    long = replace(run, history={"step": [*range(14)], "kl_real": [9.0, 9.0, *range(10), math.nan, math.nan]})
    assert measures.at_the_end(long, "kl_real") == 4.5
    assert math.isnan(measures.at_the_end(long, "kl_fake"))


def test_drift_is_how_far_the_score_went(run):
    def of(*values):
        return measures.drift(replace(run, history={"step": [run.config.steps] * len(values), "score": list(values)}))

    assert of(math.nan, 20.0, 3.0, 21.5) == 1.5
    assert math.isnan(of(20.0))


def test_early_scores_count_neither_as_scatter_nor_as_drift_and_are_found_by_their_share(run):
    run = replace(run, config=RunConfig("vae", steps=1_500))
    history = {"step": [0, 104, 194, 494, 1_049, 1_249, 1_499], "score": [math.nan, 90.0, 60.0, 30.0, 5.0, 4.0, 3.0]}
    run = replace(run, history=history)
    assert measures.fluctuation(run) == 0.0
    assert measures.drift(run) == -2.0
    assert [measures.score_at(run, share) for share in marks.EARLY_SCORES] == [90.0, 60.0, 30.0]
    assert math.isnan(measures.score_at(run, 0.5))


@pytest.mark.parametrize(
    ("curve", "answer"), [([math.nan, 1.4], False), ([1.5, 0.1], True), ([math.nan, math.nan], None), (None, None)]
)
def test_only_a_run_with_the_curve_says_whether_its_distance_exceeded_the_bound(run, curve, answer):
    bare = run.config.replace(kernel_constant=False)
    history = {"step": [0, 1]} | ({} if curve is None else {"as_distance": curve})
    assert measures.exceeded_bound(replace(run, config=bare, history=history)) is answer


def test_the_bound_of_the_distance_has_the_kernels_constant(run):
    def exceeded(distance):
        return measures.exceeded_bound(replace(run, history={"step": [0], "as_distance": [distance]}))

    bound = math.sqrt(2.0) / math.sqrt(2.0 * math.pi)
    assert [exceeded(0.999 * bound), exceeded(1.001 * bound)] == [False, True]


def test_the_share_of_underflow_is_of_the_adversarial_phase(run):
    def of(values):
        return measures.underflow_share(replace(run, history={"step": [*range(len(values))], "exp_elbo_fake": values}))

    assert of([math.nan, math.nan, 0.0, 0.0]) == 1.0
    assert of([math.nan] * 4 + [0.0, 1e-31, 0.5, 0.5]) == 0.5
    assert math.isnan(of([]))


def test_early_and_late_are_medians_over_seeds_of_the_first_and_last_tenth(run):
    curve = [math.nan, *np.linspace(10.0, 1.0, 20)]
    runs = [replace(run, history={"step": [*range(21)], "grad_decoder_as": [k * x for x in curve]}) for k in (1, 1, 9)]
    early, late = measures.early_and_late(runs, "decoder", "as")
    assert (early, late) == pytest.approx((np.mean(curve[1:3]), np.mean(curve[-2:])))
    assert math.isnan(measures.early_and_late(runs, "encoder", "as")[0])


def test_diverged_runs_are_counted_apart(run, diverged):
    assert scores.counted([run, run]) == "2"
    assert scores.counted([run, diverged]) == "2, 1 diverged"
