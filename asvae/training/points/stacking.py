"""Which runs on points share a stack: as many as fit into memory and save time, and a share for every worker."""

import torch

from asvae import objectives
from asvae.config import RunConfig
from asvae.training import memory

LANE_WORK = 200_000
"""Batch × width of a stack on a CPU: up to here lanes share the overhead of calls; beyond, more only take longer."""


def into_stacks(configs: list[RunConfig], workers: int, device: str) -> list[list[RunConfig]]:
    """Group runs into stacks that fit into memory and give every worker a share.

    First seeds come first, so that a sweep that is stopped has some of everything; among these, the longest.
    """
    families: dict[tuple, list[RunConfig]] = {}
    for config in configs:
        families.setdefault(config.stack_key, []).append(config)
    cpu = torch.device(device).type == "cpu"
    stacks = []
    for (objective, _, recipe, *_), runs in families.items():
        runs.sort(key=lambda config: config.seed)
        useful = max(1, LANE_WORK // (recipe.batch_size * recipe.width)) if cpu else len(runs)
        most = min(useful, lanes_that_fit(runs[0], device, workers))
        parts = max(min(workers, len(runs)) if cpu else 1, -(-len(runs) // most))
        for part in range(parts):
            stack = runs[part * len(runs) // parts : (part + 1) * len(runs) // parts]
            stacks.append((part, -len(stack) * objectives.get(objective).cost * recipe.steps, stack))
    return [stack for _, _, stack in sorted(stacks, key=lambda each: each[:2])]


def lanes_that_fit(config: RunConfig, device: str, workers: int) -> int:
    """Return how many lanes of ``config`` half of the free memory holds for each worker; at least 1."""
    sharing = workers if torch.device(device).type == "cpu" else 1
    return max(1, int(0.5 * memory.free(device) / sharing / memory.bytes_of(config)))
