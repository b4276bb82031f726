"""Tables of the full runs: what each target takes, which runs exist and what the missing ones would decide."""

import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from asvae import datasets
from asvae.config import RunConfig
from asvae.durations import work
from asvae.store.kept import Summary
from asvae.store.results import ROOT, name_of
from asvae_book.studies.sources import in_markdown
from asvae_book.workflow.jobs import committed, for_gpu, hours, is_there
from asvae_book.workflow.needs import TARGETS, Need, needs


def targets() -> pd.DataFrame:
    """Return a row per target: its data, runs, those that are left, what these take, the command."""
    results = committed()
    every = needs(results)
    return pd.DataFrame([_target(name, [need for need in every if need.serves(name)], results) for name in TARGETS])


def _target(name: str, wanted: Sequence[Need], results: Mapping[RunConfig, Summary]) -> dict[str, str]:
    configs = list(dict.fromkeys(config for need in wanted for config in need.configs))
    left = [config for config in configs if not is_there(config, results)]
    fetched = filter(datasets.has_files, dict.fromkeys(config.dataset for config in configs))
    return {
        "target": f"`{name}`",
        "data to fetch": ", ".join(datasets.title(each) for each in fetched) or "–",
        "runs": f"{len(configs):,}",
        "left": f"{len(left):,}",
        "takes": _hours(left, results),
        "command": f"`snakemake --cores all {name}`",
    }


def evidence(git: bool = False) -> pd.DataFrame:
    """Return a row per ground of the claims: which runs are there, on what, of whom, what the missing ones decide.

    Parameters
    ----------
    git : bool
        Whether to ask the checkout's history who committed the runs.
    """
    results, rows = committed(), {}
    for need in needs(results):
        if need.claim:
            read = need.changes.get("reading", "paper")
            key = (need.dataset, need.scale, read)
            rows.setdefault(key, []).append(need)
    return pd.DataFrame([_ground(key, wanted, results, git) for key, wanted in rows.items()])


def _ground(
    key: tuple[str, str, str], wanted: Sequence[Need], results: Mapping[RunConfig, Summary], git: bool
) -> dict[str, str]:
    dataset, scale, read = key
    configs = list(dict.fromkeys(config for need in wanted for config in need.configs))
    there = [config for config in configs if is_there(config, results)]
    left = [config for config in configs if not is_there(config, results)]
    keys = list(dict.fromkeys(need.claim for need in wanted))
    made_on = Counter(in_markdown(results[config].provenance["hardware"]) for config in there)
    row = {
        "data": datasets.title(dataset),
        "scale": scale + ("" if read == "paper" else f", read as {read}"),
        "runs": f"{len(there)} of {len(configs)}",
        "made on": ", ".join(made_on) or "–",
    }
    if git:
        row["committed by"] = ", ".join(_authors(there)) or "–"
    missing = f"{len(left)} runs, {_hours(left, results)}" if left else "–"
    return row | {"missing": missing, "for the claims": ", ".join(keys)}


def _hours(configs: Sequence[RunConfig], results: Mapping[RunConfig, Summary]) -> str:
    """Return an estimate of core-hours and GPU-hours together."""
    taken: Counter[str] = Counter()
    paces: dict[tuple, float] = {}
    for config in configs:
        kind = config.dataset, config.scale, config.objective, config.steps
        if kind not in paces:
            paces[kind] = hours(config, results, for_gpu(config))
        taken["GPU" if for_gpu(config) else "core"] += paces[kind]
    return work(taken) or "–"


def _authors(configs: Sequence[RunConfig], root: Path = ROOT) -> list[str]:
    names = [name_of(config) for config in configs]
    try:
        call = ["git", "log", "--format=%an", "--", *names]
        said = subprocess.run(call, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [in_markdown(name) for name, _ in Counter(said.split("\n")).most_common() if name]
