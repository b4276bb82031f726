"""The specification curve's figure, table and sentences: one column per specification, prose that follows the runs."""

import math

import numpy as np
import pytest

from asvae.checks import InvalidArgumentError
from asvae_book.chapters import palette, readings, readings_sentences
from asvae_book.chapters.parameters import ReadingsParameters
from asvae_book.paper.specifications import Outcome, outcomes
from asvae_book.studies import SPECIFICATIONS, Cells
from asvae_book.studies.specification import HUB, ROWS

NOISE = np.array([0.0, 0.1, -0.1, 0.05, -0.05])
DATASETS = tuple(SPECIFICATIONS)
GOOD = {"scale": "quick", "datasets": list(DATASETS), "seeds": 5, "device": "cpu", "fresh": False}


def names(dataset):
    return list(dict.fromkeys(name for name, _ in SPECIFICATIONS[dataset].variants))


def invented(dataset, means, seeds=5):
    """Return outcomes with given mean differences, in their order; NaN: not run."""
    made = []
    for name, mean in zip(names(dataset), means, strict=True):
        differences = {} if math.isnan(mean) else {seed: mean + NOISE[seed] for seed in range(seeds)}
        made.append(Outcome(name, differences, len(differences), ((), ())))
    return sorted(made, key=lambda outcome: (math.isnan(outcome.gap.mean), outcome.gap.mean))


def spread(dataset):
    means = np.linspace(-1.0, 1.0, len(names(dataset)))
    return invented(dataset, [*np.random.default_rng(0).permutation(means[:-1]), math.nan])


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_difference_of_a_specification_has_its_row_and_the_hub_has_none(dataset):
    rows = readings.choices(dataset)
    taken = [name for each in rows.values() for name in each]
    assert HUB not in taken
    assert set(taken) == set(names(dataset)) - {HUB}
    assert all(rows.values())
    assert [option for group, option in rows if group == readings.WEIGHTS] == list(ROWS[dataset])
    of = {name: {group for (group, _), each in rows.items() if name in each} for name in names(dataset)}
    assert of["the supplement"] == {"ramp", "clock", "reference", "constant"}
    assert of["the released code"] == {"ramp", "constant", "tanh", "reduction", "live target"}
    single = set(names(dataset)) - {HUB, "the supplement", "the released code"}
    assert all(len(of[name]) == 1 for name in single)


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_figure_has_one_point_and_one_column_of_dots_per_specification(dataset):
    found, rows = spread(dataset), readings.choices(dataset)
    above, below = readings.figure(found, dataset).axes
    points = [float(bars[0].get_xdata()[0]) for bars in above.containers]
    assert points == list(range(1, len(found)))  # the last was not run
    assert [text.get_text() for text in above.texts] == ["not run"]
    [interval] = above.containers[0][2][0].get_segments()
    assert list(interval[:, 1]) == pytest.approx([found[0].gap.low, found[0].gap.high])
    heights = [float(bars[0].get_ydata()[0]) for bars in above.containers]
    assert heights == sorted(heights)
    assert [0.0, 0.0] in [list(line.get_ydata()) for line in above.lines]
    dots = {tuple(map(int, dot)) for each in below.collections for dot in each.get_offsets()}
    order = [outcome.name for outcome in found]
    wanted = {(order.index(name) + 1, y) for y, each in enumerate(rows.values()) for name in each}
    assert dots == wanted
    assert {x for x, _ in dots} == set(range(1, len(found) + 1)) - {order.index(HUB) + 1}
    assert below.get_yticklabels()[0].get_text() == "ramp: tanh"
    bands = [patch for patch in above.patches if patch.get_facecolor()[:3] != (1.0, 1.0, 1.0)]
    assert [patch.get_x() + patch.get_width() / 2 for patch in bands] == [order.index(HUB) + 1]


def test_a_point_has_the_colour_of_the_method_on_whose_side_it_lies():
    found = invented("checkerboard", [-1.0, 1.0] + [0.0] * (len(names("checkerboard")) - 2))
    above, _ = readings.figure(found, "checkerboard").axes
    colours = [bars[0].get_color() for bars in above.containers]
    assert colours[0] == palette.of_method("as-introvae")
    assert colours[-1] == palette.of_method("s-introvae")
    assert set(colours[1:-1]) == {readings.COLOURS["open"]}
    few = invented("checkerboard", [-1.0] * len(found), seeds=2)
    faint = readings.figure(few, "checkerboard").axes[0].containers
    assert {bars[0].get_color() for bars in faint} == {readings.FAINT}
    assert not any(bars.has_yerr for bars in faint)


def test_without_a_single_run_everything_says_so():
    cells = Cells({label: [] for label in SPECIFICATIONS["8gaussians"].variants})
    found = outcomes(cells)
    assert len(found) == len(names("8gaussians"))
    assert len(readings.figure(found, "8gaussians").axes[0].texts) == len(found)
    assert set(readings.table(found, cells)["says"]) == {"not run"}
    assert readings_sentences.findings({"8gaussians": found}) == [
        f"**8 Gaussians.** None of {len(found)} specifications has 3 seeds that both methods finished."
    ]
    assert readings_sentences.by_chance(found, "8gaussians") == ""


