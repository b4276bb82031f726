"""What a seal does not see: results of impossible content, copies, relabelled seeds, a changed timing."""

import base64
import json
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae.files import read_record, text_of, write_record
from asvae.pictures import MOST, png
from asvae.store import kept
from asvae.store import results as store
from asvae.store.results import ROOT, STALE, find, from_record, keep, name_of, record
from asvae.store.results import results as table_of
from asvae.store.sound import timing_seal
from asvae.training.run import Result


def _changed(path, change):
    """Change a result and compute its seal anew, as somebody who means it would."""
    kept = json.loads(path.read_text())
    change(kept)
    write_record(path, {key: value for key, value in kept.items() if key != "sha256"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda kept: kept["scores"].update(kl="3"), "scores: kl"),
        (lambda kept: kept["scores"].update(kl=True), "scores: kl"),
        (lambda kept: kept["scores"].pop("modes_covered"), "scores: no modes_covered"),
        (lambda kept: kept["timing"].update(seconds=1e300), "timing: seconds"),
        (lambda kept: kept["provenance"].update(format=-1), "provenance: format"),
        (lambda kept: kept["provenance"].update(format=999), "provenance: format 999, of a later version"),
        (lambda kept: kept["scores"].update(modes_covered=3.7), "scores: modes_covered"),
        (lambda kept: kept["scores"].update({"<b>kl": 1.0}), "scores: <b>kl"),
        (lambda kept: kept["scores"].update(kl=10**400), "scores: kl"),
        (lambda kept: kept["history"]["kl_real"].pop(), "curves of unequal length"),
        (lambda kept: kept["history"].pop("step"), "'step'"),
        (lambda kept: kept["history"].update(kl_real=["0.1"] * len(kept["history"]["step"])), "history: kl_real"),
        (lambda kept: kept["history"].update(step=[0.5] * len(kept["history"]["step"])), "history: step"),
        (lambda kept: kept["provenance"].update(hardware="CPU\n# owned"), "provenance: hardware"),
        (lambda kept: kept["provenance"].update(torch=2), "provenance: torch"),
        (lambda kept: kept.update(timing={}), "'sha256'"),
        (lambda kept: kept["timing"].update(seconds=1.0), "its timing was changed"),
        (lambda kept: kept["timing"].update(seconds="1"), "timing: seconds"),
        (lambda kept: kept.update(divergence={"step": 3, "player": "<i>", "term": "kl"}), "divergence: names"),
        (lambda kept: kept.update(divergence={"step": 3, "player": "encoder", "term": "<i>"}), "divergence: names"),
        (lambda kept: kept["history"].update({"<i>": kept["history"]["step"]}), "history: <i>"),
        (lambda kept: kept.update(scores=[1.0]), "scores is no dictionary"),
    ],
)
def test_a_result_that_cannot_be_is_named_whatever_its_seal_says(run, tmp_path, change, reason):
    path = keep(run, tmp_path)
    _changed(path, change)
    with pytest.raises(InvalidArgumentError, match=rf"^results: got '{path.name}', which is no result") as caught:
        table_of(root=tmp_path)
    assert reason in str(caught.value)
    with pytest.warns(UserWarning, match=path.name):
        assert find([run.config], tmp_path) == {}


@pytest.mark.parametrize("name", ["objective", "dataset", "scale", "schedule", "reference", "decay"])
def test_a_configuration_holds_no_other_words_than_its_own(run, tmp_path, name):
    path = keep(run, tmp_path)
    _changed(path, lambda kept: kept["config"].update({name: "<i>"}) or kept["timing"].update(sha256=timing_seal(kept)))
    with pytest.raises(InvalidArgumentError, match=rf"{name}: got '<i>'"):
        table_of(root=tmp_path)


@pytest.mark.parametrize("samples", [[1.0, 2.0], [[1.0, 2.0, 3.0]], [["1", "2"]], [[1e99, 0.0]], [[0.0, -1e30]], 3])
def test_samples_of_another_shape_are_named(run, tmp_path, samples):
    path = keep(run, tmp_path)
    _changed(path, lambda kept: kept.update(samples=samples))
    with pytest.warns(UserWarning, match=path.name):
        assert find([run.config], tmp_path) == {}


