"""Files that are complete or absent: replaced atomically, sealed with a checksum, readable as text."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from asvae.checks import InvalidArgumentError

_CHECKOUT = Path(__file__).resolve().parents[1]
DATA = (_CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()) / "data"
"""The checkout's ``data/``, or the current folder's outside a checkout: results, runs and image files."""

_UNSEALED = ("timing", "sha256")


def write(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: readers see the old file or the new one, even if this process is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, 0o644)
        os.replace(part, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record of plain values as JSON, one line per entry of its dictionaries, with a checksum: its seal.

    The seal is a SHA-256 of all but ``record["timing"]``: a repeated run has the same seal. It tells of accidents;
    whoever changes a file on purpose can compute it anew.
    """
    write(path, text_of(record).encode())


def text_of(record: dict[str, Any]) -> str:
    """Return the text of the file that :func:`write_record` writes."""
    lines = []
    for name, value in (record | {"sha256": seal(record)}).items():
        if isinstance(value, dict) and value:
            inner = ",\n".join(f"  {json.dumps(key)}: {_plain(entry)}" for key, entry in value.items())
            lines.append(f" {json.dumps(name)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {json.dumps(name)}: {_plain(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_record(path: Path) -> dict[str, Any]:
    """Return the record that :func:`write_record` wrote.

    Raises
    ------
    InvalidArgumentError
        If the file is missing, truncated or changed since; the message names it.
    """
    try:
        record = json.loads(path.read_text(), parse_constant=_refuse_constant)
        sealed = isinstance(record, dict) and record.get("sha256") == seal(record)
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"file: got {path.name!r}; allowed: a whole record ({error}).") from error
    if not sealed:
        raise InvalidArgumentError(f"file: got {path.name!r}, changed since it was written; restore or remove it.")
    return record


def _plain(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} in it")


def seal(record: dict[str, Any]) -> str:
    """Return the SHA-256 of a record without its timing and its own seal."""
    sealed = {key: value for key, value in record.items() if key not in _UNSEALED}
    return hashlib.sha256(json.dumps(sealed, sort_keys=True).encode()).hexdigest()
