"""Measure, in one run: our step, our lanes and our AS-distance against the textbook, and against the machine.

Usage: ``python benchmarks/speed.py [DEVICE]``. About six minutes on a CPU that does nothing else; prints a table a
topic and writes ``data/benchmarks/<device>.json``, which the book's chapter on speed shows.
"""

import contextlib
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable

import joblib
import torch
from baseline import TextbookStep, plain_as_distance, plane

from asvae import RunConfig, datasets
from asvae.config.presets import SCALES
from asvae.cpu import huge_pages, keep_memory
from asvae.files import DATA, write_record
from asvae.losses import as_distance
from asvae.store.rows import combination
from asvae.training import provenance
from asvae.training.points.stepper import PointsStepper

LANE_COUNTS = (1, 4, 16, 64, 128)
SIZES = ((128, 2), (512, 2), (128, 32), (512, 32), (512, 256))


def seconds(call: Callable[[], object], device: str, least: float = 1.5, most: int = 200) -> float:
    """Return the median time of a call, over at least ``least`` seconds of calls after one to warm up."""

    def timed() -> float:
        start = time.perf_counter()
        call()
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    timed()
    times = [timed()]
    while sum(times) < least and len(times) < most:
        times.append(timed())
    return statistics.median(times)


def ceilings(device: str) -> dict[str, float]:
    """Return what one thread (or the GPU) can do: multiply matrices, and move memory."""
    n = 1024 if device == "cpu" else 8192
    a, b = torch.randn(2, n, n, device=device)
    big = torch.randn(2**26, device=device)
    out = torch.empty_like(big)
    return {
        "matmul, GFLOP/s": 2e-9 * n**3 / seconds(lambda: torch.mm(a, b), device),
        "memory, GB/s": 2e-9 * 4 * len(big) / seconds(lambda: torch.add(big, 1.0, out=out), device),
    }


def flops(config: RunConfig) -> float:
    """Return the arithmetic of a step's 24 network passes, a forward pass being two operations a weight."""
    recipe = config.recipe
    weights = (recipe.depth - 1) * recipe.width**2 + recipe.width * (2 + 2 * recipe.latent_dim)
    return 24 * 2.0 * recipe.batch_size * weights


def config_of(name: str, scale: str, seed: int = 0) -> RunConfig:
    """Return a cell of Table 1's first row."""
    return RunConfig(name, "checkerboard", scale, seed, **combination("C1", name))


def step_seconds(configs: list[RunConfig], device: str, least: float = 4.0) -> float:
    """Return the time of an adversarial step of a stack, made as training makes it; on a GPU, of 25 and one wait."""
    keep_memory()
    block = 1 if device == "cpu" else 25
    steps = iter(range(configs[0].warmup_steps, configs[0].steps))
    with contextlib.closing(PointsStepper(configs, device)) as stack:
        return seconds(lambda: [stack.step(next(steps)) for _ in range(block)], device, least=least) / block


def textbook(scale: str) -> Callable[[], object]:
    """Return a call that makes a textbook step, its data included."""
    recipe, board = SCALES["checkerboard"][scale], datasets.get("checkerboard")
    step = TextbookStep(*plane(recipe.width, recipe.depth), recipe.learning_rate, (0.1, 0.2, 0.2))
    counter = iter(range(10**9))
    return lambda: step(board.sample(recipe.batch_size, 0, next(counter)))


def steps(device: str, peak: float, textbooks: dict[str, float]) -> list[dict]:
    """Compare one run's step with the textbook's on one CPU thread, at both scales."""
    rows = []
    for scale, base in textbooks.items():
        rows.append({"scale": scale, "step": "textbook S-IntroVAE, one CPU thread", "ms": 1e3 * base, "ratio": 1.0})
        for name in ("s-introvae", "as-introvae", "introvae", "vae"):
            config = config_of(name, scale)
            took = step_seconds([config], device)
            row = {"scale": scale, "step": f"ours, {name}", "ms": 1e3 * took, "ratio": base / took}
            if name == "s-introvae":
                row["share of matmul ceiling"] = 1e-9 * flops(config) / took / peak
            rows.append(row)
    return rows


