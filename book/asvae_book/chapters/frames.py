"""Runs looked at while they train: samples and posteriors every so many steps, small enough to be committed.

``python -m asvae_book.chapters.frames`` trains the runs of :data:`FILMS` again, about a minute each, and writes
``data/frames/``.
"""

import base64
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from asvae.config import RunConfig
from asvae.cpu import threads
from asvae.draws import EVALUATION_SEED
from asvae.files import DATA, read_record, write_record
from asvae.networks import Networks
from asvae.store.rows import ROWS
from asvae.training import provenance
from asvae.training.curves import Curves
from asvae.training.marks import marks_of
from asvae.training.points.lanes import Lanes
from asvae.training.run import sample

FOLDER = DATA / "frames"

FILMS = {
    "checkerboard": [
        RunConfig("as-introvae", "checkerboard", seed=seed, reading="supplement", **ROWS["assumed"]["C1"])
        for seed in (1, 2)
    ],
    "8gaussians": [RunConfig("as-introvae", "8gaussians", seed=seed, **ROWS["assumed"]["C1"]) for seed in (4, 1)],
}
"""Data set → two runs that differ by their seed alone: a healthy one, then one whose distance runs away."""

EVERY = 2
"""A frame at every so many points of the curves."""

SAMPLES, POSTERIORS = 250, 60
"""How many samples a frame shows, and how many posteriors of data and of samples."""

MEANS, DEVIATIONS = (-5.0, 5.0), (-7.0, 1.0)
"""What a byte spans: posterior means, and the natural logarithms of standard deviations. What lies beyond is put on
the edge."""

TERMS = ("kl_real", "kl_fake", "as_distance")
"""The curves that are kept."""


class Film(NamedTuple):
    """What was seen of two runs."""

    configs: list[RunConfig]
    curves: list[dict[str, list[float]]]
    """Per run: ``"step"``, ``"c"`` and :data:`TERMS`, NaN where a term is not there yet."""
    steps: list[int]
    """How many steps have passed at each frame."""
    frames: list[list[bytes]]
    """Per run and frame: :data:`SAMPLES` samples, then mean and deviation of the posteriors of data, then of samples;
    two bytes each, first and second coordinate."""
    provenance: dict[str, Any]


def film(configs: Sequence[RunConfig], upto: int | None = None) -> Film:
    """Train runs and return what is seen of them; ``upto`` stops after so many steps."""
    lanes, steps = Lanes(configs), configs[0].steps
    upto, curves, at, frames = steps if upto is None else upto, [], [], [[] for _ in configs]
    with threads(1):
        for step in range(upto):
            terms = lanes.step(step)
            if not marks_of(step, steps).curve:
                continue
            curves.append((step, {name: term.tolist() for name, term in terms.items() if name in TERMS}))
            if len(curves) % EVERY == 1:
                at.append(step + 1)
                for i, own in enumerate(frames):
                    own.append(_frame(lanes.lane(i), configs[i]))
    source = provenance.collect(configs[0], "cpu", 0.0, provenance.commit(), len(configs))
    kept = {key: value for key, value in source.items() if key not in ("seconds", "date", "origin")}
    return Film(list(configs), [_curves(config, curves, i) for i, config in enumerate(configs)], at, frames, kept)


def _frame(networks: Networks, config: RunConfig) -> bytes:
    dataset = config.data()
    made = sample(networks, SAMPLES, 0)
    parts = [quantised(made, -1.1 * dataset.limit, 1.1 * dataset.limit)]
    for x in (dataset.sample(POSTERIORS, EVALUATION_SEED), made[:POSTERIORS]):
        mu, logvar = networks.posterior(x)
        parts += [quantised(mu, *MEANS), quantised(0.5 * logvar, *DEVIATIONS)]
    return b"".join(parts)


def quantised(values: Tensor, low: float, high: float) -> bytes:
    """Return values as bytes, 0 at ``low`` or below and 255 at ``high`` or above."""
    return ((values - low) / (high - low) * 255.0).round().clamp(0.0, 255.0).numpy().astype(np.uint8).tobytes()


def _curves(config: RunConfig, points: Curves, run: int) -> dict[str, list[float]]:
    made = {"step": [step for step, _ in points]}
    made["c"] = [float(f"{config.hyperparameters.c(config.progress(step)):.4g}") for step in made["step"]]
    for name in TERMS:
        values = (terms[name][run] if name in terms else math.nan for _, terms in points)
        made[name] = [float(f"{value:.4g}") for value in values]
    return made


def keep(name: str, made: Film, folder: Path = FOLDER) -> Path:
    """Write a film as a sealed file."""
    runs = {
        f"seed {config.seed}": {
            "config": config.to_dict(),
            "curves": {key: [None if math.isnan(v) else v for v in values] for key, values in curves.items()},
            "frames": base64.b64encode(b"".join(frames)).decode(),
        }
        for config, curves, frames in zip(made.configs, made.curves, made.frames, strict=True)
    }
    path = folder / f"{name}.json"
    write_record(path, {"provenance": made.provenance, "steps": made.steps, "runs": runs})
    return path


def load(name: str, folder: Path = FOLDER) -> Film:
    """Return the film called ``name``; a missing or damaged file is refused by name."""
    kept = read_record(folder / f"{name}.json")
    runs, size = list(kept["runs"].values()), 2 * (SAMPLES + 4 * POSTERIORS)
    frames = [base64.b64decode(run["frames"]) for run in runs]
    return Film(
        [RunConfig(**run["config"]) for run in runs],
        [{key: [math.nan if v is None else v for v in vs] for key, vs in run["curves"].items()} for run in runs],
        kept["steps"],
        [[own[i : i + size] for i in range(0, len(own), size)] for own in frames],
        kept["provenance"],
    )


def main(folder: Path = FOLDER) -> None:
    """Make every film again, and say which."""
    for name, configs in FILMS.items():
        print(f"{name}.json: training", flush=True)
        keep(name, film(configs), folder)


if __name__ == "__main__":
    main()
