"""The method or the weights: tables, map and sentences of the grid, with cells that were not run."""

import math
from dataclasses import replace

import pytest

from asvae import RunConfig
from asvae_book.chapters import toy_grid
from asvae_book.chapters.toy import TOYS
from asvae_book.studies import GRID, Cells
from asvae_book.studies.grid import CHOSEN_ON
from asvae_book.studies.intervals import over_seeds

TOY = TOYS["8gaussians"]
NEAR, FAR = "beta_kl 0.02, beta_rec 0.2, beta_neg 0.9", "beta_kl 0.3, beta_rec 0.2, beta_neg 0.3"
SOFT, OURS = "s-introvae", "as-introvae"


@pytest.fixture
def grid(run):
    """The grid with two weights run, seven seeds each: S-IntroVAE is best at one, AS-IntroVAE at the other."""

    def at(label, *kls, first=0):
        configs = GRID.configs("8gaussians", first + len(kls), labels=[label])[label][first:]
        pairs = zip(configs, kls, strict=True)
        return [replace(run, config=each, scores=run.scores | {"kl": kl, "modes_covered": 6}) for each, kl in pairs]

    cells = Cells({label: [] for label in GRID.variants})
    cells |= {
        (NEAR, SOFT): at((NEAR, SOFT), 3.0, 4.0, 5.0, *[9.0] * 7),
        (NEAR, OURS): at((NEAR, OURS), 6.1, 7.2, 8.1, 11.9, 12.2, 12.1, 12.0, 12.1, 11.9, 12.0),
        (FAR, SOFT): at((FAR, SOFT), 50.0, 60.0),
        (FAR, OURS): at((FAR, OURS), 2.0, 2.0, 3.0),
    }
    return Cells(cells)


def test_methods_are_compared_at_equal_weights_seed_by_seed(grid):
    table = toy_grid.same_weights(grid)
    assert len(table) == 12
    assert table.loc["β_kl 0.02, β_neg 0.9", "AS minus S"].startswith("+3.06 (")
    assert list(table.loc["β_kl 0.02, β_neg 0.9", ["seeds", "lower KL"]]) == [10, "S-IntroVAE"]
    assert list(table.loc["β_kl 0.3, β_neg 0.3", ["seeds", "lower KL"]]) == [2, "fewer than 10 seeds"]
    assert list(table.loc["β_kl 0.15, β_neg 0.9"]) == ["not run", "not run", "–", 0, "not run"]


def test_the_finding_sets_the_best_of_the_grid_beside_the_stated_weights_and_counts_lost_runs(grid, run, diverged):
    stated = {("C1", SOFT): 80.0, ("C2", SOFT): 100.0, ("C1", OURS): 90.0}
    table = {
        at: [replace(run, config=RunConfig(at[1]), scores=run.scores | {"kl": kl})] for at, kl in stated.items()
    } | {("C2", OURS): [replace(diverged, config=RunConfig(OURS))]}
    assert toy_grid.finding(grid, Cells(table)) == (
        "**Each method at its best weights of one grid**, mean KL: S-IntroVAE 9.00 on 7 later seeds "
        "(at β_kl 0.02, β_neg 0.9; 80 to 100 at the stated weights), "
        "AS-IntroVAE 2.33\u00a0±\u00a01.43 on the choosing seeds (at β_kl 0.3, "
        "β_neg 0.3; 90 at the stated weights). Weights move KL **more than the method**: 8.9 times or more, where "
        "methods at their best lie 3.9 times apart."
    )
    near = Cells({at: [replace(run, scores=run.scores | {"kl": 18.0}) for run in runs] for at, runs in table.items()})
    assert "Weights move KL no more than the method: 2.0 times" in toy_grid.finding(grid, near)
    lost = Cells(grid | {(FAR, OURS): [*grid[FAR, OURS], replace(diverged, config=grid[FAR, OURS][0].config)]})
    assert toy_grid.finding(lost, Cells()).endswith("S-IntroVAE 0 of 12, AS-IntroVAE 1 of 14 runs.")


def test_the_lower_kl_is_told_only_where_both_tests_decide_it():
    assert toy_grid.lower(over_seeds([-1.0, -1.1, -0.9, -1.0, -1.2] * 2)) == "AS-IntroVAE"
    assert toy_grid.lower(over_seeds([-1.0, 1.1, -0.9, 1.0, -1.2] * 2)) == "inconclusive"
    assert toy_grid.lower(over_seeds([-1.0] * 9)) == "fewer than 10 seeds"
    assert toy_grid.lower(over_seeds([])) == "not run"


