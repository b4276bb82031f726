"""Make the plan: derive jobs, see what is done, and say so in files that Snakemake compares by name."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from asvae.checks import integer, known, subset
from asvae.config import RunConfig
from asvae.config.presets import SCALES
from asvae.files import write
from asvae_book.workflow import plan
from asvae_book.workflow.jobs import Committed, Job, committed, derive, hours
from asvae_book.workflow.needs import QUICK, TARGETS, Need, needs

_SCALES = list(dict.fromkeys(scale for scales in SCALES.values() for scale in scales))


def make(given: Mapping[str, Any], root: Path = Path()) -> plan.Plan:
    """Return the plan for these values of ``--config``, and bring what says that a job is done up to date.

    A job whose results are all committed by today's numerics is done. One that was done and whose results are gone is
    not. Data count as there where no job that is left wants them, so that nothing is fetched for what is finished.
    """
    known("config", given, [*plan.DEFAULTS, *QUICK])
    options = {**plan.DEFAULTS, **given}
    scales = subset("scales", str(options["scales"]).split(",") if options["scales"] else _SCALES, _SCALES)
    results = committed()
    wanted = [
        need
        for need in needs(results, {key: given[key] for key in QUICK if key in given})
        if need.quick or need.scale in scales
    ]
    jobs = derive(wanted)
    current = partial(_missing, results=results, root=root)
    rows = {job.name: _row(job, current(job), results, options) for job in jobs}
    for job in jobs:
        _say(root / plan.spec(job.name), json.dumps({"configs": [each.to_dict() for each in job.configs]}))
        if job.kept:
            _say(root / plan.done(job.name), "committed\n" if rows[job.name]["done"] else None)
    for dataset in {row["data"] for row in rows.values() if row["data"]}:
        absent = not RunConfig("vae", dataset).data(options["data_root"] or None).available
        left = any(row["data"] == dataset and not row["done"] for row in rows.values())
        _say(root / plan.data({"data": dataset})[0], None if absent and left else "")
    return {
        "jobs": rows,
        "pages": _pages(wanted, jobs),
        "targets": {target: _target(target, wanted, jobs) for target in TARGETS},
        "chapters": str(options["chapters"]) not in ("False", "false", "0"),
        "data_root": options["data_root"],
        "budget": float(options["budget"]),
        "longest": int(options["longest"]),
    }


def _missing(job: Job, results: Mapping[RunConfig, Committed], root: Path) -> int:
    """Return how many runs of a job are still to be made."""
    if not job.kept:
        return 0 if (root / plan.done(job.name)).is_file() else len(job.configs)
    return sum(not (each in results and results[each].is_current(each)) for each in job.configs)


def _row(job: Job, missing: int, results: Mapping[RunConfig, Committed], options: Mapping[str, Any]) -> dict[str, Any]:
    first = job.configs[0]
    points = first.kind == "points"
    on_gpu = job.on_gpu and options["device"] != "cpu"
    threads = min(integer("threads", int(options["threads"]), 1), len(job.configs)) if points else 1
    processes = 1 if points else integer("processes", int(options["processes"]), 1)
    # A GPU's batches are prepared beside it.
    threads = 4 * processes if on_gpu else max(threads, processes)
    return {
        "runs": len(job.configs),
        "missing": missing,
        "done": not missing,
        "gpu": on_gpu,
        "device": "cuda" if on_gpu else "cpu",
        "hours": round(missing * hours(first, results), 3),
        "threads": threads,
        "processes": processes,
        "data": "" if points or first.dataset == "digits" else first.dataset,
    }


def _say(path: Path, text: str | None) -> None:
    """Let a file be there, or not with ``None``; one that is there stays as old as it is."""
    if text is None:
        path.unlink(missing_ok=True)
    elif not path.is_file():
        write(path, text.encode())


def _serving(jobs: list[Job], places: set[int]) -> list[str]:
    return [job.name for job in jobs if places & set(job.needs)]


def _pages(wanted: list[Need], jobs: list[Job]) -> dict[str, dict[str, Any]]:
    places: dict[str, set[int]] = {}
    for place, need in enumerate(wanted):
        places.setdefault(need.page.name, set()).add(place)
    pages = {need.page.name: need.page for need in wanted}
    rows = {
        name: {
            "notebook": page.notebook,
            "parameters": dict(page.parameters),
            "jobs": _serving(jobs, places[name]),
        }
        for name, page in pages.items()
    }
    for name in ("index", "referee"):
        of_claims = {place for place, need in enumerate(wanted) if need.claim}
        rows[name] = {"notebook": name, "parameters": {}, "jobs": _serving(jobs, of_claims)}
    return rows


def _target(target: str, wanted: list[Need], jobs: list[Job]) -> dict[str, list[str]]:
    places = {place for place, need in enumerate(wanted) if need.serves(target)}
    own = list(dict.fromkeys(wanted[place].page.name for place in sorted(places)))
    more = ["index", "referee"] if target in ("claims", "all") else []
    return {"jobs": _serving(jobs, places), "pages": own + more}
