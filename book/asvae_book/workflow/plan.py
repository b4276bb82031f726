"""The plan that the Snakefile reads: jobs, pages and targets as plain values, and files that say what is done.

The first process of a call makes it from studies, claims and ``data/results/``. Processes that run one job on another
node read the file that it wrote, without importing torch.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from asvae.durations import work
from asvae.files import DATA, write

FOLDER = DATA / "runs" / "workflow"
"""Plans, what each job is to make, and what is done."""

_OLD = 30 * 86400
"""Seconds after which no job reads a plan: each call writes its own again."""

DEFAULTS = {
    "scales": "",
    "threads": 8,
    "processes": 1,
    "device": "cuda",
    "data_root": "",
    "longest": 1440,
    "budget": 0,
    "chapters": True,
}
"""What ``--config`` may set beside the values of target ``quick``: the scales (all), cores of a job on points, the
processes of a run on images (one per GPU), ``device=cpu`` for what is made for a GPU, the folder of image files, the
most minutes that a job asks for, seconds after which a job stops and is tried again (0: shortly before its time), and
whether chapters are executed and the book is rendered."""

Plan = dict[str, Any]


def current(config: Mapping[str, Any], again: bool) -> Plan:
    """Return the plan for these values of ``--config``; read from its file if ``again``, else made anew."""
    text = json.dumps({key: str(value) for key, value in config.items()}, sort_keys=True)
    path = FOLDER / f"plan-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
    if again:
        return json.loads(path.read_text())
    from asvae.cli.endings import endings
    from asvae_book.workflow.make import make

    with endings():  # in a sentence: Snakemake adds where in the Snakefile an error came up
        plan = make(config)
    for earlier in FOLDER.glob("plan-*.json"):
        if earlier.stat().st_mtime < time.time() - _OLD:
            earlier.unlink(missing_ok=True)
    write(path, json.dumps(plan, indent=1).encode())
    return plan


def release_stale_lock(_held: list[Any] = []) -> None:  # noqa: B006
    """Let a call go on after one that was killed: Snakemake's lock goes if no process of this checkout holds ours."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = (FOLDER / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    _held.append(file)
    shutil.rmtree(".snakemake/locks", ignore_errors=True)


def done(name: str) -> str:
    """Return the file that says that a job is done."""
    return f"{FOLDER}/done/{name}"


def spec(name: str) -> str:
    """Return the file that says what a job makes."""
    return f"{FOLDER}/jobs/{name}.json"


def data(job: Mapping[str, Any]) -> list[str]:
    """Return the file that says that a job's data are here; none where they are part of the library."""
    return [f"{FOLDER}/data/{job['data']}"] if job["data"] else []


def page(name: str) -> str:
    """Return an executed chapter."""
    return f"_build/full/chapters/{name}.ipynb"


def outputs(plan: Plan, target: str) -> list[str]:
    """Return what a target makes: its runs, its chapters, the ledger, the book with them."""
    wanted = plan["targets"][target]
    made = [*map(done, wanted["jobs"]), f"_build/full/{target}-ledger.json"]
    if not plan["chapters"]:
        return made
    return [*made, *map(page, wanted["pages"]), f"_build/full/{target}/index.html"]


def minutes(plan: Plan, name: str, threads: int) -> int:
    """Return the time that a job asks for: twice the estimate and what starting takes, at most ``longest``."""
    job = plan["jobs"][name]
    return min(plan["longest"], 20 + int(120 * job["hours"] / (job["processes"] if job["gpu"] else threads)))


def budget(plan: Plan, minutes: int) -> float:
    """Return the seconds after which a job of so many minutes stops by itself."""
    return plan["budget"] or 54.0 * minutes - 120.0


def memory(plan: Plan, name: str, threads: int) -> int:
    """Return the memory in MB that a job asks for."""
    return 32_000 if plan["jobs"][name]["gpu"] else 1000 + 1500 * threads


def gpus(plan: Plan, name: str) -> int:
    """Return the GPUs that a job asks for."""
    job = plan["jobs"][name]
    return job["processes"] if job["gpu"] else 0


def estimate(plan: Plan, targets: list[str]) -> str:
    """Return in a line per target how many jobs and hours are left."""
    lines = []
    for target in targets:
        jobs = [plan["jobs"][name] for name in plan["targets"][target]["jobs"]]
        left = [job for job in jobs if not job["done"]]
        hours: Counter[str] = Counter()
        for job in left:
            hours["GPU" if job["gpu"] else "core"] += job["hours"]
        runs = sum(job["missing"] for job in left)
        spent = work(hours)
        about = "" if spent.startswith("under") else "about "
        said = f"{runs} runs, {about}{spent}" if runs else "no run"
        lines.append(f"{target:12} {len(left):3} of {len(jobs):3} jobs left: {said}")
    return "\n".join(lines)


def asked(plan: Plan, say: Callable[[str], object] = lambda text: print(text, file=sys.stderr)) -> None:
    """Say what is left of the targets on the command line, of all where none is named."""
    named = [target for target in plan["targets"] if target in sys.argv]
    say(f"Estimate, not a measurement:\n{estimate(plan, named or list(plan['targets']))}")


def with_path(folder: str) -> None:
    """Let jobs import this checkout, whatever is installed."""
    own = [folder, os.path.join(folder, "book")]
    os.environ["PYTHONPATH"] = os.pathsep.join([*own, *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
