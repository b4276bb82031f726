"""A1 to A4: verdicts that follow the numbers, on points and on images; squashed schedules apart; what was not run."""

from dataclasses import replace

import pytest

from asvae.store.results import find
from asvae_book.paper.claims import (
    ANNEALING_CLAIMS,
    CLAIM,
    SQUASHED,
    Judged,
    annealing_comparisons,
    annealing_evidence,
    annealing_sentences,
    annealing_table,
    ranking,
)
from asvae_book.paper.claims.annealing import annealed
from asvae_book.studies import ABLATION, Cells
from asvae_book.studies.intervals import over_seeds


def with_scores(runs, score):
    """Return the runs with some of their scores replaced by those of ``score(run)``."""
    return [replace(run, scores=run.scores | score(run)) for run in runs]


@pytest.mark.parametrize("kind", ["points", "images"])
def test_claims_that_hold_everywhere_are_reproduced(kind, request):
    cells = request.getfixturevalue(kind)
    verdicts = {claim.key: claim.judge(cells).verdict for claim in ANNEALING_CLAIMS}
    assert verdicts == dict.fromkeys(("A1", "A2", "A3", "A4"), "reproduced")
    table = annealing_comparisons(cells)
    assert set(table["seeds"]) == {10}
    assert all("to" in text for text in table["95 % interval"])


@pytest.mark.parametrize(
    ("claim", "key", "label"),
    [("A1", "on_support", "as-only"), ("A2", "on_support", "half-kl"), ("A4", "kl", "half"), ("A4", "kl", "half-kl")],
)
def test_flipping_the_sign_of_one_score_flips_the_verdict(points, claim, key, label):
    """The score of one schedule negated: lower KL is better, a smaller share on the squares is more smeared."""
    side = -1.0 if key == "kl" else 3.0
    flipped = with_scores(points[label], lambda run: {key: side * run.scores[key]})
    assert CLAIM[claim].judge(points).verdict == "reproduced"
    assert CLAIM[claim].judge(Cells(points | {label: flipped})).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("claim", "label", "score", "comparison"),
    [
        ("A1", "as-only", {"sharpness": 1.2}, "this − real, sharpness of samples"),
        ("A3", "half", {"sharpness_sd": 0.1}, "annealed − this, spread of sharpness"),
    ],
)
def test_images_are_also_set_beside_real_ones_and_each_other(images, claim, label, score, comparison):
    changed = with_scores(images[label], lambda run: {k: v + run.config.seed / 1e3 for k, v in score.items()})
    verdict = CLAIM[claim].judge(Cells(images | {label: changed}))
    assert verdict.verdict == "not reproduced"
    assert verdict.comparisons.loc[(ABLATION.title(label), comparison), "says"] == "does not hold"


@pytest.mark.slow
def test_the_sign_of_stored_scores_decides_the_stored_verdict():
    """The committed runs, read as the supplement: negate the KL of its ramp and it wins; of another, and it loses."""
    configs = ABLATION.configs("checkerboard", 20, labels=CLAIM["A4"].labels, reading="supplement")
    cells = configs.regroup(find(configs.runs).values())

    def negated(label):
        return Cells(cells | {label: with_scores(cells[label], lambda run: {"kl": -run.scores["kl"]})})

    assert CLAIM["A4"].judge(negated("tanh")).verdict == "reproduced"
    assert CLAIM["A4"].judge(negated("half")).verdict == "not reproduced"
    assert CLAIM["A4"].judge(negated("linear")).verdict == CLAIM["A4"].judge(cells).verdict


def test_annealing_is_the_ramp_of_the_reading_that_the_runs_have(points):
    assert annealed(points) == "linear"
    assert annealed(points, SQUASHED) == "tanh-squashed"
    clocked = [replace(run, config=run.config.replace(clock="adversarial")) for run in points["half"]]
    assert annealed(Cells(points | {"half": clocked})) == "tanh"
    evidence = annealing_evidence(Cells(points | {"half": clocked}))
    assert list(evidence)[:2] == ["checkerboard", "checkerboard, with the linear ramp"]
    assert evidence["checkerboard, with the linear ramp"].cells["tanh"] == points["linear"]
    assert "checkerboard, with the linear ramp" not in annealing_evidence(points)
    # A method without the distance has no clock of its own to go by.
    assert annealed(Cells({label: points[label] for label in ("half-kl", "linear")})) == "linear"


