"""From a trained stack to its runs: curves, scores, samples, provenance."""

from asvae.training import provenance
from asvae.training.curves import Curves, history
from asvae.training.run import Run
from asvae.training.stepper import Stepper


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
