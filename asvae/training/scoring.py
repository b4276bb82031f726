"""From a trained stack to its runs: curves, scores, samples, provenance."""

import math
from typing import Any

from asvae.training import provenance
from asvae.training.run import Divergence, Run
from asvae.training.stepper import Curves, Stepper


def run_of(stepper: Stepper, i: int, curves: Curves, seconds: float, commit: str) -> Run:
    """Return run number i of a stack, scored, on the CPU; ``seconds`` is its share of the wall time."""
    config, divergence, networks = stepper.configs[i], stepper.divergences[i], stepper.networks_of(i)
    judged = stepper.judge(i, networks)
    source = provenance.collect(config, stepper.device, seconds, commit, len(stepper.configs))
    return Run(
        config=config,
        divergence=divergence,
        scores=judged.scores,
        history=history(curves, i, divergence),
        samples=judged.samples,
        pictures=judged.pictures,
        provenance=source | judged.provenance,
        networks=networks,
    )


def history(curves: Curves, i: int = 0, divergence: Divergence | None = None) -> dict[str, list[Any]]:
    """Return the curves of run number i to five digits: ``"step"`` and one list of equal length per term.

    A run that became non-finite ends before the step at which it did; a term that a phase lacks is NaN there.
    """
    kept = [(step, terms) for step, terms in curves if divergence is None or step < divergence.step]
    names = dict.fromkeys(name for _, terms in kept for name in terms)
    values = {name: [terms[name][i] if name in terms else math.nan for _, terms in kept] for name in names}
    rounded = {name: [float(f"{value:.5g}") for value in curve] for name, curve in values.items()}
    return {"step": [step for step, _ in kept]} | rounded
