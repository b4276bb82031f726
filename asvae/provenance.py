"""Where a result came from: versions, hardware, time, commit."""

import datetime
import platform
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

import asvae


def collect(device: str, seconds: float, **extra: Any) -> dict[str, Any]:
    """Return what a result must carry to be believed and made again."""
    return {
        "asvae": asvae.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "hardware": hardware(device),
        "device": device,
        "seconds": round(seconds, 2),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **extra,
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


@cache
def _commit() -> str:
    """Return the checkout's commit, marked if the core differs from it; ``"unknown"`` outside a checkout."""
    folder = Path(asvae.__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
