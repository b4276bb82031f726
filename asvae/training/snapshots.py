"""An image run half-way: the last few states of its trainer, each verified, the newest whole one used."""

import hashlib
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.files import read_record, write, write_record

KEPT = 2
"""How many of the last states stay."""


class Snapshot(NamedTuple):
    """Where an image run stands. Draws and data order are functions of (seed, step), so no random state is needed."""

    step: int
    """Steps done."""
    seconds: float
    """Wall time so far."""
    commit: str
    """Where the run began."""
    curves: list[tuple[int, dict[str, float]]]
    """Points of the curves."""
    state: dict[str, Tensor]
    """As :meth:`asvae.training.images.trainer.Trainer.state`."""


def keep(folder: Path, config: RunConfig, snapshot: Snapshot, fingerprint: str) -> None:
    """Write a state as ``step-N.safetensors`` with ``step-N.json`` beside it, then remove the older ones but one.

    Those of later steps go too: :func:`newest` passed them over, and they would push this one out.
    The plain file is written last and holds the other's checksum: killed in between, the state does not count.
    """
    data = save(snapshot.state)
    stem = folder / f"step-{snapshot.step:09d}"
    write(stem.with_suffix(".safetensors"), data)
    plain = {key: value for key, value in snapshot._asdict().items() if key != "state"}
    own = {"config": config.to_dict(), "fingerprint": fingerprint, "weights": hashlib.sha256(data).hexdigest()}
    write_record(stem.with_suffix(".json"), plain | own)
    wanted = sorted(path.stem for path in folder.glob("step-*.json") if path.stem <= stem.name)[-KEPT:]
    for path in folder.glob("step-*"):
        if path.stem not in wanted:
            path.unlink(missing_ok=True)


def newest(folder: Path, config: RunConfig, fingerprint: str) -> Snapshot | None:
    """Return the newest whole state of ``config`` in ``folder``, ``None`` without one.

    A damaged one is named in a warning and passed over; so is one of another run or of other numerics.
    """
    for path in sorted(folder.glob("step-*.json"), reverse=True):
        try:
            return _read(path, config, fingerprint)
        except InvalidArgumentError as error:
            warnings.warn(f"{error} The one before is used.", stacklevel=2)
    return None


def _read(path: Path, config: RunConfig, fingerprint: str) -> Snapshot:
    kept: dict[str, Any] = read_record(path)
    try:
        if RunConfig(**kept["config"]) != config or kept["fingerprint"] != fingerprint:
            raise ValueError("it belongs to another run or to other numerics")
        data = path.with_suffix(".safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != kept["weights"]:
            raise ValueError("its weights changed since they were written")
        curves = [(step, terms) for step, terms in kept["curves"]]
        return Snapshot(kept["step"], kept["seconds"], kept["commit"], curves, load(data))
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InvalidArgumentError(
            f"checkpoint: got {path.name!r}; allowed: a whole one of this run ({error})."
        ) from error
