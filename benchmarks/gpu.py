"""Do on a GPU, in order of value, what no CPU can: prove its code paths, measure them, run the published settings.

Usage: ``python benchmarks/gpu.py [--minutes 9]``, again and again: what has ended is not repeated, and sweeps go on
from their checkpoints. Results come to ``data/results/`` and ``data/benchmarks/``, the state to ``data/runs/gpu.json``.
"""

import argparse
import json
import subprocess
import sys
import time

from asvae.files import DATA

STATE = DATA / "runs" / "gpu.json"

SWEEP = ["-m", "asvae", "sweep", "--scale", "paper", "--device", "cuda"]
JOBS = {
    "CUDA tests": ["-m", "pytest", "tests/training/test_cuda.py", "-rA"],
    "speed on points": ["benchmarks/speed.py", "cuda"],
    "speed on images": ["benchmarks/images.py", "cuda"],
    "8 Gaussians at the published settings": [*SWEEP, "--study", "8gaussians", "--seeds", "10"],
    "the checkerboard at the published settings": [*SWEEP, "--seeds", "10"],
    "MNIST at the published settings": [*SWEEP, "--study", "methods", "--dataset", "mnist", "--seeds", "5"],
}
"""What each runs, after the name of Python."""

SPENT = 75
"""The exit status of a sweep that has spent its budget, and not ended."""

LEAST = 20
"""Seconds below which no job is begun."""


def state() -> dict[str, int]:
    """Return the exit status of every job that has ended."""
    return json.loads(STATE.read_text()) if STATE.exists() else {}


def work(minutes: float) -> None:
    """Run the jobs that have not ended until the time is spent; sweeps stop a little earlier by themselves."""
    end = time.monotonic() + 60 * minutes
    for name, command in JOBS.items():
        left = end - time.monotonic()
        if name in state() or left < LEAST:
            continue
        budget = ["--budget", f"{left - LEAST / 2:.0f}s"] if command[: len(SWEEP)] == SWEEP else []
        print(f"== {name}: {left:.0f} s left", flush=True)
        try:
            status = subprocess.run([sys.executable, *command, *budget], timeout=left, check=False).returncode
        except subprocess.TimeoutExpired:
            print(f"== {name}: out of time; the same call begins it again", flush=True)
            return
        if status != SPENT:
            STATE.parent.mkdir(parents=True, exist_ok=True)
            STATE.write_text(json.dumps(state() | {name: status}, indent=1))
    for name in JOBS:
        print(f"{name}: {'exit status ' + str(state()[name]) if name in state() else 'not done'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=9.0)
    work(parser.parse_args().minutes)
