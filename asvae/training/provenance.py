"""Where a result came from: versions, hardware, time, commit."""

import datetime
import html
import platform
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asvae.checks import printable
from asvae.config import RunConfig
from asvae.durations import duration
from asvae.training.numerics import fingerprint
from asvae.training.run import Result

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


def in_markdown(text: Any) -> str:
    """Return what came from a file so that a page shows it and does not obey it: no HTML, no link, no code.

    In MyST, too, where dollars are formulae, braces templates that are evaluated, and addresses links without brackets.
    """
    escaped = html.escape(printable(str(text)), quote=False)
    return re.sub(r"[\\`{$]|\](?=[(\[:])|[.:@/](?=[^\W\d_]|/)", r"\\\g<0>", escaped)


def _scale(run: Result) -> str:
    changed = ", ".join(f"{name} {value}" for name, value in run.config.overrides.items())
    return f"{run.config.scale} scale" + (f" with {changed}" if changed else "")


def line(runs: Sequence[Result]) -> str:
    """Return the one line that stands under a figure or table: origin, scale, seeds, cost, hardware, versions.

    It ends in a warning if some of the runs were made by other numerics than today's.
    """
    runs = list({run.config: run for run in runs}.values())
    if not runs:
        return "not run"
    sources = [run.provenance for run in runs]
    origins = Counter(source["origin"] for source in sources)
    seconds = sum(source["seconds"] for source in sources)
    parts = [f"{count} {'run' if count == 1 else 'runs'} {origin}" for origin, count in origins.items()]
    scales = " and ".join(dict.fromkeys(_scale(run) for run in runs))
    seeds = len({run.config.seed for run in runs})
    old = sum(run.provenance["fingerprint"] != fingerprint(run.config.objective, run.config.dataset) for run in runs)
    warning = f"; **{old} of these were made by other numerics than today's**" if old else ""
    machines, torches, commits = (
        ", ".join(dict.fromkeys(in_markdown(source[key]) for source in sources))
        for key in ("hardware", "torch", "commit")
    )
    return (
        f"{' and '.join(parts)}: {scales}, {seeds} {'seed' if seeds == 1 else 'seeds'}, "
        f"{duration(seconds)} of training on {machines}; torch {torches}, commit {commits}{warning}"
    )
