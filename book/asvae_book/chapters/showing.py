"""What an image chapter shows: kept results, runs made now, or, where neither can be, a labelled stand-in."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from asvae import objectives
from asvae.config import RunConfig
from asvae.store.results import find
from asvae.store.runs import evidence, load_or_train
from asvae.studies import catalogue as studies
from asvae.studies.catalogue import KEPT_SEEDS, Cells
from asvae.studies.table1 import kept
from asvae.training.cost import estimate
from asvae.training.images.machinery import Machinery
from asvae.training.run import Result

STAND_IN = "digits"
"""The data set that lies in scikit-learn: it stands in for one that is absent, by name."""


class Shown(NamedTuple):
    """The runs of a chapter, and whether they are those that were asked for."""

    runs: list[Result]
    missing: str
    """Why the runs that were asked for are not these, in Markdown; empty if they are."""


def shown(
    names: Sequence[str],
    dataset: str,
    scale: str,
    seed: int,
    steps: int | None = None,
    *,
    device: str = "cpu",
    data_root: str | None = None,
    fresh: bool = False,
) -> Shown:
    """Return a run of each objective on ``dataset``, or of each on the stand-in with the reason.

    Kept results come first and need no data. What is missing is trained if the data are there, but not at the published
    settings on a CPU, where it would take weeks. Its runs are stored, not kept: ``asvae train --keep`` does that.
    """
    configs = [RunConfig(name, dataset, scale, seed, steps) for name in names]
    found = {} if fresh else find(configs)
    if len(found) == len(configs):
        return Shown([found[config] for config in configs], "")
    machinery = Machinery(data_root=data_root)
    why = _why_not(configs[0], device, data_root)
    if why and found:
        lacking = ", ".join(objectives.get(config.objective).label for config in configs if config not in found)
        return Shown(list(found.values()), f"**{lacking}: not run here.** {why}; the others are those asked for.")
    if not why:
        missing = [config for config in configs if config not in found]
        made = load_or_train(missing, fresh=fresh, device=device, machinery=machinery)
        found |= {run.config: run for run in made}
        return Shown([found[config] for config in configs], "")
    return Shown(shown(names, STAND_IN, "quick", seed).runs, _stand_in(why))


def over_seeds(runs: Sequence[Result]) -> Cells:
    """Return under each objective the runs of every seed with the same settings: those given, and what is kept."""
    cells = {
        run.config.objective: [run.config.replace(seed=seed) for seed in sorted({*range(KEPT_SEEDS), run.config.seed})]
        for run in runs
    }
    return kept(
        cells, find(config for configs in cells.values() for config in configs) | {run.config: run for run in runs}
    )


def study(
    name: str,
    dataset: str,
    seeds: int,
    scale: str = "quick",
    labels: Sequence[str] | None = None,
    *,
    device: str = "cpu",
    data_root: str | None = None,
    fresh: bool = False,
) -> tuple[Cells, str]:
    """Return the runs of a study by label, and why they are of the stand-in, if they are, in Markdown.

    Kept results come first and need no data; what is missing is trained and kept, as :func:`asvae.evidence` does, if
    the data are there, but not at the published settings of images on a CPU.
    """
    cells = studies.configurations(name, dataset, seeds, scale, labels)
    wanted = [config for configs in cells.values() for config in configs]
    missing = "" if not fresh and len(find(wanted)) == len(set(wanted)) else _why_not(wanted[0], device, data_root)
    if missing:
        cells, missing = studies.configurations(name, STAND_IN, seeds, "quick", labels), _stand_in(missing)
        wanted = [config for configs in cells.values() for config in configs]
    machinery = Machinery(data_root=data_root)
    return studies.regroup(cells, evidence(wanted, fresh=fresh, device=device, machinery=machinery)), missing


def _why_not(config: RunConfig, device: str, data_root: str | None) -> str:
    """Return why a run on images is not trained here, in Markdown without a full stop; empty if it is."""
    if config.kind == "points":
        return ""
    if not config.data(data_root).available:
        return f"The files of `{config.dataset}` are not in `{data_root or 'data/images'}`"
    if config.scale == "paper" and device == "cpu" and "steps" not in config.overrides:
        return "The published settings are not trained on a CPU"
    return ""


def _stand_in(why: str) -> str:
    instead = f"**In their place you see `{STAND_IN}`, small handwritten digits**, at quick scale."
    return f"**Not run here.** {why}, and `data/results/` holds no run of this kind. {instead}"


def commands(
    names: Sequence[str],
    dataset: str,
    scale: str,
    seed: int = 0,
    steps: int | None = None,
    *,
    data_root: str | None = None,
) -> str:
    """Return the shell commands that fetch a data set and train each objective on it."""
    root = f" --data-root {shlex.quote(data_root)}" if data_root else ""
    fetch = [] if dataset in (STAND_IN, "folder") else [f"asvae data {dataset}{root}"]
    ends = [f"--seed {seed}" * (seed > 0), f"--steps {steps}" if steps else "", "--device cuda" * (scale == "paper")]
    end = "".join(f" {each}" for each in ends if each) + root
    train = [f"asvae train --objective {name} --dataset {dataset} --scale {scale}{end}" for name in names]
    return "\n".join([*fetch, *train])


def expectations(names: Sequence[str], dataset: str, scale: str, steps: int | None = None) -> pd.DataFrame:
    """Return what each run is expected to take on one H200-class GPU: an estimate, see :mod:`asvae.cost`."""
    rows = {}
    for name in names:
        config = RunConfig(name, dataset, scale, steps=steps)
        cost = estimate(config)
        minutes = f"{60 * cost.hours:.0f} min" if cost.hours >= 1 / 60 else "under a minute"
        hours = f"{cost.hours:.0f} h" if cost.hours >= 10 else f"{cost.hours:.1f} h"
        rows[objectives.get(name).label] = {
            "steps": f"{config.steps:,}",
            "batch": config.recipe.batch_size,
            "parameters": f"{sum(cost.parameters.values()) / 1e6:.1f} M",
            "GFLOP a step": f"{cost.flops / 1e9:,.0f}",
            "time": hours if cost.hours >= 1 else minutes,
            "memory": f"{cost.gibibytes:.1f} GiB" if cost.gibibytes >= 0.1 else "under 0.1 GiB",
        }
    return pd.DataFrame.from_dict(rows, orient="index")