def test_the_table_has_the_figures_numbers_in_its_order():
    found = spread("checkerboard")
    table = readings.table(found, Cells())
    assert [title.partition(". ")[0] for title in table.index] == [f"{i}" for i in range(1, len(found) + 1)]
    [title] = [title for title in table.index if title.endswith("(the hub)")]
    assert HUB in title
    assert table.loc[title, "minus the hub's"] == "–"
    first = table.iloc[0]
    assert first["KL, AS − S"] == "−1.00 (−1.10 to −0.90)"
    hub = next(outcome for outcome in found if outcome.name == HUB)
    change = f"{-1.0 - hub.gap.mean:+.2f}".replace("-", "−")
    assert first["minus the hub's"].startswith(f"{change} (")
    assert (first["seeds"], first["says"]) == ("5", "on AS-IntroVAE's side")
    assert table.iloc[-1]["KL, AS − S"] == "–"
    lost = Outcome(HUB, {1: 20.0, 2: 30.0, 3: 10.0}, 5, ((0, 4), (4,)))
    [row] = readings.table([lost], Cells()).to_dict("records")
    assert row["seeds"] == "5 (AS diverged in 2, S diverged in 1)"
    assert row["KL, AS − S"].startswith("+20.0 (")


def test_the_sentences_count_name_and_test():
    found = spread("checkerboard")
    finding, _ = readings_sentences.findings({"checkerboard": found})
    assert finding.startswith("**Checkerboard.** In **")
    assert "(1 more: not run.)" in finding
    assert "towards AS-IntroVAE by *" in finding
    chance = readings_sentences.by_chance(found, "checkerboard")
    assert f"of {len(found) - 1}, 1.0 would on average" in chance
    assert "goes from −1.00 to" in chance
    hub = next(outcome for outcome in found if outcome.name == HUB)
    assert f"The hub's own is {hub.gap.text()}" in chance
    assert "With so few seeds it cannot reject at 5 %" in chance
    assert "(all 32 assignments of signs; the smallest p that it can give is 0.06)" in chance
    equal = invented("checkerboard", [0.3] * len(found))
    said, _ = readings_sentences.findings({"checkerboard": equal})
    assert f"**None of {len(found) - 1} choices moves the hub's difference**" in said
    assert "p = 0.06" in readings_sentences.by_chance(equal, "checkerboard")
    # The hub is one of the readings and one of the weights.
    low = invented("checkerboard", [-5.0] + [0.3] * (len(found) - 1))
    assert readings_sentences.by_chance(low, "checkerboard").count("goes from −5.00 to +0.30") == 2
    said, _ = readings_sentences.findings({"checkerboard": low})
    assert f"hub's difference is moved towards S-IntroVAE by *{names('checkerboard')[1]}* (+5.30)" in said
    assert "towards AS-IntroVAE" not in said


def test_with_enough_seeds_the_sentence_says_whether_the_median_differs_from_0():
    def sentence(means):
        differences = {seed: float(mean) for seed, mean in enumerate(means)}
        found = [Outcome(name, differences, len(differences), ((), ())) for name in names("8gaussians")]
        return readings_sentences.by_chance(found, "8gaussians")

    assert "The median is distinguished from 0 at 5 %." in sentence(np.full(8, -2.0) + NOISE.repeat(2)[:8])
    assert "p = 0.0078" in sentence(np.full(8, -2.0) + NOISE.repeat(2)[:8])
    assert "The median is not distinguished from 0 at 5 %." in sentence([-2.0, 2.0] * 4)


def test_diverged_runs_are_named_with_their_seeds():
    lost = Outcome(HUB, {1: 2.0, 2: 3.0, 3: 1.0}, 5, ((0, 4), (4,)))
    # One specification alone has no median to test.
    assert readings_sentences.findings({"8gaussians": [lost]})[0] == (
        "**8 Gaussians.** In **0 of 1** specifications the interval lies on AS-IntroVAE's side, in 0 on S-IntroVAE's, "
        "and in 1 it holds 0. By the rule of the [ledger](ledger.ipynb#the-rule), which asks for 10 seeds and a second "
        "test, none of them is decided."
    )
    assert readings_sentences.by_chance([lost], "8gaussians") == (
        f"**8 Gaussians.** Diverged, and without a difference: AS-IntroVAE in *{HUB}* with seeds 0, 4; "
        f"S-IntroVAE in *{HUB}* with seed 4."
    )


def test_the_last_finding_says_how_many_seeds_and_how_wide():
    found = {
        "checkerboard": spread("checkerboard"),
        "8gaussians": invented("8gaussians", [9.0] * len(names("8gaussians")), seeds=4),
    }
    *_, few = readings_sentences.findings(found)
    assert "Checkerboard: 5 seeds per specification, and half of the intervals wider than ± 0.10" in few
    assert "8 Gaussians: 4 seeds per specification" in few


def test_kept_runs_are_found_and_nothing_is_trained(monkeypatch):
    monkeypatch.setattr(readings, "find_or_train", lambda *args, **options: pytest.fail("trains"))
    monkeypatch.setattr("asvae_book.studies.records.find", lambda configs: {})
    cells = readings.runs("8gaussians", 2, "quick", "cpu", False)
    assert set(cells) == set(SPECIFICATIONS["8gaussians"].variants)
    assert not cells.runs


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"datasets": ["digits"]}, "datasets: got 'digits'; allowed: 'checkerboard', '8gaussians'"),
        ({"scale": "large"}, "scale: got 'large'; allowed: 'quick', "),
        ({"seeds": 0}, "seeds: got 0; allowed: a whole number from 1 up"),
        ({"fresh": "no"}, "fresh: got 'no'"),
    ],
)
def test_bad_parameters_are_answered_in_one_sentence(change, says):
    assert ReadingsParameters(**GOOD).datasets == DATASETS
    with pytest.raises(InvalidArgumentError) as refused:
        ReadingsParameters(**GOOD | change)
    assert str(refused.value).startswith(says)
