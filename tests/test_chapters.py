"""Chapter parameters, tables and figures."""

import datetime
import math
from dataclasses import replace

import matplotlib as mpl
import pytest

mpl.use("Agg")

from asvae_book.chapters import figures, table1
from asvae_book.chapters.parameters import CheckerboardParameters
from asvae_book.paper.published import TABLE1

from asvae import datasets, objectives
from asvae.checks import InvalidArgumentError
from asvae.metrics import points as metrics
from asvae.training import provenance

GOOD = {
    "scale": "quick",
    "steps": None,
    "seeds": 1,
    "combinations": ["C1"],
    "objectives": ["vae", "as-introvae"],
    "device": "cpu",
    "fresh": False,
}


def test_good_parameters_pass_among_what_a_notebook_also_holds():
    namespace = GOOD | {
        "_hidden": 1,
        "In": [],
        "Out": {},
        "math": math,
        "CheckerboardParameters": object,
        "exit": print,
    }
    p = CheckerboardParameters.check(namespace)
    assert p.combinations == ("C1",)
    assert p.steps is None
    # The same kernel again, with results beside the parameters and one of these changed.
    again = CheckerboardParameters.check(namespace | {"floor": {}, "cells": [], "seeds": 3})
    assert again.seeds == 3


def test_a_missing_parameter_is_named():
    with pytest.raises(InvalidArgumentError, match=r"^parameters: got .* all of scale, steps"):
        CheckerboardParameters.check({key: value for key, value in GOOD.items() if key != "seeds"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 500}, r"^unknown parameter: got 'step'; .*'steps'.*did you mean 'steps'"),
        ({"verbose": False}, r"^unknown parameter: got 'verbose'"),
        ({"stepz": datetime.date(2020, 1, 1)}, r"^unknown parameter: got 'stepz'"),
        ({"steps": datetime.date(2020, 1, 1)}, r"^steps: got datetime.date"),
        ({"steps": "500"}, r"^steps: got '500'"),
        ({"steps": 0}, r"^steps: got 0"),
        ({"seeds": 1.5}, r"^seeds: got 1.5"),
        ({"seeds": -2}, r"^seeds: got -2"),
        ({"scale": "full"}, r"^scale: got 'full'; allowed: 'quick', 'paper'"),
        ({"combinations": ["C4"]}, r"^combinations: got 'C4'; allowed: 'C1', 'C2', 'C3'"),
        ({"objectives": ["vea"]}, r"^objectives: got 'vea'; .*did you mean 'vae'"),
        ({"objectives": "vae"}, r"^objectives: got 'vae'; allowed: a non-empty list"),
        ({"fresh": "no"}, r"^fresh: got 'no'"),
        ({"device": "gpu"}, r"^device: got 'gpu'"),
    ],
)
def test_a_bad_parameter_is_one_sentence(change, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        CheckerboardParameters.check(GOOD | change)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def board():
    return datasets.get("checkerboard")


@pytest.fixture
def cells(run, diverged):
    return {("C1", "introvae"): [diverged], ("C1", "as-introvae"): [run, run]}


@pytest.fixture(scope="module")
def floor(board):
    return metrics.floor(board, draws=3, large=1_000)


def test_table1_sets_ours_above_the_printed_value_beside_the_floor(cells, floor, run):
    table = table1.table(cells, floor)
    assert table.loc[("C1", "KL", "here"), "truth"] == f"{floor['kl']:.2f}"
    assert table.loc[("C1", "KL", "here"), "AS-IntroVAE"] == f"{run.scores['kl']:.2f}\u00a0±\u00a00.00"
    assert table.loc[("C1", "KL", "here"), "IntroVAE"] == "NaN"
    assert table.loc[("C1", "JSD", "printed"), "AS-IntroVAE"] == "9.6"
    assert table.loc[("C1", "KL", "printed"), "IntroVAE"] == "NaN"
    loop = table1.table({("C1", "s-introvae"): [], ("C1", "vae"): [run]}, released=True)
    assert loop.loc[("C1", "KL", "here"), "S-IntroVAE"] == "not run"
    assert loop.loc[("C1", "KL", "released loop"), "S-IntroVAE"] == "20.30"


def test_the_floor_stands_beside_one_draws_noise_and_the_printed_differences(floor):
    table = table1.floor_table(floor)
    assert table.KL.iloc[0] == f"{floor['kl']:.2f}"
    assert list(table.KL.iloc[3:]) == ["-0.30", "-0.40", "-0.30"]
    assert list(table.JSD.iloc[3:]) == ["0.00", "-0.40", "-0.40"]


def test_the_printed_table_is_the_papers():
    assert [TABLE1["C1", name] for name in ("vae", "s-introvae", "as-introvae")] == [
        (22.1, 10.8),
        (20.7, 9.6),
        (20.4, 9.6),
    ]
    assert all(math.isnan(TABLE1[row, "introvae"][0]) for row in ("C1", "C2", "C3"))
    assert len(TABLE1) == 12


def test_one_diverged_seed_makes_its_cell_nan_and_says_how_many(cells, run, diverged):
    assert table1.summary([run, diverged], "kl") == f"NaN (1 of 2; else {run.scores['kl']:.2f})"
    divergence = table1.divergence_table(cells)
    assert divergence.loc[("C1", "IntroVAE"), "diverged"] == "1 of 1"
    assert f"step {diverged.divergence.step:,}" in divergence.loc[("C1", "IntroVAE"), "where"]
    assert table1.support_table(cells).loc[("C1", "IntroVAE"), "samples on the squares"] == "NaN"


def test_runs_whose_distance_left_the_scale_are_counted_and_scored_apart(run):
    def at(kl, distance):
        return replace(
            run, scores=run.scores | {"kl": kl}, history={"step": [0, 1], "as_distance": [math.nan, distance]}
        )

    cells = {
        ("C1", "s-introvae"): [at(21.0, 0.0)],
        ("C1", "as-introvae"): [at(20.0, 1.4), at(30.0, 1.5), at(32.0, 9e9)],
    }
    row = table1.runaway_table(cells).loc["C1"]
    assert list(row[:3]) == ["2 of 3", "31.00\u00a0±\u00a012.71", "20.00"]
    assert row["KL, S-IntroVAE"] == "21.00"


def test_configurations_share_seeds_over_methods_and_vae_shares_its_run_over_rows():
    cells = table1.configurations(["C1", "C3"], ["vae", "s-introvae"], 2, "quick", steps=5)
    assert [config.seed for config in cells["C3", "s-introvae"]] == [0, 1]
    assert cells["C1", "vae"] == cells["C3", "vae"]
    assert cells["C3", "s-introvae"][0].hyperparameters.beta_neg == 1.0
    flat = [config for configs in cells.values() for config in configs]
    assert table1.regroup(cells, flat) == cells


def test_figures_draw_every_cell_and_show_divergence(cells, board, floor, run, diverged):
    figure = figures.figure8(cells, board)
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert any(f"NaN at step {diverged.divergence.step:,}" in text for text in texts)
    assert [axis.get_title() for axis in figure.axes[:3]] == ["truth", "IntroVAE", "AS-IntroVAE"]
    assert len(figure.axes[2].lines[0].get_xydata()) == len(run.samples) == 1_000
    assert len(figure.axes[1].lines[0].get_xydata()) == 0
    dots = figures.score_dots(cells, floor)
    assert [text.get_text() for axis in dots.axes for text in axis.texts] == ["NaN", "NaN"]
    curves = figures.curves([run, diverged], {"kl_real": "KL", "reconstruction": "error", "no_such_term": "nothing"})
    assert [axis.get_title() for axis in curves.axes] == ["KL", "error"]
    mpl.pyplot.close("all")


def test_every_objective_has_a_colour_of_its_own():
    own = [figures.COLOURS[name] for name in objectives.names()]
    assert len(set(own)) == len(own)


def test_the_source_line_says_origin_scale_seeds_cost_and_hardware(run):
    loaded = replace(
        run, config=run.config.replace(seed=77), provenance=run.provenance | {"origin": "loaded", "seconds": 600.0}
    )
    text = provenance.line([run, run, loaded])
    changed = "quick scale with steps 20, batch_size 16, width 16, depth 2"
    assert text.startswith(f"1 run computed here and 1 run loaded: {changed}, 2 seeds, 10 min of training on ")
    assert "numerics" not in text
    old = replace(run, provenance=run.provenance | {"fingerprint": "0123456789ab"})
    assert provenance.line([old]).endswith("**1 of these were made by other numerics than today's**")
    assert provenance.line([]) == "not run"
    assert "\n" not in text
