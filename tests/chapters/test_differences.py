"""The table of differences between paper and code: complete rows, switches that exist, effects that follow the runs."""

import dataclasses
import re

from asvae import RunConfig
from asvae_book.chapters import differences, paper_vs_code
from asvae_book.paper.published import RECONSTRUCTION
from asvae_book.studies import Cells


def test_every_row_is_complete_and_names_switches_of_the_core():
    fields = set()
    for name in ("introvae", "s-introvae", "as-introvae"):
        config = RunConfig(name, "digits")
        fields |= {field.name for part in (config.hyperparameters, config.recipe) for field in dataclasses.fields(part)}
    for each in differences.DIFFERENCES:
        assert all((each.what, each.paper, each.code, each.switch, each.matters))
        assert each.label in ("", *paper_vs_code.DEVIATING)
        named = {re.match(r"\w+", text).group() for text in re.findall(r"`([^`]+)`", each.switch)}
        assert named <= fields, each.what
    named = [each.what for each in differences.DIFFERENCES]
    assert len(set(named)) == len(named)


def test_what_the_runs_say_stands_in_the_row_that_they_measure(points):
    cells = Cells({"tanh": points["half"], "linear": points["tanh"]})
    lines = differences.table(cells).splitlines()
    assert len(lines) == len(differences.DIFFERENCES) + 2
    [ramp] = [line for line in lines if "**The ramp**" in line]
    assert "points: **worse**, +" in ramp
    assert all(line.count("|") == 5 for line in lines)


def test_the_budgets_differ_and_the_largest_gains_are_where_the_text_says():
    assert all(len(set(row)) > 1 for row in differences.BUDGETS.values())
    assert differences.budgets().loc["epochs, MNIST", "S-IntroVAE"] == "50"
    gains = {name: pair["as-introvae"][0] - pair["s-introvae"][0] for name, pair in RECONSTRUCTION.items()}
    assert set(sorted(gains, key=gains.get)[-2:]) == {"oxford", "celeba128"}
