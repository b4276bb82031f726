"""Jobs: the runs of a need by method, each named by its configurations and its method's numerics; what they take."""

import hashlib
import json
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from asvae import datasets
from asvae.config import RunConfig
from asvae.config.presets import scales
from asvae.config.recipes import PointsRecipe
from asvae.store.kept import Summary, read_all
from asvae.store.results import ROOT, name_of
from asvae.store.runs import READING_FIELDS
from asvae.training.numerics import fingerprint
from asvae_book.chapters.cost import estimate
from asvae_book.workflow.needs import Need

HOUR = 3600.0

PACE = 2e-9
"""Seconds per unit of a step's work on points (:func:`_operations`), where no committed run of the method tells."""


@dataclass(frozen=True)
class Job:
    """Runs that one command makes: of points all of a method in a need, of images one."""

    name: str
    """Ends in a digest of configurations and numerics: what changes either is another job."""
    configs: tuple[RunConfig, ...]
    needs: tuple[int, ...]
    """Places in the list of needs that it serves."""

    @property
    def kept(self) -> bool:
        """Whether its results join the committed ones: its runs have their scale's own size."""
        return all(config.overrides.keys() <= READING_FIELDS for config in self.configs)

    @property
    def on_gpu(self) -> bool:
        """Whether it is made for a GPU."""
        return for_gpu(self.configs[0])


def for_gpu(config: RunConfig) -> bool:
    """Whether a run is one for a GPU: images at the published settings."""
    return config.kind == "images" and config.scale == "paper"


def committed(root: Path = ROOT) -> dict[RunConfig, Summary]:
    """Return what the committed results say; a damaged file is named in a warning and counts as absent."""
    return {found.config: found for found in read_all(root.glob("*-*.json"))}


def is_there(config: RunConfig, results: Mapping[RunConfig, Summary]) -> bool:
    """Whether a run is among ``results`` and belongs to today's numerics."""
    found = results.get(config)
    return found is not None and found.provenance["fingerprint"] == fingerprint(config.objective, config.dataset)


def derive(needs: Sequence[Need]) -> list[Job]:
    """Return the jobs of ``needs``; a run that several need is made by the first one's job."""
    owner: dict[RunConfig, tuple] = {}
    members: dict[tuple, list[RunConfig]] = defaultdict(list)
    serves: dict[tuple, set[int]] = defaultdict(set)
    for place, need in enumerate(needs):
        for config in dict.fromkeys(need.configs):
            own = (place, config.objective) if config.kind == "points" else (config,)
            key = owner.setdefault(config, own)
            if config not in members[key]:
                members[key].append(config)
            serves[key].add(place)
    return [
        Job(_name(needs[min(serves[key])], configs), tuple(configs), tuple(sorted(serves[key])))
        for key, configs in members.items()
        if configs
    ]


def _name(need: Need, configs: Sequence[RunConfig]) -> str:
    first = configs[0]
    identity = [[config.identity(), fingerprint(config.objective, config.dataset)] for config in configs]
    digest = hashlib.sha256(json.dumps(sorted(identity, key=str), sort_keys=True).encode()).hexdigest()[:10]
    if first.kind == "images":
        return f"{name_of(first).removesuffix('.json')}-{digest}"
    return f"{need.study.name}-{first.dataset}-{first.scale}-{first.objective}-{digest}"


def hours(config: RunConfig, results: Mapping[RunConfig, Summary], on_gpu: bool = False) -> float:
    """Return about how long a run takes, on one core or on one GPU.

    Measured times of the same method come first, scaled by steps: on the same data set and scale, else on other points,
    at another scale by the operations of a step; without any, by :data:`PACE`. Images that nobody has run are counted
    (:mod:`asvae_book.chapters.cost`).
    """
    pace = _paces(results) if not on_gpu else {}
    if own := pace.get((config.dataset, config.scale, config.objective)):
        return own * config.steps / HOUR
    if config.kind == "images":
        hours, core_hours = _counted(config.objective, config.dataset, config.scale, config.steps)
        return hours if on_gpu else core_hours
    others = [key for key in pace if key[2] == config.objective and datasets.kind(key[0]) == "points"]
    if not others:
        return _operations(config.recipe) * PACE * config.steps / HOUR
    nearest = next((key for key in others if key[1] == config.scale), others[-1])
    work = _operations(config.recipe) / _operations(scales(nearest[0])[nearest[1]])
    return pace[nearest] * work * config.steps / HOUR


def _operations(recipe: PointsRecipe) -> float:
    """Return what a step on points takes, up to a factor: its hidden layers take nearly all of it."""
    return recipe.batch_size * recipe.width**2 * (recipe.depth - 1)


def _paces(results: Mapping[RunConfig, Summary]) -> dict[tuple[str, str, str], float]:
    """Return the median seconds per step by data set, scale and method, of runs on a CPU."""
    taken = defaultdict(list)
    for config, kept in results.items():
        if kept.provenance["device"] == "cpu":
            seconds = kept.provenance["seconds"] / config.steps
            taken[config.dataset, config.scale, config.objective].append(seconds)
    return {key: statistics.median(values) for key, values in taken.items()}


@cache
def _counted(objective: str, dataset: str, scale: str, steps: int) -> tuple[float, float]:
    cost = estimate(RunConfig(objective, dataset, scale, steps=steps))
    return cost.hours, cost.core_hours