def test_the_best_weights_are_chosen_on_the_first_seeds_and_judged_on_later_ones(grid):
    soft, ours = (toy_grid.at_best(grid, name) for name in (SOFT, OURS))
    assert (soft.weights, ours.weights) == (NEAR, FAR)
    assert [run.config.seed for run in soft.judging] == [*range(3, 10)]
    assert soft.fair
    # No later seed was run: those that chose judge, and the table says so.
    assert not ours.fair
    assert len(ours.judging) == CHOSEN_ON
    table = toy_grid.best_table(TOY, grid)
    assert table.loc["S-IntroVAE", "judged on"] == "7 later seeds"
    assert table.loc["S-IntroVAE", "KL"] == "9.00"
    assert table.loc["S-IntroVAE", "KL, choosing seeds"].startswith("4.00")
    assert list(table.loc["AS-IntroVAE", ["best weights", "of", "judged on"]]) == [
        "β_kl 0.3, β_neg 0.3",
        "2 of 12 run",
        "the choosing seeds",
    ]
    assert list(table.loc["VAE"]) == ["not run", "–", "–", "–", "–", "–"]
    assert toy_grid.at_best(grid, "vae") is None


def test_sentences_say_what_the_grid_says(grid):
    count, best, reached = toy_grid.sentences(TOY, grid)
    assert count.startswith("**At the same weights**, 2 of 12 compared, the lower KL: S-IntroVAE in 1, fewer than 10")
    assert "on the seeds that chose, which flatters both: AS-IntroVAE minus S-IntroVAE is −1.67 (" in best
    assert best.endswith("over 3 shared seeds, fewer than 10 seeds.")
    assert reached.startswith("**A mean KL of 3.4 or less**")
    assert reached.endswith("by S-IntroVAE at 0 of 2, AS-IntroVAE at 1 of 2 weights.")
    assert toy_grid.sentences(TOY, Cells({label: [] for label in GRID.variants})) == ["The grid has not been run yet."]
    fair = grid | {(FAR, OURS): []}
    [_, best, _] = toy_grid.sentences(TOY, Cells(fair))
    assert "on seeds that did not choose: AS-IntroVAE minus S-IntroVAE is +3.03 (" in best


def test_a_matrix_has_every_weight_of_the_method_and_gaps_where_nothing_was_run():
    table = toy_grid.matrix(GRID, {(NEAR, SOFT): 4.0}, SOFT)
    assert (list(table.index), list(table.columns)) == (["0.02", "0.05", "0.15", "0.3"], ["0.3", "0.9", "2.7"])
    assert table.loc["0.02", "0.9"] == 4.0
    assert table.isna().sum().sum() == 11
    assert list(toy_grid.matrix(GRID, {}, "vae").columns) == ["–"]


def test_the_map_shows_every_number_and_a_dash_where_there_is_none(grid, diverged):
    lost = replace(diverged, config=diverged.config.replace(seed=2))
    cells = Cells(grid | {(FAR, SOFT): [*grid[FAR, SOFT], lost]})
    axes = toy_grid.heat_map(GRID, cells).axes
    assert [axis.get_title() for axis in axes] == [
        "VAE, KL",
        "S-IntroVAE, KL",
        "AS-IntroVAE, KL",
        "AS-IntroVAE minus S-IntroVAE",
    ]
    texts = [[text.get_text() for text in axis.texts] for axis in axes]
    assert [len(each) for each in texts] == [4, 12, 12, 12]
    assert texts[1].count("–") == 10
    assert {"7.5", "55.0\n1 NaN"} < set(texts[1])
    # Where a run diverged the means are of other seeds, and there is no difference.
    assert [each for each in texts[3] if each != "–"] == ["+3.1"]
    assert {"+3.1", "−53.0"} < {text.get_text() for text in toy_grid.heat_map(GRID, grid).axes[3].texts}
    *_, said = toy_grid.sentences(TOY, cells)
    assert said.endswith("S-IntroVAE 1 of 13, AS-IntroVAE 0 of 13 runs.")
    empty = toy_grid.heat_map(GRID, Cells({label: [] for label in GRID.variants}))
    assert {text.get_text() for axis in empty.axes for text in axis.texts} == {"–"}


def test_a_weight_that_a_method_lacks_is_a_dash():
    label = next(label for label in GRID.variants if label[1] == "vae")
    assert math.isnan(toy_grid.weights_of(GRID, label)[1])
    assert toy_grid.str_or(math.nan) == "–"
