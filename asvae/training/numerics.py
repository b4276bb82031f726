"""The fingerprint of a method's numerics today, kept on disk until something that it is made by changes.

A trace takes up to a second, and who reads results needs one per method and kind of data. What a process changes in a
loaded library does not show here; :func:`asvae.training.golden.fingerprint` sees it.
"""

import contextlib
import hashlib
import re
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch

import asvae
from asvae.checks import InvalidArgumentError
from asvae.files import DATA, read_record, write
from asvae.training import golden

KEPT = DATA / "runs" / "numerics"

_FORGOTTEN = 30 * 24 * 3600.0
"""Seconds after which an earlier fingerprint is removed: other machines, with other processors, may use it today."""


@cache
def fingerprint(objective: str, dataset: str = "checkerboard") -> str:
    """Return :func:`asvae.training.golden.fingerprint`, without a trace where the same library was traced before."""
    traced = golden.traced_on(dataset)
    kept = KEPT / f"{traced}-{objective}-{_made_by()}"
    # Another machine may remove it between two looks.
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if re.fullmatch("[0-9a-f]{12}", text := kept.read_text()):
            return text
    found = golden.fingerprint(objective, traced)
    # Numerics that are not the committed ones are traced each time, with a warning.
    with contextlib.suppress(InvalidArgumentError, KeyError, OSError):
        if read_record(golden.path(objective, traced))["fingerprint"] == found:
            write(kept, found.encode())
            for earlier in KEPT.glob(f"{traced}-{objective}-*"):
                if time.time() - earlier.stat().st_mtime > _FORGOTTEN:
                    earlier.unlink(missing_ok=True)
    return found


@cache
def _made_by() -> str:
    """Return a hash of the library, the committed traces, and the versions and the processor that they ran with."""
    made_by = [*map(version, ("torch", "numpy", "scipy")), torch.backends.cpu.get_cpu_capability()]
    digest = hashlib.sha256(" ".join(made_by).encode())
    for path in [*sorted(Path(asvae.__file__).parent.rglob("*.py")), *sorted(golden.ROOT.glob("*.json"))]:
        digest.update(path.name.encode() + b"\0")
        # A trace that cannot be read, or a pipe, is told where it is compared.
        with contextlib.suppress(OSError):
            digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]
