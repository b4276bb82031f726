"""Intervals against scipy, and verdicts that follow the numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from asvae_book.paper import toy_claims as claims
from scipy import stats

from asvae.metrics.intervals import over_seeds, paired

ROWS = ("C1", "C2", "C3")


def test_an_interval_is_students():
    values = [20.1, 21.3, 20.8, 22.0]
    mean, half, n, _ = over_seeds(values)
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((low, high))
    assert n == 4
    assert (over_seeds(values).low, over_seeds(values).high) == pytest.approx((low, high))
    assert math.isnan(over_seeds([1.0]).half)
    assert over_seeds([1.0]).side == 0
    assert math.isnan(over_seeds([]).mean)


def test_an_interval_covers_the_truth_as_often_as_it_says():
    samples = np.random.default_rng(0).normal(3.0, 2.0, size=(4_000, 5))
    covered = [abs(over_seeds(sample).mean - 3.0) <= over_seeds(sample).half for sample in samples]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)


def test_pairing_removes_what_two_methods_share():
    seeds = np.random.default_rng(1).normal(20.0, 2.0, size=8)
    gap = paired(seeds - 0.1, seeds)
    assert gap.mean == pytest.approx(-0.1)
    assert gap.half < 1e-9
    assert gap.side == -1
    assert paired([1.0, math.nan, 3.0], [1.0, 1.0, 2.0]).n == 2


@pytest.fixture
def cells(run, diverged):
    """Six seeds a cell: AS-IntroVAE ahead everywhere, IntroVAE diverged everywhere."""

    def at(offset):
        noise = (0.0, 0.1, 0.3, 0.2, 0.15, 0.25)
        better = {"on_support": 0.9 - offset / 10, "modes_covered": 8 - offset, "centroid_error": 0.1 + offset / 10}
        return [
            replace(
                run,
                config=run.config.replace(seed=seed),
                scores=run.scores
                | {"kl": 20 + offset + x, "jsd": 9 + offset + x}
                | {name: value + (-x if name != "centroid_error" else x) / 100 for name, value in better.items()},
            )
            for seed, x in enumerate(noise)
        ]

    own = {"vae": at(2.0), "s-introvae": at(0.5), "as-introvae": at(0.0)}
    every = {(row, name): runs for row in ROWS for name, runs in own.items()}
    return every | {(row, "introvae"): [diverged] * 6 for row in ROWS}


def test_claims_that_hold_everywhere_are_reproduced(cells):
    verdicts = [judge(cells).verdict for judge in (claims.t1, claims.t2, claims.t3)]
    assert verdicts == ["reproduced"] * 3
    first = claims.t1(cells).comparisons.loc[("C1", "KL")]
    assert (first["best other"], first["difference"], first["says"]) == ("S-IntroVAE", "−0.50", "holds")
    assert list(claims.ledger(cells).verdict) == verdicts


def test_one_comparison_the_other_way_turns_the_verdict(cells):
    worse = [replace(run, scores=run.scores | {"kl": run.scores["kl"] + 5.0}) for run in cells["C2", "as-introvae"]]
    verdict = claims.t1(cells | {("C2", "as-introvae"): worse})
    assert verdict.verdict == "not reproduced"
    assert list(verdict.comparisons["says"]) == ["holds", "holds", "does not hold", "holds", "holds", "holds"]


def test_one_of_many_comparisons_may_look_bad_by_chance(cells):
    """Worse at 5 % but not at 5 % over 18 comparisons: no reason to reject a claim of so many parts."""
    steps = (1.4, 0.3, 1.1, 0.4, 1.5, 0.2)
    slightly = [
        replace(run, scores=run.scores | {"kl": theirs.scores["kl"] + step})
        for run, theirs, step in zip(cells["C2", "as-introvae"], cells["C2", "s-introvae"], steps, strict=True)
    ]
    changed = cells | {("C2", "as-introvae"): slightly}
    gap = paired(*([run.scores["kl"] for run in changed["C2", name]] for name in ("as-introvae", "s-introvae")))
    assert gap.side == 1
    assert 0.05 / (3 * 2 * 3) < gap.p < 0.05
    assert claims.t1(changed).verdict == "within noise"
    assert gap.p == pytest.approx(stats.ttest_1samp(steps, 0.0).pvalue)


def test_differences_smaller_than_their_interval_are_noise(cells):
    mixed = [
        replace(run, scores=run.scores | {"kl": run.scores["kl"] + side})
        for run, side in zip(cells["C2", "s-introvae"], (-1.5, 0.5, -1.5, 0.5, -1.5, 0.5), strict=True)
    ]
    assert claims.t1(cells | {("C2", "s-introvae"): mixed}).verdict == "within noise"


def test_a_finite_introvae_is_against_t2_and_one_seed_decides_nothing(cells, run):
    assert claims.t2(cells | {("C2", "introvae"): [run] * 6}).verdict == "not reproduced"
    mixed = cells["C2", "introvae"][:2] + [run] * 4
    assert claims.t2(cells | {("C2", "introvae"): mixed}).verdict == "partly"
    single = {cell: runs[:4] for cell, runs in cells.items()}
    assert claims.t1(single).verdict == "undecided"
    assert claims.t1({cell: [] for cell in cells}).verdict == "not run"
    assert claims.t3({("C1", "vae"): []}).verdict == "not run"


def test_a_diverged_pair_is_left_out_and_counted(cells, diverged):
    runs = [replace(diverged, config=cells["C1", "as-introvae"][0].config), *cells["C1", "as-introvae"][1:]]
    verdict = claims.t1(cells | {("C1", "as-introvae"): runs})
    # The other five are ahead as before, but a method that breaks where its opponent does not is not better.
    assert verdict.comparisons.loc[("C1", "KL"), "says"] == "within noise"
    assert verdict.comparisons.loc[("C1", "KL"), "seeds"] == 6
    assert verdict.comparisons.loc[("C1", "KL"), "95 % interval"].endswith(", of 5 that ended")
    broken = [replace(diverged, config=each.config) for each in cells["C1", "as-introvae"]]
    lost = claims.t1(cells | {("C1", "as-introvae"): broken})
    assert (lost.verdict, lost.comparisons.loc[("C1", "KL"), "says"]) == ("not reproduced", "does not hold")
    half = broken[:2] + cells["C1", "as-introvae"][2:]
    assert claims.t1(cells | {("C1", "as-introvae"): half}).verdict == "undecided"


def test_a_claim_about_all_is_not_reproduced_from_a_part(cells):
    one_row = {cell: runs for cell, runs in cells.items() if cell[0] == "C1"}
    one_rival = {cell: runs for cell, runs in cells.items() if cell[1] in ("vae", "as-introvae")}
    for part in (one_row, one_rival):
        assert claims.t1(part).verdict == "undecided"
    assert claims.t2(one_row).verdict == claims.t3(one_row).verdict == "undecided"
    assert claims.t1(one_rival).comparisons.loc[("C2", "S-IntroVAE"), "says"] == "undecided"
