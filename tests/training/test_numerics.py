"""Fingerprints kept on disk are those of traces, and are forgotten when what makes them changes."""

import os
import time
from pathlib import Path

import pytest

from asvae.files import read_record
from asvae.training import golden, numerics


@pytest.fixture
def fingerprint(tmp_path, monkeypatch):
    """The function of a process that has asked for nothing yet, in a folder of its own, and what it traces."""
    monkeypatch.setattr(numerics, "KEPT", tmp_path)
    traced = []

    def trace(objective, dataset):
        traced.append(f"{objective} on {dataset}")
        return read_record(golden.path(objective, dataset))["fingerprint"]

    monkeypatch.setattr(golden, "fingerprint", trace)
    asked = numerics.fingerprint.__wrapped__
    asked.traced = traced
    return asked


def test_a_method_is_traced_once_for_all_data_sets_of_a_kind(fingerprint, tmp_path):
    committed = read_record(golden.path("vae", "checkerboard"))["fingerprint"]
    assert fingerprint("vae", "8gaussians") == fingerprint("vae", "checkerboard") == committed
    assert fingerprint.traced == ["vae on checkerboard"]
    fingerprint("vae", "mnist")
    fingerprint("introvae", "checkerboard")
    assert fingerprint.traced == ["vae on checkerboard", "vae on digits", "introvae on checkerboard"]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("change", ["version", "code", "trace"])
def test_another_library_is_traced_again_and_the_earlier_forgotten_after_a_month(
    change, fingerprint, tmp_path, monkeypatch
):
    made_by = numerics._made_by.__wrapped__
    for name in ("asvae", "golden"):
        (tmp_path / name).mkdir()
    (tmp_path / "asvae" / "losses.py").write_text("one")
    for path in golden.ROOT.glob("checkerboard-*"):
        (tmp_path / "golden" / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(numerics, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(numerics.asvae, "__file__", str(tmp_path / "asvae" / "__init__.py"))
    monkeypatch.setattr(golden, "ROOT", tmp_path / "golden")
    monkeypatch.setattr(numerics, "_made_by", made_by)
    fingerprint("vae", "checkerboard")
    fingerprint("introvae", "checkerboard")
    earlier = {path.name.rsplit("-", 1)[0]: path for path in (tmp_path / "kept").iterdir()}
    if change == "version":
        monkeypatch.setattr(numerics, "version", lambda name: "0")
    elif change == "code":
        (tmp_path / "asvae" / "losses.py").write_text("two")
    else:
        (tmp_path / "golden" / "checkerboard-s-introvae.json").write_text("{}")
    fingerprint("vae", "checkerboard")
    assert fingerprint.traced == ["vae on checkerboard", "introvae on checkerboard", "vae on checkerboard"]
    # On a shared disk it may be the one of another machine.
    assert len(list((tmp_path / "kept").iterdir())) == 3
    for path in earlier.values():
        os.utime(path, (0, time.time() - 32 * 24 * 3600))
    monkeypatch.setattr(numerics, "version", lambda name: "other")
    fingerprint("vae", "checkerboard")
    kept = [path.name.rsplit("-", 1)[0] for path in (tmp_path / "kept").iterdir()]
    assert sorted(kept) == ["checkerboard-introvae", "checkerboard-vae", "checkerboard-vae"]
    assert not earlier["checkerboard-vae"].exists()


def test_a_fingerprint_that_another_machine_removes_meanwhile_is_traced_again(fingerprint, tmp_path, monkeypatch):
    fingerprint("vae", "checkerboard")
    real = Path.read_text

    def removed(path, *how):
        if path.parent == tmp_path:
            path.unlink()
        return real(path, *how)

    monkeypatch.setattr(Path, "read_text", removed)
    fingerprint("vae", "checkerboard")
    assert len(fingerprint.traced) == 2


@pytest.mark.parametrize("other", ["numerics", "no committed trace", "no room", "nonsense"])
def test_what_is_not_known_for_sure_is_traced_each_time(other, fingerprint, tmp_path, monkeypatch):
    if other == "numerics":
        monkeypatch.setattr(golden, "fingerprint", lambda *of: fingerprint.traced.append(of) or "0" * 12)
    elif other == "no committed trace":
        monkeypatch.setattr(golden, "fingerprint", lambda *of: fingerprint.traced.append(of) or "0" * 12)
        monkeypatch.setattr(golden, "ROOT", tmp_path / "none")
    elif other == "no room":
        (tmp_path / "file").touch()
        monkeypatch.setattr(numerics, "KEPT", tmp_path / "file" / "kept")
    for _ in range(2):
        fingerprint("vae", "checkerboard")
        if other == "nonsense":
            [kept] = tmp_path.iterdir()
            kept.write_text("cut")
    assert len(fingerprint.traced) == 2
