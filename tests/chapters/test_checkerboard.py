"""The checkerboard's tables, figures and sentences."""

import math
from dataclasses import replace

import pytest

from asvae import RunConfig, datasets
from asvae.metrics import points as metrics
from asvae_book.chapters import checkerboard, checkerboard_sentences, figures, palette
from asvae_book.paper import published
from asvae_book.studies import TABLE1, Cells


@pytest.fixture(scope="module")
def board():
    return datasets.get("checkerboard")


@pytest.fixture
def cells(run, diverged):
    return Cells({("C1", "introvae"): [diverged], ("C1", "as-introvae"): [run, run]})


@pytest.fixture(scope="module")
def floor(board):
    return metrics.floor(board, draws=3, large=1_000)


def test_table1_sets_ours_above_the_printed_value_beside_the_floor(cells, floor, run):
    table = checkerboard.table1(cells, floor)
    assert table.loc[("C1", "KL", "here"), "truth"] == f"{floor['kl']:.2f}"
    assert table.loc[("C1", "KL", "here"), "AS-IntroVAE"] == f"{run.scores['kl']:.2f}\u00a0±\u00a00.00"
    assert table.loc[("C1", "KL", "here"), "IntroVAE"] == "NaN"
    assert table.loc[("C1", "JSD", "printed"), "AS-IntroVAE"] == "9.6"
    assert table.loc[("C1", "KL", "printed"), "IntroVAE"] == "NaN"
    loop = checkerboard.table1(Cells({("C1", "s-introvae"): [], ("C1", "vae"): [run]}), released=True)
    assert loop.loc[("C1", "KL", "here"), "S-IntroVAE"] == "not run"
    assert loop.loc[("C1", "KL", "released loop"), "S-IntroVAE"] == "20.30"


def test_the_floor_stands_beside_one_draws_noise_and_the_printed_differences(floor):
    table = checkerboard.floor_table(floor)
    assert table.KL.iloc[0] == f"{floor['kl']:.2f}"
    assert list(table.KL.iloc[3:]) == ["-0.30", "-0.40", "-0.30"]
    assert list(table.JSD.iloc[3:]) == ["0.00", "-0.40", "-0.40"]


def test_the_printed_table_is_the_papers():
    assert [published.TABLE1["C1", name] for name in ("vae", "s-introvae", "as-introvae")] == [
        (22.1, 10.8),
        (20.7, 9.6),
        (20.4, 9.6),
    ]
    assert all(math.isnan(published.TABLE1[row, "introvae"][0]) for row in ("C1", "C2", "C3"))
    assert len(published.TABLE1) == 12


def test_one_diverged_seed_makes_its_cell_nan_and_says_how_many(cells, run, diverged):
    assert checkerboard.summary([run, diverged], "kl") == f"NaN (1 of 2; else {run.scores['kl']:.2f})"
    divergence = checkerboard.divergence_table(cells)
    assert divergence.loc[("C1", "IntroVAE"), "diverged"] == "1 of 1"
    assert f"step {diverged.divergence.step:,}" in divergence.loc[("C1", "IntroVAE"), "where"]
    assert checkerboard.support_table(cells).loc[("C1", "IntroVAE"), "samples on the squares"] == "NaN"


@pytest.fixture
def annealed(run):
    """Runs at C1, of which two distances exceeded their bound and one has no curve; one more at C2."""

    def at(row, name, seed, kl, distance=None):
        [config] = TABLE1.configs("checkerboard", 1, labels=[(row, name)])[row, name]
        curve = {} if distance is None else {"as_distance": [math.nan, distance]}
        scores = run.scores | {"kl": kl}
        return replace(run, config=config.replace(seed=seed), scores=scores, history={"step": [0, 1]} | curve)

    ours = [at("C1", "as-introvae", *each) for each in ((0, 20.0, 1.4), (1, 30.0, 1.5), (2, 32.0, 9e9), (3, 90.0))]
    return Cells(
        {
            ("C1", "s-introvae"): [at("C1", "s-introvae", 0, 21.0)],
            ("C1", "as-introvae"): ours,
            ("C2", "as-introvae"): [at("C2", "as-introvae", 0, 25.0)],
        }
    )


def test_runs_whose_distance_left_the_scale_are_counted_where_it_was_noted_and_scored_apart(annealed):
    table = checkerboard.exceeded_table(annealed)
    assert list(table.loc["C1"]) == ["2 of 3", "31.00\u00a0±\u00a012.71", "20.00", "21.00"]
    assert list(table.loc["C2"]) == ["–"] * 4
    said = checkerboard_sentences.exceeded_sentence(annealed, "the quick scale")
    assert said.endswith("at C1 in 2 of 3 runs (KL: where it did 31.0, where it did not 20.0, S-IntroVAE 21.0).")
    assert checkerboard_sentences.exceeded_sentence(annealed.select([("C2", "as-introvae")]), "any scale") == ""


def test_sentences_follow_the_runs_and_say_how_few_there_are(annealed, cells, floor):
    said = checkerboard_sentences.sentences(cells, annealed, floor)
    assert said[0].startswith("**Read every score against its floor.** The truth itself scores a KL of ")
    assert said[1].startswith("**At C1 the printed JSD is a tie** (9.6 and 9.6)")
    assert "**At the published settings there are 4 runs a cell so far**: fewer than 5 decide nothing" in said[-2]
    assert said[-1].startswith("**IntroVAE became non-finite in 1 of 1 runs**")
    assert checkerboard_sentences.introvae_sentence(annealed) == ""
    bad = replace(annealed["C1", "as-introvae"][2], config=RunConfig("introvae"))
    worst = {("C1", "introvae"): [bad], ("C1", "s-introvae"): annealed["C1", "s-introvae"]}
    assert checkerboard_sentences.introvae_sentence(Cells(worst)).endswith("; it has the worst KL at C1.")


def test_the_distance_is_drawn_one_line_per_combination_in_shades_of_its_method(annealed):
    axes = checkerboard.distances(annealed).axes
    assert [axis.get_title() for axis in axes] == ["AS-distance, encoder's turn"]
    colours = palette.of_study(TABLE1)
    assert [line.get_color() for line in axes[0].lines] == [colours[row, "as-introvae"] for row in ("C1", "C2")]


def test_figures_draw_every_cell_and_show_divergence(cells, board, floor, run, diverged):
    figure = checkerboard.figure8(cells, board)
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert any(f"NaN at step {diverged.divergence.step:,}" in text for text in texts)
    assert [axis.get_title() for axis in figure.axes[:3]] == ["truth", "IntroVAE", "AS-IntroVAE"]
    assert len(figure.axes[2].lines[0].get_xydata()) == len(run.samples) == 1_000
    assert len(figure.axes[1].lines[0].get_xydata()) == 0
    dots = checkerboard.score_dots(cells, floor)
    assert [text.get_text() for axis in dots.axes for text in axis.texts] == ["NaN", "NaN"]
    curves = figures.curves([run, diverged], {"kl_real": "KL", "reconstruction": "error", "no_such_term": "nothing"})
    assert [axis.get_title() for axis in curves.axes] == ["KL", "error"]
