"""What was measured, as tables, in words and as a figure."""

import pytest

from asvae import files
from asvae.checks import InvalidArgumentError
from asvae_book.chapters import palette, speed


def test_a_record_becomes_a_table_and_a_missing_one_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(speed, "ROOT", tmp_path)
    assert speed.measured("cpu") is None
    assert speed.table(None, "steps").iloc[0, 0] == speed.line(None) == "not run"
    rows = [{"scale": "quick", "ms": 1234.5678}, {"scale": "paper", "ratio": 0.12345, "ms": 3}]
    source = {"hardware": "a CPU", "torch": "2", "commit": "abc", "date": "2026-01-01"}
    files.write_record(tmp_path / "cpu.json", {"provenance": source, "steps": rows, "ceilings": rows[:1]})
    record = speed.measured("cpu")
    table = speed.table(record, "steps")
    assert (table.columns.name, list(table.index)) == ("scale", ["quick", "paper"])
    assert table.to_numpy().tolist() == [["1,235", "–"], ["3", "0.123"]]
    assert list(speed.table(record, "ceilings").index) == ["scale", "ms"]
    assert "a CPU" in speed.line(record)
    (tmp_path / "cpu.json").write_text((tmp_path / "cpu.json").read_text().replace("quick", "paper", 1))
    with pytest.raises(InvalidArgumentError, match=r"cpu\.json"):
        speed.measured("cpu")


def test_sentences_say_what_was_measured_and_nothing_else():
    record = {
        "lanes": [
            {"scale": "quick", "lanes": 8, "processes": 2, "ratio": 7.25},
            {"scale": "quick", "lanes": 1, "processes": 1, "ratio": 1.5},
        ],
        "steps": [{"scale": "paper", "step": "ours, s-introvae", "ratio": 1.38, "share of matmul ceiling": 0.66}],
    }
    quality = {"target": 20.3, "rows": [{"recipe": "quick", "KL at the end": 21.3, "of theirs": 0.02}]}
    said = speed.sentences(record, quality)
    assert len(said) == 3
    for text, numbers in zip(said, (("8 lanes in 2", "7.2"), ("1.38", "66%"), ("20.3", "+1.0", "1/50")), strict=True):
        assert all(number in text for number in numbers), text
    assert speed.sentences(None, None) == []


def test_time_to_quality_is_drawn_in_shades_of_its_method():
    run = {"seconds": [1.0, 2.0], "kl": [25.0, 22.0]}
    record = {
        "target": 20.3,
        "rows": [{"recipe": "released defaults", "seconds": 90.0}],
        "curves": {"quick": [run, run], "reduced": [run]},
    }
    [axis] = speed.time_to_quality(record).axes
    light, dark = palette.shades("s-introvae", 2)
    assert [line.get_color() for line in axis.lines[:3]] == [light, light, dark]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["quick", "reduced", "released defaults"]
