"""Fast training on a CPU: the number of threads, the precision, and memory that is reused instead of returned.

A training step allocates about a hundred blocks of a megabyte, and new pages cost time: glibc returns large blocks to
the system at once and asks for them again. Configured to keep them, a step takes a tenth to a fifth less time
(``benchmarks/speed.py``), and no number changes. With other C libraries nothing happens.
"""

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import torch

from asvae.checks import refuse

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_GIB = 2**30
_GROUP, _GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


@cache
def keep_memory() -> None:
    """Let this process keep the memory it frees, in blocks of up to 1 GiB, and grow by 64 MiB at a time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        for name, value in ((_MMAP_THRESHOLD, _GIB), (_TRIM_THRESHOLD, 2 * _GIB - 1), (_TOP_PAD, 2**26)):
            mallopt(name, value)


def computes_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 (AVX-512 or AMX), without which it is the slower choice."""
    # PyTorch's own queries, undocumented: one that a release lacks counts as no.
    queries = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(query() for query in queries if query is not None)


def memory() -> float:
    """Return the bytes that this process may take: what :func:`_given` says, or less by a limit of its own."""
    own, _ = resource.getrlimit(resource.RLIMIT_AS)
    return float(_given() if own == resource.RLIM_INFINITY else min(own, _given()))


@cache
def _given() -> int:
    """Return the machine's memory, or the least that a control group leaves of it, as a container or Slurm sets it."""
    group, least = "", os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError):
        group = next((line[3:] for line in _GROUP.read_text().splitlines() if line.startswith("0::")), "")
    place = _GROUPS / group.lstrip("/")
    files = [each / "memory.max" for each in (place, *place.parents)]
    for path in (*files, _GROUPS / "memory" / "memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # no such group, or "max"
            least = min(least, int(path.read_text()))
    return least


def check_room(got: str, need: float, have: float, device: str = "cpu") -> None:
    """Refuse a size ``got`` that would take more bytes than ``device`` has."""
    if need > have:
        room = f"what fits into the {have / 1e9:.1f} GB of {device!r}; this takes about {need / 1e9:.2g} GB"
        refuse("size", got, room)


@contextmanager
def huge_pages() -> Iterator[None]:
    """Let processes that are started in this context use huge pages, unless the user has tuned glibc already."""
    name = "GLIBC_TUNABLES"
    if name in os.environ:
        yield
        return
    os.environ[name] = "glibc.malloc.hugetlb=1"
    try:
        yield
    finally:
        del os.environ[name]


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let torch use ``n`` threads in this context, and keep freed memory for the next step."""
    keep_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)