@pytest.mark.parametrize(
    "samples",
    [
        "iVBORw0KGgo=",
        "no text of this kind",
        3,
        base64.b64encode(png(torch.zeros(1, 17, 16, dtype=torch.uint8))).decode(),
        base64.b64encode(png(torch.zeros(1, 16 * (MOST + 1), 16, dtype=torch.uint8))).decode(),
        base64.b64encode(png(torch.zeros(1, 16, 16, dtype=torch.uint8))[:-30]).decode(),
    ],
)
def test_pictures_that_are_none_of_such_images_are_named(digits, tmp_path, samples):
    path = keep(digits[0], tmp_path)
    _changed(path, lambda kept: kept.update(samples=samples))
    with pytest.warns(UserWarning, match=path.name):
        assert find([digits[0].config], tmp_path) == {}


def test_a_number_that_json_does_not_have_is_damage(run, tmp_path):
    path = keep(run, tmp_path)
    text = path.read_text()
    path.write_text(text.replace(f'"kl": {run.scores["kl"]}', '"kl": NaN'))
    with pytest.raises(InvalidArgumentError, match="NaN in it"):
        table_of(root=tmp_path)


def test_a_folder_of_results_that_is_absent_or_cannot_be_read_is_refused(run, tmp_path, monkeypatch):
    path = keep(run, tmp_path)
    # A run may be wanted where none was kept yet; a table of what is nowhere is a mistake, but of the default's.
    assert find([run.config], tmp_path / "absent") == {}
    with pytest.raises(InvalidArgumentError, match=r"^root: got '.*absent'; allowed: a folder that is there\.$"):
        table_of(root=tmp_path / "absent")
    with monkeypatch.context() as patched:
        patched.setattr(store, "ROOT", tmp_path / "absent")
        assert len(table_of(root=tmp_path / "absent")) == 0
    with pytest.raises(InvalidArgumentError, match="allowed: a folder that can be read"):
        table_of(root=path)

    def refused(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    for look in (lambda: table_of(root=tmp_path), lambda: find([run.config], tmp_path)):
        with pytest.raises(InvalidArgumentError, match=r"a folder that can be read \(Permission denied\)"):
            look()


def test_a_copy_under_another_name_does_not_count_twice(run, tmp_path):
    path = keep(run, tmp_path)
    copy = path.with_name(path.name.replace("seed1", "seed8"))
    copy.write_bytes(path.read_bytes())
    with pytest.raises(InvalidArgumentError, match=rf"got '{copy.name}', of the same run as '{path.name}'; remove one"):
        table_of(root=tmp_path)
    with pytest.warns(UserWarning, match="of the same run"):
        assert len(find([run.config], tmp_path)) == 1


def test_a_seed_relabelled_is_told_by_its_scores(run, diverged, tmp_path):
    path = keep(run, tmp_path)
    other = keep(replace(run, config=run.config.replace(seed=5)), tmp_path)
    for seed in (1, 2):  # those without scores are no copies of each other
        keep(replace(diverged, config=diverged.config.replace(seed=seed)), tmp_path)
    with pytest.raises(
        InvalidArgumentError, match=rf"'{other.name}', with the scores of '{path.name}' .* another seed"
    ):
        table_of(root=tmp_path)
    with pytest.warns(UserWarning, match="relabelled"):
        assert len(find([run.config, run.config.replace(seed=5)], tmp_path)) == 1


@pytest.mark.parametrize(("finite", "tells"), [(2, False), (3, True)])
def test_three_scores_tell_a_relabelled_seed_and_fewer_may_be_equal(finite, tells):
    scores, seen = {str(i): i / 7 if i < finite else float("nan") for i in range(9)}, {}
    kept._check_new(Path("a.json"), RunConfig(seed=1), scores, seen)
    with pytest.raises(InvalidArgumentError, match="another seed") if tells else nullcontext():
        kept._check_new(Path("b.json"), RunConfig(seed=2), scores, seen)


@pytest.mark.slow
def test_what_earlier_versions_committed_is_read_and_written_as_it_was():
    paths = [path for path in ROOT.glob("*.json") if path.name != STALE]
    first_format = 0
    for path in paths:
        kept = read_record(path)
        result = Result(**from_record(kept))
        assert (name_of(result.config), text_of(record(result))) == (path.name, path.read_text())
        first_format += "format" not in kept["provenance"]
    assert first_format >= 600
