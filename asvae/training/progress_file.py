"""What the processes of a sweep share in one file: how far each stack is, and whether somebody asked to stop."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from asvae.files import part_prefix, remove_leftovers
from asvae.training.images.distributed import of_environment

STOPS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a program to end: of a scheduler, of a terminal that closes."""


@contextmanager
def shared(stacks: int) -> Iterator[str]:
    """Make the file, and return its path: a number of steps per stack, and the number of a signal."""
    remove_leftovers(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=part_prefix()) as own:
        path = os.path.join(own, "steps")
        np.zeros(stacks + 1, dtype=np.int64).tofile(path)
        yield path


@contextmanager
def asking(path: str) -> Iterator[np.ndarray]:
    """Write the number of the first Ctrl-C, SIGTERM or SIGHUP into the last slot, which all processes of a sweep see.

    The second does what it always did. Several processes of torchrun would stop at different steps: nothing changes
    there.
    """
    slots = np.memmap(path, dtype=np.int64, mode="r+")
    alone = threading.current_thread() is threading.main_thread() and of_environment("WORLD_SIZE", 1) == 1
    usual = {signal.SIGINT: signal.default_int_handler} | dict.fromkeys(STOPS, signal.SIG_DFL)
    ours = [each for each, handler in usual.items() if alone and signal.getsignal(each) is handler]

    def restore() -> None:
        for each in ours:
            signal.signal(each, usual[each])

    def note(received: int, _: Any) -> None:
        slots[-1] = received
        restore()

    for each in ours:
        signal.signal(each, note)
    try:
        yield slots
    finally:
        restore()


@contextmanager
def watched(path: str, bar: tqdm) -> Iterator[None]:
    """Move ``bar`` to the sum of the counters in the file, twice a second, until left."""
    done, left = np.memmap(path, dtype=np.int64, mode="r"), threading.Event()

    def follow() -> None:
        while not left.wait(0.5):
            bar.update(int(done[:-1].sum()) - bar.n)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join()
        bar.update(int(done[:-1].sum()) - bar.n)
