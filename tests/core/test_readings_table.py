"""The table of readings in the method chapter says what the presets and the options' defaults are."""

import dataclasses
import re
from pathlib import Path

import pytest

from asvae import RunConfig
from asvae.config.presets import READINGS
from asvae.store.rows import ROWS, WEIGHT_NAMES

METHOD = (Path(__file__).parents[2] / "book" / "method.md").read_text()
SECTION = METHOD.partition("## The readings")[2].partition("\n## ")[0]
LINES = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in SECTION.splitlines() if line[:2] == "| "]
COLUMNS = re.findall(r"`(\w+)`", "".join(LINES[0][1:4]))
OPTIONS = {row[0]: row[1:4] for row in LINES if row[0].startswith("`")}
FAMILIES = {row[0].replace(" ", "-"): row[1] for row in LINES if row[0].replace(" ", "-") in ROWS}


def value(reading, name, kind):
    objective = "introvae" if name == "decoder_reconstruction" else "as-introvae"
    config = RunConfig(objective, "mnist" if kind == "images" else "checkerboard", reading=reading)
    own = dataclasses.asdict(config.recipe) | dataclasses.asdict(config.hyperparameters)
    return str(own[name])


@pytest.mark.parametrize("row", OPTIONS)
def test_a_row_of_the_table_holds_what_each_reading_sets(row):
    name, kind = re.fullmatch(r"`(\w+)`(?:, (\w+))?", row).groups()
    default = OPTIONS[row][0]
    assert [default if text == "–" else text for text in OPTIONS[row]] == [value(each, name, kind) for each in COLUMNS]


def test_every_option_of_the_adversarial_objectives_has_a_row():
    named = {re.match(r"`(\w+)`", row).group(1) for row in OPTIONS}
    fields = [dataclasses.fields(RunConfig(name).hyperparameters) for name in ("introvae", "s-introvae", "as-introvae")]
    options = {field.name for each in fields for field in each} - {*WEIGHT_NAMES, "kl_share"}
    assert named == options | {"logvar_limit"}
    changed = {key for reading in READINGS.values() for options in reading.values() for key in options}
    assert changed <= named


def test_a_reading_without_a_column_changes_a_single_option_and_is_named():
    assert "paper" in COLUMNS
    for name in READINGS.keys() - set(COLUMNS):
        assert f'`"{name}"`' in SECTION
        assert [len(options) for options in READINGS[name].values()] == [1]


def test_the_weights_of_each_family_are_those_of_the_presets():
    assert FAMILIES.keys() == ROWS.keys()
    for family, rows in ROWS.items():
        printed = [[float(x) for x in triple.split(", ")] for triple in re.findall(r"\(([\d., ]+)\)", FAMILIES[family])]
        assert printed == [[row[key] for key in ("beta_kl", "beta_rec", "beta_neg")] for row in rows.values()]
        weights = {round(row["fake_rec"] * row["beta_rec"], 9) for row in rows.values() if "fake_rec" in row}
        assert weights == {
            float(x) for x in re.findall(r"and ([\d.]+) for the fakes' reconstruction", FAMILIES[family])
        }
