"""The golden traces: today's numerics are the committed ones, and a changed number shows."""

import pytest
import torch

from asvae import objectives
from asvae.config.recipes import Recipe
from asvae.files import read_record, write_record
from asvae.metrics import points as metrics
from asvae.objectives import introvae
from asvae.training import golden, numerics, run
from asvae.training.points import lanes


@pytest.mark.parametrize("dataset", golden.TRACED)
@pytest.mark.parametrize("name", objectives.names())
def test_todays_numerics_are_the_committed_ones(name, dataset):
    kept = read_record(golden.path(name, dataset))
    assert golden.agree(golden.trace(name, dataset), kept["trace"]), (
        f"{name}: its numbers changed. Meant? Then `make golden`, and make its results again or mark them."
    )
    assert numerics.fingerprint(name, dataset) == kept["fingerprint"]


def test_a_fingerprint_follows_the_numbers(monkeypatch):
    fingerprint = golden.fingerprint
    before = {name: fingerprint(name) for name in ("vae", "introvae")}

    def differs(name):
        with pytest.warns(
            UserWarning, match=f"which is not what {name!r} computes today; results of this method do not"
        ):
            return fingerprint(name) != before[name]

    with monkeypatch.context() as patch:
        patch.setattr(introvae, "hinge", lambda kl, margin: torch.relu(margin[..., None] - kl) * 1.00001)
        assert differs("introvae")
        assert fingerprint("vae") == before["vae"]
    with monkeypatch.context() as patch:
        patch.setattr(metrics, "EPSILON", 1e-12)
        assert differs("vae")
    with monkeypatch.context() as patch:
        patch.setattr(Recipe, "rate", lambda self, step: self.learning_rate)
        assert differs("vae")
    with monkeypatch.context() as patch:
        patch.setattr(golden, "sample", lambda networks, n, seed: 1.001 * run.sample(networks, n, seed))
        assert differs("vae")
    with monkeypatch.context() as patch:
        patch.setitem(metrics.score.__kwdefaults__, "draws", 1)
        assert differs("vae")
    with monkeypatch.context() as patch:
        patch.setattr(lanes.draws, "normal_lanes", lambda seeds, step, name, shape: torch.ones(len(seeds), *shape))
        assert differs("vae")
    assert fingerprint("introvae") == before["introvae"]


@pytest.mark.parametrize("damage", ["removed", "cut", "swapped", "empty"])
def test_a_golden_trace_that_is_absent_damaged_or_anothers_is_named(damage, tmp_path, monkeypatch):
    kept = golden.path("vae", "checkerboard").read_text()
    other = golden.path("introvae", "checkerboard").read_text()
    monkeypatch.setattr(golden, "ROOT", tmp_path)
    if damage == "empty":
        write_record(tmp_path / "checkerboard-vae.json", {"nothing": 1})
    elif damage != "removed":
        (tmp_path / "checkerboard-vae.json").write_text(kept[:99] if damage == "cut" else other)
    with pytest.warns(UserWarning, match=r"^golden trace: .*'checkerboard-vae.json'.* do not count until"):
        assert golden.fingerprint("vae") != "0"


def test_every_switch_of_a_method_is_in_its_trace():
    variants = {key.split("/")[0] for key in read_record(golden.path("as-introvae", "checkerboard"))["trace"]}
    assert {
        "squash_kl=True",
        "kernel=joint",
        "reference=real",
        "encoder_reduction=sum",
        "schedule=half",
    } <= variants


def test_rounding_is_no_change_and_a_missing_term_is():
    trace = {"a/x": [1.0, None]}
    assert golden.agree(trace, {"a/x": [1.0 + 1e-9, None]})
    assert not golden.agree(trace, {"a/x": [1.0 + 1e-5, None]})
    assert not golden.agree(trace, {"a/x": [1.0, 2.0]})
    assert not golden.agree(trace, {"a/x": [1.0]})
    assert not golden.agree(trace, {})


def test_renewing_writes_what_changed_extends_what_grew_and_leaves_the_rest(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(golden, "ROOT", tmp_path)
    monkeypatch.setattr(golden, "TRACED", ("checkerboard",))
    monkeypatch.setattr(golden, "trace", lambda objective, dataset: dict(today))
    today = {"default/loss": [1.0, 2.0]}
    golden.renew()
    first = {path.name: read_record(path) for path in tmp_path.iterdir()}
    assert set(first) == {f"checkerboard-{name}.json" for name in objectives.names()}
    assert capsys.readouterr().out.count("written") == len(first)

    golden.renew()
    assert capsys.readouterr().out.count(f"unchanged, {golden.identity(today)}") == len(first)
    assert {path.name: read_record(path) for path in tmp_path.iterdir()} == first

    fingerprint = golden.identity(today)
    today["another/loss"] = [3.0]
    golden.renew()
    assert capsys.readouterr().out.count(f"extended, {fingerprint}") == len(first)
    grown = {"fingerprint": fingerprint, "trace": today}
    assert all(read_record(path).items() >= grown.items() for path in tmp_path.iterdir())

    today["default/loss"] = [1.0, 2.1]
    golden.renew()
    assert capsys.readouterr().out.count(f"written, {golden.identity(today)}; results with another") == len(first)
    assert read_record(golden.path("vae", "checkerboard"))["fingerprint"] == golden.identity(today) != fingerprint


def test_an_installed_package_without_traces_warns_of_none(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(golden, "ROOT", tmp_path / "none")
    monkeypatch.setattr(golden, "trace", lambda objective, dataset: {"default/loss": [1.0]})
    assert golden.fingerprint("vae") == golden.identity({"default/loss": [1.0]})
    assert not recwarn.list
