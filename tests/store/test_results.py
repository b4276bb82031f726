"""Committed results: a table, sealed files, and evidence that belongs to today's numerics."""

import json
import multiprocessing
import os
import stat
from dataclasses import replace

import pytest
import torch

import asvae
from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae.config import presets
from asvae.files import read_record, write_record
from asvae.store.earlier import config_of
from asvae.store.results import ROOT, STALE, find, keep, name_of
from asvae.store.results import results as table_of
from asvae.store.rows import reading_of, row_of
from asvae.store.sound import SOURCE


def test_results_are_a_table_with_scores_and_provenance(run, diverged, tmp_path):
    other = replace(run, config=run.config.replace(schedule="half"))
    for each in (run, diverged, other):
        path = keep(each, tmp_path)
    table = table_of("checkerboard", root=tmp_path)
    assert sorted(table.schedule.dropna()) == ["half", "linear"]
    assert list(table.objective) == ["as-introvae", "as-introvae", "introvae"]
    assert list(table.diverged) == [False, False, True]
    assert set(table.combination) == {"C1"}
    assert table.current.all()
    assert table.kl[0] == run.scores["kl"]
    assert table.provenance[0]["torch"] == torch.__version__
    assert table_of("checkerboard", "paper", root=tmp_path).empty
    assert list(table_of("checkerboard", "paper", root=tmp_path).columns) == list(table.columns)
    with pytest.raises(InvalidArgumentError, match=r"dataset: got 'chekerboard'.*did you mean 'checkerboard'"):
        table_of("chekerboard", root=tmp_path)
    path = path.rename(tmp_path / path.name.replace("-quick-", "-paper-"))
    assert table_of("checkerboard", "paper", root=tmp_path).empty  # the file says, not its name
    path.write_text("{")
    with pytest.raises(InvalidArgumentError, match=path.name):
        table_of(root=tmp_path)


def test_a_kept_result_comes_back_equal_and_twice_the_same_bytes_but_for_its_timing(run, tmp_path):
    path = keep(run, tmp_path)
    text = path.read_text()
    again = replace(run, provenance=run.provenance | {"seconds": 1e6, "date": "2000-01-01", "lanes": 3})
    assert keep(again, tmp_path) == path
    records = [json.loads(each) for each in (text, path.read_text())]
    assert records[0].pop("timing") != records[1].pop("timing")
    assert records[0] == records[1]
    back = find([run.config], tmp_path)[run.config]
    assert back.scores == run.scores
    assert repr(back.history) == repr(run.history)
    assert torch.equal(back.samples, run.samples)
    others = [line for line in text.splitlines() if '"samples"' not in line and '"reconstructed"' not in line]
    assert max(map(len, others)) < 3_000


