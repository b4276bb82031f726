"""A contributed file is taken as it was written, and refused when it says what cannot be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from asvae import RunConfig
from asvae.files import read_record, write_record
from asvae.store.results import ROOT, keep
from asvae_book.contributed import UNVERIFIED, as_text, check, results

POINTS, IMAGES = "8gaussians-quick-as-introvae-C1-seed0.json", "digits-quick-as-introvae-published-seed0.json"


def changed(tmp_path, name, change):
    """Return a sealed copy of a committed result with something changed."""
    record = read_record(ROOT / name)
    del record["sha256"]
    change(record)
    write_record(tmp_path / name, record)
    return check(tmp_path / name).problems


@pytest.mark.parametrize("name", [POINTS, IMAGES])
def test_a_committed_result_is_sound(name):
    assert check(ROOT / name).problems == ()


def test_a_file_that_was_edited_is_no_result(tmp_path):
    text = (ROOT / POINTS).read_text().replace('"on_support": 0.9', '"on_support": 0.8')
    (tmp_path / POINTS).write_text(text)
    [problem] = check(tmp_path / POINTS).problems
    assert "changed since it was written" in problem


@pytest.mark.parametrize(
    ("name", "part", "key", "value", "said"),
    [
        (POINTS, "scores", "on_support", 0.5, "samples: "),
        (POINTS, "scores", "on_support", 1.5, "no share"),
        (POINTS, "scores", "spread", 1.0, "their spread"),
        (POINTS, "scores", "modes_covered", 9, "9 of 8 modes"),
        (POINTS, "scores", "kl", -1.0, "below 0"),
        (POINTS, "scores", "kl", None, "kl is missing"),
        (POINTS, "provenance", "fingerprint", "0" * 12, "not today's"),
        (POINTS, "provenance", "fingerprint", "today", "is none"),
        (POINTS, "provenance", "hardware", "", "provenance: no hardware"),
        (POINTS, "timing", "seconds", -3.0, "timing"),
        (POINTS, "timing", "date", "2999-01-01", "still to come"),
        (POINTS, "timing", "date", "soon", "soon"),
        (POINTS, "config", "seed", 1, "name"),
        (POINTS, "config", "steps", 10, "size: steps"),
        (POINTS, "history", "score", [1.0], "curves of unequal length"),
        (POINTS, "history", "step", [0.5], "history: step"),
        (POINTS, None, "history", {"step": [5, 3]}, "steps do not rise"),
        (POINTS, None, "history", {"step": [0, 300]}, "they end at step 300 of"),
        (POINTS, None, "samples", [[0.5, None]], "no whole result"),
        (IMAGES, "scores", "sharpness", 9.0, "as sharp as"),
        (IMAGES, "scores", "rec_mse", 0.5, "rec_mse says"),
        (IMAGES, "scores", "precision", 2.0, "no share"),
    ],
)
def test_what_cannot_be_is_named(tmp_path, name, part, key, value, said):
    problems = changed(tmp_path, name, lambda record: (record[part] if part else record).update({key: value}))
    assert any(said in problem for problem in problems), problems


def test_a_diverged_run_is_a_result_and_has_no_scores(tmp_path, diverged):
    # One that diverges at once may round to no time at all.
    own = replace(diverged, config=RunConfig("introvae", seed=1), provenance=diverged.provenance | {"seconds": 0.0})
    path = keep(own, tmp_path)
    assert check(path).problems == ()
    text = path.read_text()
    assert json.loads(text)["divergence"]


def test_the_command_ends_with_1_where_a_file_is_refused(tmp_path, capsys):
    with pytest.raises(typer.Exit) as ended:
        results("check", [ROOT / POINTS])
    assert ended.value.exit_code == 0
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(typer.Exit) as ended:
        results("check", [ROOT / POINTS, tmp_path / "other.json"])
    assert ended.value.exit_code == 1
    assert "other.json: refused" in capsys.readouterr().out


def test_names_of_files_are_printed_without_what_a_terminal_obeys(tmp_path):
    path = tmp_path / "x: sound\nb\x1b[31mz.json"
    path.write_bytes((ROOT / POINTS).read_bytes())
    said = as_text([check(path)])
    assert "x: sound\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31mz.json: refused" in said.splitlines()
    assert "\x1b" not in said


def test_it_says_what_it_cannot_verify():
    assert all(each in as_text([check(Path("absent.json"))]) for each in UNVERIFIED)
