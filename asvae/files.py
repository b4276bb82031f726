"""Files that are complete or absent: replaced atomically, sealed with a checksum, readable as text."""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asvae.checks import InvalidArgumentError, printable, refuse

_CHECKOUT = Path(__file__).resolve().parents[1]
DATA = (_CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()) / "data"
"""The checkout's ``data/``, or the current folder's outside a checkout: results, runs and image files."""

_UNSEALED = ("timing", "sha256")


class NotWrittenError(OSError):
    """A file could not be written, as on a full disk: the message is one sentence; what was there is whole."""


def part_prefix() -> str:
    """Return how the names of files begin that this process is still writing."""
    return f".part-{platform.node()}-{os.getpid()}-"


def remove_leftovers(*folders: Path) -> None:
    """Remove what processes of this machine that no longer run have left half-written in ``folders``."""
    for path in (path for folder in folders for path in folder.glob(".part-*")):
        begin, pid, _ = [*path.name.rsplit("-", 2), "", ""][:3]
        if begin != f".part-{platform.node()}" or not pid.isdecimal():
            continue
        try:
            os.kill(int(pid), 0)
        except (ProcessLookupError, OverflowError):
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                path.unlink()
        except PermissionError:
            continue  # somebody else's, alive


def listed(argument: str, folder: Path, pattern: str, absent: bool = True) -> list[Path]:
    """Return the files in ``folder`` that match; refuse one that cannot be read, or is ``absent`` and may not be."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        if not absent:
            refuse(argument, str(folder), "a folder that is there")
        return []
    except OSError as error:
        refuse(argument, str(folder), f"a folder that can be read ({error.strerror})")
    return list(folder.glob(pattern))


def check_writable(argument: str, *folders: Path) -> None:
    """Refuse a folder, there or yet to be made, in which no file can be written, before any work is done for it."""
    for folder in folders:
        try:
            there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
            tempfile.TemporaryFile(dir=there).close()
        except OSError as error:
            refuse(argument, str(folder), f"a folder that can be written to ({error.strerror})")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Let what the system says of a file that it cannot write be a :class:`NotWrittenError`."""
    try:
        yield
    except (FileNotFoundError, NotWrittenError):
        raise
    except OSError as error:
        raise NotWrittenError(
            printable(f"{path.name}: cannot be written to {path.parent} ({error.strerror}); what was there is whole.")
        ) from error


def write(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: readers see the old file or the new one, even if this process is killed.

    Raises
    ------
    NotWrittenError
        If it cannot be written: no room, no permission, too large for the system's limits.
    FileNotFoundError
        If another process removes the folder meanwhile.
    """
    with writing(path):
        _write(path, data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=part_prefix())
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

    The seal is a SHA-256 of all but ``record["timing"]``: a repeated run has the same seal. It reveals accidents;
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
        if path.exists() and not path.is_file():  # reading a pipe would wait
            raise ValueError("no regular file")
        record = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
        sealed = isinstance(record, dict) and record.get("sha256") == seal(record)
    except (OSError, ValueError, RecursionError) as error:
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
