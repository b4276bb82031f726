"""The ablation's tables and figures, on points and on images."""

from dataclasses import replace

import pytest

from asvae_book.chapters import ablation, palette
from asvae_book.studies import ABLATION, Cells


@pytest.mark.parametrize("kind", ["points", "images"])
def test_tables_have_one_row_per_schedule_and_real_data_beside_them(kind, request):
    cells = request.getfixturevalue(kind)
    scores = ablation.scores_table(cells)
    assert list(scores.index[: len(cells)]) == [ABLATION.title(label) for label in cells]
    assert ("real against real" in scores.index) == (kind == "images")
    assert scores.loc["annealed, tanh"].iloc[0].startswith("20.17")
    assert ("real" in ablation.sharpness_table(cells).index) == (kind == "images")
    assert "sharpness of samples / real" in ablation.sharpness_table(cells) or kind == "points"
    assert len(ablation.latents_table(cells)) == len(ablation.schedules_table(cells)) == len(cells)


def test_only_runs_with_the_curve_of_the_distance_are_counted(points):
    far = [replace(run, history=run.history | {"as_distance": [0.1, 2.0]}) for run in points["half"][:2]]
    near = [replace(run, history=run.history | {"as_distance": [0.1, 0.5]}) for run in points["half"][2:4]]
    cells = Cells({"half": [*far, *near, *points["half"][4:]], "kl-only": points["kl-only"]})
    assert list(ablation.latents_table(cells)["distance past bound"]) == ["2 of 4", "–"]


def test_schedules_say_what_they_stand_for():
    table = ablation.schedules_table(ABLATION.configs("checkerboard", 1))
    assert list(table.loc["half KL, no AS"]) == [
        "half-kl",
        "½, no AS-distance",
        "S-IntroVAE",
        "Figure 2, the other reading",
    ]
    assert list(table.loc["no adversary (VAE)"]) == ["vae", "–", "VAE", "–"]


def test_figures_have_one_panel_per_schedule(points, images, run):
    assert len(ablation.layout(Cells({"tanh": [run], "half": [run]})).axes) == 6
    shown = [axis for axis in ablation.layout(images).axes if axis.images]
    assert len(shown) == len(images)
    assert len(ablation.score_dots(points).axes) == 2
    assert [len(axis.lines) for axis in ablation.intermediate_scores(points.select(["half"])).axes] == [10]


def test_one_schedule_has_one_colour_in_every_figure_a_shade_of_its_methods(points):
    colours = palette.of_study(ABLATION)
    cells = points.select(["half-kl", "kl-only", "tanh"])
    panels = ablation.intermediate_scores(cells).axes[:3]
    assert [axis.lines[0].get_color() for axis in panels] == [colours[label] for label in cells]
    dots = ablation.score_dots(cells).axes[0].lines
    assert {line.get_color() for line in dots} == {colours[label] for label in cells}


def test_what_annealing_beats_is_said_and_where_seeds_are_too_few(points):
    pair = points.select(["half", "tanh"])
    assert ablation.findings(pair)[1] == "**Annealing (*annealed, tanh*) is better than *half KL, half AS*.**"
    swapped = Cells({"half": points["tanh"], "tanh": points["half"]})
    assert ablation.findings(swapped)[1] == "**Annealing (*annealed, tanh*) is worse than *half KL, half AS*.**"
    both = Cells(pair | {"linear": points["half"], "tanh": points["tanh"]})
    assert set(ablation.opponents(both)) == {"half", "tanh"}
    clocked = [replace(run, config=run.config.replace(clock="adversarial")) for run in points["half"]]
    ours = ablation.opponents(Cells(both | {"half": clocked}))  # a reading whose ramp is tanh
    assert set(ours) == {"half", "linear"}
    assert all(runs == points["tanh"] for runs in ours.values())
    squashed = Cells(pair | {"tanh-squashed": pair["half"], "half-squashed": pair["half"]})
    assert ablation.findings(squashed)[1] == (
        "**Annealing (*annealed, tanh*) is better than *half KL, half AS*.** **Annealing (*annealed, tanh, squashed*) "
        "is not shown to beat or lose to any schedule it is compared with.**"
    )
    few = Cells({label: runs[:9] for label, runs in pair.items()})
    assert ablation.findings(few)[1] == (
        "**Annealing (*annealed, tanh*) is not shown to beat or lose to any schedule it is compared with.** "
        "There are too few seeds to decide on *half KL, half AS*."
    )


def test_the_page_says_how_the_method_is_read():
    assert "reconstructions in the distance" in ablation.read_as("paper")
    assert "real data in the distance" in ablation.read_as("supplement")
    assert "`released`" in ablation.read_as("released")
