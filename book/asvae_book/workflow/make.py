"""Make the plan: derive jobs, see what is done, and say so in files that Snakemake compares by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asvae import datasets
from asvae.checks import integer, known, number, one_of, subset
from asvae.config import RunConfig
from asvae.config.presets import SCALES
from asvae.files import write
from asvae.store.kept import Summary
from asvae_book.workflow import plan
from asvae_book.workflow.jobs import Job, committed, derive, hours, is_there
from asvae_book.workflow.needs import QUICK, TARGETS, Need, needs

_SCALES = list(dict.fromkeys(scale for scales in SCALES.values() for scale in scales))


def options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of ``--config``, and of those that are not given or empty the defaults.

    Raises
    ------
    InvalidArgumentError
        If one is unknown or not allowed.
    """
    known("config", given, [*plan.DEFAULTS, *QUICK])
    found = {**plan.DEFAULTS, **QUICK, **{name: value for name, value in given.items() if value is not None}}
    for name in ("threads", "processes", "steps", "seeds"):
        integer(name, found[name], 1)
    integer("longest", found["longest"], 5)  # less is gone before a job has begun
    number("budget", found["budget"], 0.0)
    one_of("device", found["device"], ("cuda", "cpu"))
    one_of("chapters", str(found["chapters"]), ("True", "False"))
    subset("data", str(found["data"]).split(","), [name for name in datasets.names() if name != "folder"])
    scales = subset("scales", (str(found["scales"]) or ",".join(_SCALES)).split(","), _SCALES)
    return found | {
        "scales": scales,
        "data_root": str(found["data_root"]),
        "chapters": str(found["chapters"]) == "True",
    }


def make(given: Mapping[str, Any]) -> plan.Plan:
    """Return the plan for these values of ``--config``, and bring what says that a job is done up to date.

    A job whose results are all committed by today's numerics is done. One that was done and whose results are gone is
    not. Data count as there where no job that is left wants them, so that nothing is fetched for what is finished.
    """
    values = options(given)
    results = committed()
    asked = {name: values[name] for name in QUICK}
    wanted = [need for need in needs(results, asked) if need.quick or need.scale in values["scales"]]
    jobs = derive(wanted)
    rows = {job.name: _row(job, _missing(job, results), results, values) for job in jobs}
    for job in jobs:
        _say(plan.spec(job.name), json.dumps({"configs": [each.to_dict() for each in job.configs]}))
        if job.kept:
            _say(plan.done(job.name), "committed\n" if rows[job.name]["done"] else None)
    for dataset in {row["data"] for row in rows.values() if row["data"]}:
        absent = not RunConfig("vae", dataset).data(values["data_root"] or None).available
        left = any(row["data"] == dataset and not row["done"] for row in rows.values())
        _say(plan.data({"data": dataset})[0], None if absent and left else "")
    return {
        "jobs": rows,
        "pages": _pages(wanted, jobs),
        "targets": {target: _target(target, wanted, jobs) for target in TARGETS},
        **{name: values[name] for name in ("chapters", "data_root", "budget", "longest")},
    }


def _missing(job: Job, results: Mapping[RunConfig, Summary]) -> int:
    """Return how many runs of a job are still to be made."""
    if not job.kept:
        return 0 if Path(plan.done(job.name)).is_file() else len(job.configs)
    return sum(not is_there(config, results) for config in job.configs)


def _row(job: Job, missing: int, results: Mapping[RunConfig, Summary], values: Mapping[str, Any]) -> dict[str, Any]:
    first = job.configs[0]
    points = first.kind == "points"
    on_gpu = job.on_gpu and values["device"] == "cuda"
    threads = min(values["threads"], len(job.configs)) if points else 1
    processes = 1 if points else values["processes"]
    # A GPU's batches are prepared beside it.
    threads = 4 * processes if on_gpu else max(threads, processes)
    return {
        "runs": len(job.configs),
        "missing": missing,
        "done": not missing,
        "gpu": on_gpu,
        "device": "cuda" if on_gpu else "cpu",
        "hours": round(missing * hours(first, results, on_gpu), 3) if missing else 0.0,
        "threads": threads,
        "processes": processes,
        "data": first.dataset if datasets.has_files(first.dataset) else "",
    }


def _say(name: str, text: str | None) -> None:
    """Let a file be there, or not with ``None``; one that is there stays as old as it is."""
    path = Path(name)
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