def test_squashed_schedules_are_judged_among_themselves(points):
    worse = with_scores(points["tanh-squashed"], lambda run: {"kl": 50.0 + run.config.seed / 10})
    cells = Cells(points | {"tanh-squashed": worse})
    assert CLAIM["A4"].judge(cells).verdict == "reproduced"
    assert CLAIM["A4"].judge(cells, SQUASHED).verdict == "not reproduced"
    table = annealing_table(annealing_evidence(cells))
    assert table.loc[("A4", "checkerboard"), "verdict"] == "reproduced at quick scale"
    assert (
        table.loc[("A4", "checkerboard, with the released code's tanh"), "verdict"] == "not reproduced at quick scale"
    )


def test_the_table_names_data_seeds_and_what_was_not_run(points):
    table = annealing_table(annealing_evidence(points))
    assert list(table.index.get_level_values(0).unique()) == ["A1", "A2", "A3", "A4"]
    assert table.loc[("A1", "CelebA-128"), "verdict"] == "not run"
    assert table.loc[("A1", "checkerboard"), "verdict"] == "reproduced at quick scale"
    assert table.loc[("A1", "checkerboard"), "seeds"] == 10
    assert set(annealing_comparisons(Cells({"half": []}), SQUASHED)["says"]) == {"not run"}
    part = points.select(("as-only", "linear"))
    verdicts = [claim.judge(part).verdict for claim in ANNEALING_CLAIMS]
    assert verdicts == ["reproduced", "not run", "not run", "inconclusive"]
    few = Cells({label: runs[:9] for label, runs in points.items()})
    uneven = Cells(few | {"linear": few["linear"][:4]})
    assert annealing_table({"checkerboard": Judged(uneven)}).loc[("A1", "checkerboard"), "seeds"] == 4
    assert set(annealing_table({"checkerboard": Judged(few)})["verdict"]) == {"inconclusive at quick scale"}


def test_sentences_say_every_comparison_and_what_was_not_run(points):
    best = with_scores(points["half"], lambda run: {"kl": 9.0})
    [*_, said] = annealing_sentences(Cells(points | {"half": best}))
    assert said.startswith("**A4**, each of these three is worse than annealing: on checkerboard **not reproduced** (")
    gap = over_seeds([run.scores["kl"] - 9.0 for run in points["linear"]])
    interval = f"{gap.mean:+.2f} ({gap.low:+.2f} to {gap.high:+.2f}; 10 seeds), does not hold)"
    assert f"half KL, half AS: annealed − this, KL, the paper's unit {interval}" in said
    assert said.endswith("on CelebA-128 **not run**.")


def test_a_ranking_counts_what_diverged_and_leaves_out_what_never_ended(points, diverged):
    lost = [replace(diverged, config=run.config) for run in points["half"]]
    cells = Cells({"half": points["half"], "vae": [*points["linear"][:5], lost[5]], "linear": lost})
    said = ranking(cells)
    assert "best first): no adversary (VAE) 20.1 (5 seeds) (1 of 6 diverged); half KL, half AS 21.7 (10 seeds)." in said
    assert ranking(Cells({"linear": lost})).endswith("every run diverged.")
    assert "best first): vae 20.1" in ranking(cells, str)


def test_a_ranking_of_unequal_seeds_says_how_many(points):
    equal = Cells({"vae": points["half"][:2], "linear": points["half"][:2]})
    assert "seed" not in ranking(equal)
    said = ranking(Cells(equal | {"vae": points["half"][:1]}))
    assert (said.count("(1 seed)"), said.count("(2 seeds)")) == (1, 1)
    linear, vae = (f"{points['half'][0].scores['kl']:.3g}",) * 2
    assert said.endswith(f" On the seed that all have: no adversary (VAE) {vae}; annealed, linear {linear}.")
    apart = ranking(Cells({"vae": points["half"][:2], "linear": points["half"][2:5]}))
    assert "that all have" not in apart
