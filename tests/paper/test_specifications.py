"""Specifications: what each says, in which order they stand, and the sign-flip test of all of them."""

import itertools
import math
import statistics
from dataclasses import replace

import numpy as np
import pytest

from asvae.training.run import Divergence
from asvae_book.paper import specifications
from asvae_book.paper.specifications import Outcome, hub, outcomes, sentence, sign_flip
from asvae_book.studies import Cells
from asvae_book.studies.specification import HUB

NOISE = (0.0, 0.1, -0.1, 0.05, -0.05)


def cell(run, objective, scores):
    """Return one run per score, seeds 0, 1, …; NaN: it diverged; None: it was not run."""
    lost = Divergence(step=7, player="encoder", term="kl_fake")
    return [
        replace(
            run,
            config=run.config.replace(objective=objective, seed=seed),
            scores=run.scores | {"kl": score},
            divergence=lost if math.isnan(score) else None,
        )
        for seed, score in enumerate(scores)
        if score is not None
    ]


@pytest.fixture
def cells(run):
    """Make cells of specifications, name → (scores of AS-IntroVAE, scores of S-IntroVAE)."""

    def made(**scores):
        names = {name.replace("_", " "): pair for name, pair in scores.items()}
        return Cells(
            {
                (HUB if name == "hub" else name, objective): cell(run, objective, each)
                for name, pair in names.items()
                for objective, each in zip(("as-introvae", "s-introvae"), pair, strict=True)
            }
        )

    return made


def around(difference, seeds=5):
    """Return scores of both methods over seeds whose differences scatter about ``difference``."""
    return [20.0 + 3.0 * seed + difference + NOISE[seed % len(NOISE)] for seed in range(seeds)], [
        20.0 + 3.0 * seed for seed in range(seeds)
    ]


def test_each_is_said_by_its_interval_and_the_best_for_as_introvae_stands_first(cells):
    worse, better = around(1.0), around(-1.0)
    found = outcomes(cells(worse=worse, hub=around(0.02), few=around(-9.0, 2), absent=([], [20.0]), better=better))
    assert [outcome.name for outcome in found] == ["better", HUB, "worse", "few", "absent"]
    assert [outcome.says for outcome in found] == [
        "on AS-IntroVAE's side",
        "open",
        "on S-IntroVAE's side",
        "too few seeds",
        "not run",
    ]
    assert found[0].gap.mean == pytest.approx(-1.0)
    assert hub(found).name == HUB
    change = found[0].minus(hub(found))
    assert (change.mean, change.half) == pytest.approx((-1.02, 0.0), abs=1e-9)
    assert sentence(found) == (
        "In **1 of 3** specifications the interval lies on AS-IntroVAE's side (*better*), in 1 on S-IntroVAE's "
        "(*worse*), and in 1 it holds 0. By the rule of the [ledger](ledger.ipynb#the-rule), which asks for 10 seeds "
        "and a second test, none of them is decided. (1 more: too few seeds; 1 more: not run.)"
    )
    ten = outcomes(cells(better=around(-1.0, 10), hub=around(0.02, 10)))
    assert [outcome.decided for outcome in ten] == [True, False]
    assert "1 of them is decided." in sentence(ten)


def test_only_seeds_that_both_were_run_with_and_finished_make_a_difference(cells):
    ours, theirs = around(-1.0)
    [outcome] = outcomes(cells(hub=([None, *ours[1:]], [*theirs[:4], math.nan])))
    assert list(outcome.differences) == [1, 2, 3]
    assert (outcome.seeds, outcome.diverged) == (4, ((), (4,)))
    assert outcome.differences[1] == pytest.approx(-0.9)
    other = Outcome("other", {0: 5.0, 2: 0.0, 3: 1.0}, 5, ((), ()))
    assert outcome.minus(other).n == 2
    assert outcome.minus(other).mean == pytest.approx((-1.1 - 0.95 - 1.0) / 2)


def test_a_method_that_diverges_is_not_better_and_worse_if_it_does_mostly(cells):
    (ours, theirs), nan = around(-1.0), math.nan
    lost = {1: [nan, *ours[1:]], 3: [nan] * 3 + ours[3:], 5: [nan] * 5}
    said = {count: outcomes(cells(hub=(scores, theirs)))[0].says for count, scores in lost.items()}
    assert said == {1: "open", 3: "on S-IntroVAE's side", 5: "on S-IntroVAE's side"}
    assert outcomes(cells(hub=(theirs, lost[3])))[0].says == "on AS-IntroVAE's side"
    # Where both diverge neither is the worse for it.
    assert outcomes(cells(hub=([nan] * 5, lost[5])))[0].says == "too few seeds"
    assert sentence(outcomes(cells(hub=([], [])))) == (
        "None of 1 specifications has 3 seeds that both methods finished."
    )


def invented(table):
    return [
        Outcome(f"{i}", {seed: value for seed, value in enumerate(row) if not math.isnan(value)}, len(row), ((), ()))
        for i, row in enumerate(table)
    ]


def test_the_sign_flip_test_is_what_it_says_done_by_hand():
    table = np.random.default_rng(1).normal(0.4, 1.0, (6, 5))
    table[2, 3] = math.nan

    def median(signs):
        means = []
        for row in table:
            values = [sign * value for sign, value in zip(signs, row, strict=True) if not math.isnan(value)]
            means.append(sum(values) / len(values))
        return statistics.median(means)

    observed = median([1] * 5)
    medians = [median(signs) for signs in itertools.product((1, -1), repeat=5)]
    far = sum(abs(each) >= abs(observed) - 1e-12 for each in medians)
    test = sign_flip(invented(table))
    assert test.median == pytest.approx(observed)
    assert test.p == far / 32
    assert 2 / 32 < test.p < 1.0
    assert (test.seeds, test.specifications, test.assignments, test.smallest) == (5, 6, 32, 2 / 32)


def test_a_difference_in_every_seed_gives_the_smallest_p_whatever_the_specifications():
    for seeds in (5, 10):
        test = sign_flip(invented(np.full((21, seeds), -1.0) + np.linspace(0.0, 0.5, seeds)))
        assert test.exact
        assert test.p == test.smallest == 2.0 / 2**seeds
    many = sign_flip(invented(np.full((3, 20), 1.0)))
    assert (many.exact, many.assignments) == (False, specifications.DRAWS + 1)
    assert many.p == many.smallest == 1e-4


def test_a_lucky_seed_does_not_count_once_per_specification():
    # All specifications share what the seeds are like: 21 of them agree, and nothing is known beyond four coin flips.
    assert sign_flip(invented(np.tile([3.0, -1.0, -1.0, 1.0], (21, 1)))).p > 0.5


def test_seeds_of_few_specifications_do_not_enter_the_test():
    table = np.full((5, 15), math.nan)
    table[:, :5] = 1.0
    table[0] = 1.0
    assert sign_flip(invented(table)).smallest == 2 / 32
    none = sign_flip(invented(np.ones((2, 2))))
    assert math.isnan(none.p)
    assert none.specifications == 0
