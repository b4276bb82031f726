"""The one loop of all training: steps, curves, intermediate scores, checkpoints, interruption, scoring."""

import time
from collections.abc import Callable

from asvae.training import checkpoint, provenance
from asvae.training.checkpoint import Checkpoint
from asvae.training.curves import Curves, history
from asvae.training.marks import marks_of
from asvae.training.run import Run
from asvae.training.stepper import Interruption, Stepper

CHECKPOINT_SECONDS = 30.0
"""Wall time between two checkpoints, at least."""

SAVING_SHARE = 100
"""How many times longer than it took to write a checkpoint the next one waits: a hundredth of the time goes there."""


def train_stack(
    stepper: Stepper, interruption: Interruption, advance: Callable[[int], object], commit: str | None = None
) -> list[Run] | None:
    """Train and score the runs of a stepper, from its newest whole checkpoint if there is one.

    ``advance`` is told at every step how much has passed. Returns the runs, in the order of ``stepper.configs``, or
    ``None`` if it was interrupted; then its checkpoint is on disk if ``interruption`` names a folder.
    """
    steps, path = stepper.configs[0].steps, interruption.path
    identity = checkpoint.identity_of(stepper.configs[0], stepper.data)
    done, seconds, curves = 0, 0.0, []
    begun = path and checkpoint.newest(path, stepper.configs, identity)
    if begun:
        done, seconds, curves, commit = begun.step, begun.seconds, list(begun.curves), begun.commit
        stepper.load_state(begun.state, begun.divergences)
    # A copy of the state would stay in memory.
    del begun
    commit = commit or provenance.commit()
    stepper.resumes_at(done)
    start = time.perf_counter() - seconds

    def save(step: int) -> None:
        if path is not None and stepper.writes:
            configs, spent, broken = list(stepper.configs), time.perf_counter() - start, stepper.divergences
            checkpoint.keep(Checkpoint(configs, identity, step, spent, commit, broken, curves, stepper.state()), path)

    advance(done * stepper.amount)
    saved, pause = time.perf_counter(), CHECKPOINT_SECONDS
    for step in range(done, steps):
        terms, marks = stepper.step(step), marks_of(step, steps)
        alive = stepper.alive(marks.curve)
        if marks.curve:
            _note(curves, step, terms | (stepper.watch(step, marks) if alive else {}))
        if not alive:
            advance((steps - step) * stepper.amount)
            break
        if marks.sheet and path is not None and stepper.writes:
            stepper.sheet(step + 1, curves, path)
        if stepper.stops(interruption):
            save(step + 1)
            # The other processes must not look for the checkpoint before it is written.
            stepper.wait()
            return None
        if time.perf_counter() - saved > pause:
            begin = time.perf_counter()
            save(step + 1)
            saved = time.perf_counter()
            pause = max(CHECKPOINT_SECONDS, SAVING_SHARE * (saved - begin))
        advance(stepper.amount)
    # Scoring needs no captured graphs and no draws made ahead.
    stepper.close()
    seconds = (time.perf_counter() - start) / len(stepper.configs)
    return [_run_of(stepper, i, curves, seconds, commit) for i in range(len(stepper.configs))]


def _note(curves: Curves, step: int, terms: dict) -> None:
    curves.append((step, {name: term.reshape(-1).tolist() for name, term in terms.items()}))


def _run_of(stepper: Stepper, i: int, curves: Curves, seconds: float, commit: str) -> Run:
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
