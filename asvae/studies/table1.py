"""Table 1's grid."""

from collections.abc import Mapping, Sequence

from asvae.config import RunConfig
from asvae.config.presets import combination
from asvae.training.run import Result

Cell = tuple[str, str]
"""(combination, objective)."""


Runs = dict[Cell, list[Result]]


def configurations(
    combinations: Sequence[str], names: Sequence[str], seeds: int, scale: str, steps: int | None = None
) -> dict[Cell, list[RunConfig]]:
    """Return the configurations of every cell, one a seed.

    VAE has no weight that tells our combinations apart: its cells hold equal configurations.
    """
    return {
        (row, name): [
            RunConfig(name, "checkerboard", scale, seed=seed, steps=steps, **combination(row, name))
            for seed in range(seeds)
        ]
        for row in combinations
        for name in names
    }


def regroup(cells: dict[Cell, list[RunConfig]], runs: Sequence[Result]) -> Runs:
    """Return the runs of the flattened ``cells`` as cells again."""
    left = iter(runs)
    return {cell: [next(left) for _ in configs] for cell, configs in cells.items()}


def kept(cells: dict[Cell, list[RunConfig]], found: Mapping[RunConfig, Result]) -> Runs:
    """Return the cells with those of their runs that were found, perhaps none."""
    return {cell: [found[config] for config in configs if config in found] for cell, configs in cells.items()}