def lanes(device: str, peak: float, textbooks: dict[str, float]) -> list[dict]:
    """Measure run-steps a second of S-IntroVAE over the number of lanes, against the textbook on one CPU thread."""
    rows = []
    for scale, base in textbooks.items():
        for n in LANE_COUNTS:
            if device == "cpu" and scale == "paper" and n > 16:
                continue  # No faster than a loop there, by measurement, and minutes long.
            configs = [config_of("s-introvae", scale, seed) for seed in range(n)]
            rate = n / step_seconds(configs, device)
            share = 1e-9 * rate * flops(configs[0]) / peak
            rows.append(
                {
                    "scale": scale,
                    "processes": 1,
                    "lanes": n,
                    "run-steps/s": rate,
                    "ratio": rate * base,
                    "share of matmul ceiling": share,
                }
            )
        if device == "cpu" and (count := joblib.cpu_count()) > 1:
            n = 16 if scale == "quick" else 1
            best = next(row["run-steps/s"] for row in rows if (row["scale"], row["lanes"]) == (scale, n))
            pool = joblib.Parallel(n_jobs=count)
            with huge_pages():
                pool(joblib.delayed(_rate)(scale, n, 0.1) for _ in range(count))
            rate = sum(pool(joblib.delayed(_rate)(scale, n, 6.0) for _ in range(count)))
            own = {"scale": scale, "processes": count, "lanes": n, "run-steps/s": rate, "ratio": rate * base}
            rows.append(own | {"against one process": rate / best})
    return rows


def _rate(scale: str, n: int, least: float) -> float:
    torch.set_num_threads(1)
    configs = [config_of("s-introvae", scale, seed) for seed in range(n)]
    return n / step_seconds(configs, "cpu", least)


def distances(device: str) -> list[dict]:
    """Compare the AS-distance, value and gradient, with the plain formula: time and peak memory."""
    rows = []
    for size, dims in SIZES:
        took, peak = {}, {}
        for name, distance in (("plain", plain_as_distance), ("ours", as_distance)):
            took[name], peak[name] = _distance(distance, size, dims, device)
        rows.append(
            {
                "B": size,
                "D": dims,
                "plain, ms": 1e3 * took["plain"],
                "ours, ms": 1e3 * took["ours"],
                "faster": took["plain"] / took["ours"],
                "plain, MiB": peak["plain"],
                "ours, MiB": peak["ours"],
                "less memory": peak["plain"] / peak["ours"],
                "pairs × D, 1e9/s": 3e-9 * size**2 * dims / took["ours"],
            }
        )
    return rows


def _distance(distance: Callable, size: int, dims: int, device: str) -> tuple[float, float]:
    """Return time in seconds and peak memory in MiB of one call, in a process of its own on a CPU."""
    if device != "cpu":
        return _measure(distance, size, dims, device)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(_measure, (distance, size, dims, device))


def _measure(distance: Callable, size: int, dims: int, device: str) -> tuple[float, float]:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(size, dims, generator=generator).to(device).requires_grad_() for _ in range(4)]

    def call() -> None:
        torch.autograd.grad(distance(*inputs), inputs)

    if device == "cpu":
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        call()
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    else:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        peak = (torch.cuda.max_memory_allocated() - before) / 2**20
    return seconds(call, device, least=3.0, most=100), max(peak, 1 / 256)


def show(title: str, rows: list[dict]) -> None:
    """Print rows as a table."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_text(row.get(name, "")) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]
    print(f"\n{title}")
    for row in (names, *cells):
        print("  " + "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def _text(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def main(arguments: list[str]) -> None:
    """Measure everything on the device named first, print it and write it."""
    device = arguments[0] if arguments else "cpu"
    torch.set_num_threads(1)
    print("Six minutes on a CPU, shorter on a GPU; let nothing else run meanwhile.", flush=True)
    found = ceilings(device)
    peak = found["matmul, GFLOP/s"]
    topics = {"ceilings": [found]}
    # First, before ours tells the allocator to keep memory: the textbook has what any script has.
    textbooks = {scale: seconds(textbook(scale), "cpu", least=6.0) for scale in ("quick", "paper")}
    show("One thread of this machine, or its GPU", topics["ceilings"])
    for topic, title, measure in (
        ("distances", "AS-distance, value and gradient", lambda: distances(device)),
        ("steps", "One run, a step", lambda: steps(device, peak, textbooks)),
        ("lanes", "Lanes of S-IntroVAE", lambda: lanes(device, peak, textbooks)),
    ):
        topics[topic] = measure()
        show(title, topics[topic])
    source = provenance.collect(config_of("s-introvae", "quick"), device, 0.0, provenance.commit())
    kept = {key: source[key] for key in ("commit", "python", "torch", "hardware", "device", "date")}
    path = DATA / "benchmarks" / f"{device.split(':')[0]}.json"
    write_record(path, {"provenance": kept, **topics})
    print(f"\n{path}")


if __name__ == "__main__":
    main(sys.argv[1:])
