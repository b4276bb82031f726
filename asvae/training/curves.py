"""The curves of a stack of runs, as they are noted while it trains and as a run keeps them."""

import math
from typing import Any

from asvae.training.run import Divergence

Curves = list[tuple[int, dict[str, list[float]]]]
"""Points of the curves: (step, term → one value per run)."""


def history(curves: Curves, i: int = 0, divergence: Divergence | None = None) -> dict[str, list[Any]]:
    """Return the curves of run number i to five digits: ``"step"`` and one list of equal length per term.

    A run that became non-finite ends before the step at which it did; a term that a phase lacks is NaN there.
    """
    kept = [(step, terms) for step, terms in curves if divergence is None or step < divergence.step]
    names = dict.fromkeys(name for _, terms in kept for name in terms)
    values = {name: [terms[name][i] if name in terms else math.nan for _, terms in kept] for name in names}
    rounded = {name: [float(f"{value:.5g}") for value in curve] for name, curve in values.items()}
    return {"step": [step for step, _ in kept]} | rounded
