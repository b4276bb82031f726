"""Every method's fingerprint, kept until the library changes: the traces behind them take half a minute."""

import hashlib
import json
from functools import cache
from pathlib import Path

import torch

import asvae
from asvae import objectives
from asvae.files import write
from asvae.training import golden
from asvae_book.workflow.plan import FOLDER

_CODE = Path(asvae.__file__).parent


@cache
def _all() -> dict[str, str]:
    digest = hashlib.sha256(torch.__version__.encode())
    for path in [*sorted(_CODE.rglob("*.py")), *sorted(golden.ROOT.glob("*.json"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    kept = FOLDER / f"numerics-{digest.hexdigest()[:16]}.json"
    if kept.is_file():
        return json.loads(kept.read_text())
    found = {
        f"{traced} {name}": golden.fingerprint(name, traced) for traced in golden.TRACED for name in objectives.names()
    }
    for earlier in FOLDER.glob("numerics-*.json"):
        earlier.unlink(missing_ok=True)
    write(kept, json.dumps(found).encode())
    return found


def fingerprint(objective: str, dataset: str) -> str:
    """Return :func:`asvae.training.golden.fingerprint` without a trace, if this library has been traced here before."""
    return _all()[f"{golden.traced_on(dataset)} {objective}"]
