"""Where a result came from: versions, hardware, time, commit."""

import datetime
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asvae.config import RunConfig
from asvae.training.numerics import fingerprint

TIMING = ("seconds", "lanes", "date")
"""What differs when the same run is made again."""

FORMAT = 2
"""Of results from now on: their timing has a seal of its own. Earlier ones name no format and have none."""


def collect(config: RunConfig, device: str, seconds: float, commit: str, lanes: int = 1) -> dict[str, Any]:
    """Return what a result must carry to be believed and made again.

    ``seconds`` is the wall time of one run (a stack's, divided by its lanes); ``commit`` is where it began.
    """
    return {
        "format": FORMAT,
        "fingerprint": fingerprint(config.objective, config.dataset),
        "asvae": version("asvae"),
        "commit": commit,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "hardware": hardware(device),
        "device": device,
        "origin": "computed here",
        "seconds": round(seconds, 2),
        "lanes": lanes,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


@cache
def hardware(device: str) -> str:
    """Return the name of the processor or accelerator that ``device`` means."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = ""
    return name or platform.processor() or platform.machine()


def commit() -> str:
    """Return the checkout's commit, marked if the core differs from it; ``"unknown"`` outside a checkout."""
    folder = Path(__file__).parents[1]

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
