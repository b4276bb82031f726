"""M4 and M5: verdicts that follow the numbers, and what a run cannot say is left out."""

from dataclasses import replace

import pytest

from asvae import RunConfig
from asvae_book.paper.claims import CLAIM
from asvae_book.studies import Cells

NOISE = (0.0, 0.1, 0.3, 0.2, 0.15, 0.25, 0.05, 0.35, 0.22, 0.12)
STEPS = [104, 209, 509, 1_049, 1_199, 1_349, 1_499]


@pytest.fixture
def cells(run):
    """Ten seeds per method: AS-IntroVAE ahead in everything that is measured."""

    def at(name, offset):
        runs = []
        for seed, x in enumerate(NOISE):
            scores = [90.0 + x, *(30.0 + offset * (1 + x) for _ in range(2)), 20.0, 20.0 + offset * (1 + x), 20.0, 20.0]
            gradients = [2.0 - offset + x] * len(STEPS)
            history = {"step": STEPS, "score": scores, "grad_encoder_kl": gradients, "grad_decoder_kl": gradients}
            better = {
                "mutual_information": 1.0 - offset / 2 + x / 10,
                "modes_covered": 8 - offset,
                "spread": 1 - x / 10,
            }
            better |= {"dead_latents": offset * (1 + x) / 4, "spread": 1.0 - offset / 2 - x / 10}
            config = RunConfig(name, seed=seed, steps=1_500)
            runs.append(replace(run, config=config, scores=run.scores | better, history=history))
        return runs

    return Cells({"as-introvae": at("as-introvae", 0.0), "s-introvae": at("s-introvae", 1.0)})


def swapped(cells):
    return Cells(dict(zip(cells, reversed(list(cells.values())), strict=True)))


@pytest.mark.parametrize("key", ["M4", "M5"])
def test_a_method_ahead_in_all_is_reproduced_and_behind_in_one_is_not(cells, key):
    claim = CLAIM[key]
    assert claim.judge(cells).verdict == "reproduced"
    assert claim.judge(swapped(cells)).verdict == "not reproduced"
    assert claim.judge(Cells()).verdict == "not run"
    few = Cells({name: runs[:9] for name, runs in cells.items()})
    assert claim.judge(few).verdict == "inconclusive"


def test_what_both_methods_share_in_the_warm_up_is_not_compared(cells):
    rows = [name for _, name in CLAIM["M4"].judge(cells).comparisons.index]
    assert [name.split("after ")[1] for name in rows if "after" in name] == ["13% of the run", "33% of the run"]


def test_one_measure_the_other_way_turns_the_verdict(cells):
    fewer = [replace(run, scores=run.scores | {"modes_covered": 1 + x}) for run, x in zip(cells["as-introvae"], NOISE)]  # noqa: B905
    verdict = CLAIM["M5"].judge(Cells(cells | {"as-introvae": fewer}))
    assert verdict.verdict == "not reproduced"
    [(_, name)] = verdict.comparisons.index[verdict.comparisons["says"] == "does not hold"]
    assert name == "AS-IntroVAE − this, squares covered"