@pytest.mark.parametrize("damage", ["cut", "digit"])
def test_a_damaged_result_is_named_and_counts_as_missing(run, tmp_path, damage):
    path = keep(run, tmp_path)
    text = path.read_text()
    path.write_text(text[: len(text) // 2] if damage == "cut" else text.replace('"kl": ', '"kl": 1', 1))
    with pytest.raises(InvalidArgumentError, match=path.name):
        table_of(root=tmp_path)
    with pytest.warns(UserWarning, match=path.name):
        assert find([run.config], tmp_path) == {}


@pytest.mark.parametrize(
    ("part", "name"), [*(("provenance", name) for name in SOURCE), *(("scores", name) for name in ("kl", "jsd"))]
)
def test_a_result_without_what_every_reader_asks_for_is_named_and_counts_as_missing(run, tmp_path, part, name):
    path = keep(run, tmp_path)
    record = read_record(path)
    del record[part][name]
    write_record(path, record)
    with pytest.warns(UserWarning, match=f"{path.name}.*{part}: no {name}"):
        assert find([run.config], tmp_path) == {}


def test_what_is_no_file_or_nested_without_end_is_named_and_counts_as_missing(run, tmp_path):
    path = keep(run, tmp_path)
    path.rename(tmp_path / "kept")
    make = {
        "cannot be|can be read": lambda: path.symlink_to(tmp_path / "nowhere"),
        "no regular file": lambda: os.mkfifo(path),
        "recursion": lambda: path.write_text("[" * 100_000),
    }
    for why, put in make.items():
        put()
        with pytest.warns(UserWarning, match=f"{path.name}.*({why})"):
            assert find([run.config], tmp_path) == {}
        path.unlink()


def test_runs_of_another_size_seed_or_reading_have_files_of_their_own():
    plain = RunConfig("as-introvae")
    others = [plain.replace(**{name: value}) for name, value in (("steps", 7), ("seed", 1), ("kernel", "joint"))]
    assert name_of(plain) == "checkerboard-quick-as-introvae-C1-seed0.json"
    assert len({name_of(config) for config in (plain, *others)}) == 4


def test_a_result_written_again_is_read_again_and_everybody_may_read_it(run, tmp_path):
    for kl in (1.0, 2.0):
        path = keep(replace(run, scores=run.scores | {"kl": kl}), tmp_path)
        assert find([run.config], tmp_path)[run.config].scores["kl"] == kl
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_score_of_an_earlier_name_is_read_under_todays(run, tmp_path):
    path = keep(run, tmp_path)
    kept = read_record(path)
    kept["scores"]["squares_covered"] = kept["scores"].pop("modes_covered")
    write_record(path, {name: value for name, value in kept.items() if name != "sha256"})
    assert table_of(root=tmp_path).modes_covered.tolist() == [run.scores["modes_covered"]]
    assert find([run.config], tmp_path)[run.config].scores == run.scores


def test_a_result_of_other_numerics_is_no_evidence(run, tmp_path):
    keep(replace(run, provenance=run.provenance | {"fingerprint": "0123456789ab"}), tmp_path)
    assert find([run.config], tmp_path) == {}
    assert list(table_of(root=tmp_path).current) == [False]


def _keep_often(result, root):
    for _ in range(20):
        keep(result, root)


def test_many_writers_of_one_result_leave_a_whole_file(run, tmp_path):
    light = replace(run, samples=run.samples[:3])
    writers = [
        multiprocessing.get_context("fork").Process(target=_keep_often, args=(light, tmp_path)) for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    [path] = tmp_path.iterdir()
    read_record(path)


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.json"
    write_record(path, {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_record(path, {"a": float("nan")})
    assert read_record(path)["a"] == 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.slow
def test_committed_results_are_whole_and_of_todays_numerics_or_marked():
    table = asvae.results()
    assert not table.empty
    assert table.provenance.map(lambda source: bool(source["hardware"] and source["torch"])).all()
    marked = json.loads((ROOT / STALE).read_text()) if (ROOT / STALE).is_file() else {}
    unmarked = [
        source["fingerprint"] for source in table[~table.current].provenance if source["fingerprint"] not in marked
    ]
    assert not unmarked, f"made by other numerics: make them again, or name them in data/results/{STALE}: {unmarked}"


@pytest.mark.slow
def test_a_committed_result_made_again_takes_its_own_place(tmp_path):
    # Fields that came later must not rename what is there: a run would count twice.
    paths = [path for path in ROOT.glob("*.json") if path.name != STALE]
    for path in paths:
        config = config_of(read_record(path))
        assert name_of(config) == path.name


def test_a_field_of_a_later_date_is_part_of_a_runs_identity_once_it_is_used():
    plain, clocked = RunConfig("as-introvae"), RunConfig("as-introvae", clock="adversarial", logvar_limit=10.0)
    assert not {"clock", "logvar_limit"} & plain.identity().keys()
    assert clocked.identity() == plain.identity() | {"clock": "adversarial", "logvar_limit": 10.0}


def test_a_run_says_whose_weights_it_has_and_which_reading():
    cell = RunConfig("s-introvae", scale="paper", seed=4, steps=100, beta_neg=0.5)
    assert row_of(cell) == row_of(cell.replace(width=9)) == "C2"
    assert row_of(cell.replace(beta_neg=0.3)) == "own"
    stated = {"beta_kl": 0.3, "beta_rec": 0.1, "beta_neg": 0.9}
    assert row_of(RunConfig("as-introvae", **stated)) == "stated-C1"
    assert row_of(RunConfig("as-introvae", "8gaussians", **stated)) == "C1"
    assert row_of(RunConfig("as-introvae", "digits")) == "published"
    for name in presets.READINGS:
        assert reading_of(RunConfig("as-introvae", reading=name)) == name
    changed = reading_of(RunConfig("as-introvae", reading="released", squash_kl=False))
    assert changed.startswith("live_target=True schedule=tanh ")
    assert reading_of(RunConfig("as-introvae", squash_kl=True, beta_kl=0.3)) == "squash_kl=True"


def test_a_configuration_of_an_earlier_version_keeps_its_meaning():
    earlier = {"objective": "as-introvae", "dataset": "checkerboard", "schedule": "annealed", "reference": "real"}
    assert config_of({"config": earlier}) == RunConfig(reading="supplement")
    squashed = config_of({"config": earlier | {"squash": True}}).hyperparameters
    assert squashed.squash_distance
    assert squashed.squash_kl
    assert config_of({"config": RunConfig().to_dict()}) == RunConfig()
