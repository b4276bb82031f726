"""What a result's file must hold, whatever its seal says: types, shapes, finite numbers, curves of one length."""

import sys
from typing import Any

from asvae import datasets
from asvae.files import seal
from asvae.store.earlier import RENAMED
from asvae.training.provenance import FORMAT

_WHOLE = ("lanes", "skipped", "processes", "format", "step")
"""Entries of timing, provenance and divergence that are whole numbers; ``seconds`` is a number, the rest is text."""

SOURCE = ("fingerprint", "asvae", "commit", "python", "torch", "numpy", "hardware", "device")
"""What the provenance of every result says in words."""

_SCORED = {
    "points": ("kl", "kl_draw_sd", "jsd", "jsd_draw_sd", "on_support", "modes_covered", "centroid_error"),
    "images": ("frechet_classifier", "frechet_classifier_floor", "sharpness", "sharpness_sd_real"),
}
"""Kind of data → scores that every result has, be they null."""

_COUNTS = ("modes_covered",)
"""Scores that are whole numbers."""

_MOST = 1e10
"""No time in seconds and no count of a result reaches it."""

_MAX = sys.float_info.max


def timing_seal(kept: dict[str, Any]) -> str:
    """Return the seal of a record's timing, bound to its configuration."""
    timing = {name: value for name, value in kept["timing"].items() if name != "sha256"}
    return seal({"config": kept["config"], "when": timing})


def check(kept: dict[str, Any]) -> None:
    """Refuse a record that cannot be a result's.

    Raises
    ------
    KeyError, TypeError, ValueError
        With what is wrong, for the sentence that names the file.
    """
    for part in ("config", "scores", "provenance", "timing", "history"):
        _need(isinstance(kept[part], dict), f"{part} is no dictionary")
    for part in ("provenance", "timing", "divergence"):
        for name, value in (kept[part] or {}).items():
            number = name in (*_WHOLE, "seconds")
            fine = _number(value, name in _WHOLE) and 0 <= value < _MOST if number else _text(value)
            _need(fine, f"{part}: {name}")
    for name in SOURCE:
        _need(isinstance(said := kept["provenance"].get(name), str) and bool(said), f"provenance: no {name}")
    for name in _SCORED[datasets.kind(kept["config"]["dataset"])]:
        _need(name in {RENAMED.get(each, each) for each in kept["scores"]}, f"scores: no {name}")
    if divergence := kept["divergence"]:
        _need(_name(divergence["player"]) and _name(divergence["term"]), "divergence: names")
    said = kept["provenance"].get("format", FORMAT)
    _need(said <= FORMAT, f"provenance: format {said}, of a later version")
    _need("format" not in kept["provenance"] or kept["timing"]["sha256"] == timing_seal(kept), "its timing was changed")
    for name, value in kept["scores"].items():
        fine = value is None or _number(value, RENAMED.get(name, name) in _COUNTS)
        _need(_name(name) and fine, f"scores: {name}")
    curves = kept["history"]
    for name, curve in curves.items():
        fine = isinstance(curve, list) and all(value is None or _number(value, name == "step") for value in curve)
        _need(_name(name) and fine, f"history: {name}")
    _need(len({len(curve) for curve in curves.values()}) <= 1, "curves of unequal length")
    _need(not curves or None not in curves["step"], "curves without steps")


def _need(fine: bool, what: str) -> None:
    if not fine:
        raise ValueError(what)


def _number(value: Any, whole: bool = False) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool) and abs(value) <= _MAX


def _text(value: Any) -> bool:
    """Whether ``value`` is text on one line, or a dictionary of such text and numbers: a protocol."""
    if isinstance(value, dict):
        return all(_text(each) or _number(each) for each in value.values())
    return isinstance(value, str) and value.isprintable()


def _name(name: str) -> bool:
    return name.replace("-", "_").isidentifier()
