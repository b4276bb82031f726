"""A stored run: a folder with its weights and its record, whole or not there."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from safetensors import SafetensorError
from safetensors import torch as safetensors_torch

from asvae.checks import InvalidArgumentError, folder, printable
from asvae.files import NotWrittenError, part_prefix, read_record, write, write_record
from asvae.store.results import from_record, record
from asvae.training.run import Run


def save(run: Run, path: Path) -> None:
    """Write a run into the folder ``path``, whole or not at all; what was there before is replaced, or stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=part_prefix()) as own:
        part = Path(own) / "run"
        weights = safetensors_torch.save({key: value.contiguous() for key, value in run.networks.state().items()})
        write(part / "weights.safetensors", weights)
        write_record(part / "run.json", record(run) | {"weights": _digest(weights)})
        # Again where another process put the same run there in between.
        for attempt in range(10):
            old = Path(own) / f"old-{attempt}"
            try:
                with contextlib.suppress(FileNotFoundError):
                    os.replace(path, old)
                os.replace(part, path)
                return
            except OSError as error:
                last = error
                with contextlib.suppress(OSError):
                    os.replace(old, path)
        sentence = f"{path.name}: cannot be written to {path.parent} ({last.strerror}); what was there is whole."
        raise NotWrittenError(printable(sentence)) from last


def load(path: str | Path) -> Run:
    """Read a run from its folder.

    Raises
    ------
    InvalidArgumentError
        If the folder does not hold a whole run, as it was written.
    """
    path = folder("path", path)
    try:
        kept = read_record(path / "run.json")
        if not (path / "weights.safetensors").is_file():
            raise ValueError("no file weights.safetensors")  # a pipe would be waited for
        weights = (path / "weights.safetensors").read_bytes()
        if kept["weights"] != _digest(weights):
            raise ValueError("weights.safetensors changed since it was written")
        fields = from_record(kept)
        networks = fields["config"].networks()
        state = safetensors_torch.load(weights)
        if any(state[name].dtype != own.dtype for name, own in networks.state().items()):
            raise ValueError("weights of another type")
        if not fields["divergence"] and not all(each.isfinite().all() for each in state.values()):
            raise ValueError("weights that are no numbers, and no divergence")
        networks.load_state(state)
        networks.evaluate()
        return Run(**fields, networks=networks)
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise InvalidArgumentError(
            f"path: got {path.name!r}; allowed: the folder of a whole run ({reason})."
        ) from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
