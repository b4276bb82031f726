"""Measure how long until S-IntroVAE's KL on the checkerboard is what its released defaults reach.

Usage: ``python benchmarks/time_to_quality.py [SEEDS [PROCESSES]]``, by default 3 seeds; after ``speed.py``, whose
textbook step says how long the released settings take here. Runs are scored as they train; seconds are steps times the
time of one step, measured first, so scoring is not counted and the training itself may share the machine. Writes
``data/benchmarks/time_to_quality.json``.
"""

import statistics
import sys
from functools import partial
from typing import Any

import joblib
import torch
from speed import config_of, show, step_seconds
from tqdm import tqdm

from asvae import RunConfig
from asvae.files import DATA, read_record, write_record
from asvae.metrics import points as metrics
from asvae.training import provenance
from asvae.training.points.lanes import Lanes
from asvae.training.run import sample
from asvae_book.paper.published import RELEASED_LOOP

MARKS = 40
"""How often a run is scored."""
LONGER = {"steps": 12_000, "width": 128, "batch_size": 256}
"""The quick scale's recipe, larger and longer, for a quality nearer to the published settings'."""


def curve(config: RunConfig) -> list[tuple[int, float]]:
    """Train a run and return (steps done, KL over 20 draws) at regular marks."""
    torch.set_num_threads(1)
    lanes, found = Lanes([config]), []
    every = config.steps // MARKS
    for step in tqdm(range(config.steps), desc=f"{config.steps} steps, seed {config.seed}", mininterval=5.0):
        lanes.step(step)
        if (step + 1) % every == 0:
            scores = metrics.score(partial(sample, lanes.networks), lanes.dataset, large=1_000)
            found.append((step + 1, scores["kl"]))
    return found


def main(arguments: list[str]) -> None:
    """Measure the steps, train, and report for each recipe when it reached what."""
    torch.set_num_threads(1)
    seeds = range(int(arguments[0]) if arguments else 3)
    workers = int(arguments[1]) if len(arguments) > 1 else joblib.cpu_count()
    speed = read_record(DATA / "benchmarks" / "cpu.json")
    textbook = next(row for row in speed["steps"] if row["scale"] == "paper" and row["step"].startswith("textbook"))
    target, released = RELEASED_LOOP["C1", "s-introvae"]["kl"], 30.0 * textbook["ms"]
    rows: list[dict[str, Any]] = [
        {"recipe": "released defaults, textbook step", "KL at the end": target, "seconds": released, "of theirs": 1.0}
    ]
    curves, recipes = {}, {"quick": {}, "quick, larger and longer": LONGER}
    wanted = {
        name: [config_of("s-introvae", "quick", seed).replace(**changes) for seed in seeds]
        for name, changes in recipes.items()
    }
    took = {name: step_seconds(configs[:1], "cpu", least=8.0) for name, configs in wanted.items()}
    for name, configs in wanted.items():
        step = took[name]
        found = joblib.Parallel(n_jobs=workers)(joblib.delayed(curve)(config) for config in configs)
        curves[name] = [{"seconds": [step * at for at, _ in run], "kl": [kl for _, kl in run]} for run in found]
        reached = [next((step * at for at, kl in run if kl <= target), None) for run in found]
        whole, final = step * configs[0].steps, [run[-1][1] for run in found]
        rows.append(
            {
                "recipe": name,
                "KL at the end": sum(final) / len(final),
                "seconds": whole,
                "of theirs": whole / released,
                f"seeds that reach {target:g}": f"{sum(r is not None for r in reached)} of {len(reached)}",
                "seconds until then, median of these": statistics.median(filter(None, reached))
                if any(reached)
                else None,
            }
        )
    show("Time to quality, one core", rows)
    source = provenance.collect(configs[0], "cpu", 0.0, provenance.commit())
    kept = {key: source[key] for key in ("commit", "python", "torch", "hardware", "device", "date")}
    path = DATA / "benchmarks" / "time_to_quality.json"
    write_record(path, {"provenance": kept, "target": target, "rows": rows, "curves": curves})
    print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
