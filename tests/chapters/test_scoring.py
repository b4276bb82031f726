"""Tables of how scores are taken, and of where encoders settle."""

from dataclasses import replace

import pytest

from asvae import RunConfig
from asvae_book.chapters import scoring
from asvae_book.studies import Cells


def test_running_statistics_stand_beside_the_new_estimate_with_the_paired_difference(digits):
    def scored(seed, again, running):
        scores = {"frechet_classifier": again, "frechet_classifier_running": running}
        return replace(digits[2], config=digits[2].config.replace(seed=seed), scores=scores)

    table = scoring.by_statistics(Cells({"s-introvae": [scored(0, 5.0, 8.0), scored(1, 6.0, 9.0)]}))
    assert list(table.index) == ["S-IntroVAE"]
    assert table.loc["S-IntroVAE", "estimated again"].startswith("5.5")
    assert table.loc["S-IntroVAE", "running"].startswith("8.5")
    assert table.loc["S-IntroVAE", "running − again"] == "+3.00 (+3.00 to +3.00)"


def test_every_judge_has_a_column(digits):
    table = scoring.by_judge(Cells({run.config.objective: [run] for run in digits}))
    assert list(table.columns) == ["judge 1", "judge 2", "judge 3"]
    means = [float(each) for each in table.loc["WGAN-GP"]]
    assert sum(means) / 3 == pytest.approx(digits[-1].scores["frechet_classifier"], rel=0.01)


def test_the_kl_where_runs_end_stands_beside_the_predicted(run):
    config = RunConfig("s-introvae", beta_kl=0.1, beta_neg=0.2)
    history = {
        "step": list(range(16)),
        "kl_real": [9.0] * 6 + [3.0, 4.0] * 5,
        "kl_fake": [float("nan")] * 6 + [4.0, 6.0] * 5,
    }
    table = scoring.settled({"one": [replace(run, config=config, history=history)], "none": []})
    # ln 2 / 0.2
    assert table.loc["one"].tolist() == ["3.5", "3.5", "5", "1.01"]
    assert list(table.index) == ["one"]


def test_the_boards_rows_follow_the_pages_own_runs(digits):
    groups = scoring.soft_groups(Cells({"s-introvae": [digits[2]]}), "digits")
    assert list(groups) == ["digits", "checkerboard, C1", "checkerboard, C2", "checkerboard, C3"]
    assert all(run.config.objective == "s-introvae" for runs in groups.values() for run in runs)
