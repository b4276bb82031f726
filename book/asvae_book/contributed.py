"""Check a contributed result: what its file says can be true, belongs together, and agrees with the samples in it."""

import datetime
import math
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from asvae import datasets
from asvae.checks import InvalidArgumentError, one_of, printable, refuse
from asvae.files import DATA
from asvae.metrics.images.measuring import sharpness
from asvae.metrics.points import support_scores
from asvae.store.kept import read
from asvae.store.results import from_record, is_current, name_of
from asvae.store.runs import READING_FIELDS
from asvae.training.run import Result

UNVERIFIED = (
    "that this program made it, at the commit and on the hardware that it names: only a repeated run shows that",
    "scores of more samples than it holds: KL, JSD and Fréchet distances, precision and recall",
    "its wall time, and whether other seeds were run and left out",
)
"""What no look at a file can tell."""

SHARES = ("on_support", "dead_latents", "precision", "precision_floor", "recall", "recall_floor", "class_imbalance")
SIGNED = ("kid", "rec_ssim", "rec_psnr", "mutual_information")
"""Beginnings of scores that may be negative, or have no bound that says anything."""


@dataclass(frozen=True)
class Checked:
    """What was found in one file."""

    path: Path
    problems: tuple[str, ...]
    """Why it cannot be taken."""
    doubts: tuple[str, ...]
    """What its reader should know."""


def check(path: Path) -> Checked:
    """Check one file of ``data/results/``; nothing in it is executed. What every reader checks, the first line does."""
    try:
        result = read(path, lambda kept: Result(**from_record(kept)))
    except InvalidArgumentError as error:
        return Checked(path, (f"no whole result: {error}",), ())
    problems = [
        problem
        for part in (_configuration, _provenance, _curves, _scores, _samples)
        for problem in _guarded(part, result, path)
    ]
    return Checked(path, tuple(problems), tuple(_doubts(result)))


def _guarded(part: Callable[[Result, Path], Iterator[str]], result: Result, path: Path) -> list[str]:
    try:
        return list(part(result, path))
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, IndexError) as error:
        return [f"{part.__name__.strip('_')}: {error!r}"]


def _configuration(result: Result, path: Path) -> Iterator[str]:
    config = result.config
    if path.name != name_of(config):
        yield f"name: got {path.name}; its configuration's is {name_of(config)}"
    if more := sorted(config.overrides.keys() - READING_FIELDS):
        yield f"size: {', '.join(more)} differ from the {config.scale} scale's own"
    if config.dataset == "folder":
        yield "dataset: got 'folder', images that nobody else has"


def _provenance(result: Result, path: Path) -> Iterator[str]:
    source = result.provenance
    if not re.fullmatch("[0-9a-f]{12}", str(source.get("fingerprint"))):
        yield f"provenance: fingerprint {source.get('fingerprint')!r} is none"
    elif not is_current(result.config, source):
        yield f"numerics: fingerprint {source['fingerprint']} is not today's; such results do not count"
    seconds, lanes = source["seconds"], source["lanes"]
    if not (_finite(seconds) and seconds >= 0 and isinstance(lanes, int) and lanes > 0):
        yield f"timing: {seconds!r} seconds, {lanes!r} lanes"
    day = datetime.date.fromisoformat(source["date"])
    if day > datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1):
        yield f"timing: {day} is still to come"
    if result.config.kind == "images" and not isinstance(source.get("data"), str):
        yield "provenance: no fingerprint of the images"


def _curves(result: Result, path: Path) -> Iterator[str]:
    # A run that diverged at once has no curves.
    steps = result.history.get("step", [])
    if sorted(set(steps)) != steps or (steps and not 0 <= steps[0] <= steps[-1] <= result.config.steps):
        yield f"curves: steps do not rise from 0 to at most {result.config.steps}"
    end = steps[-1] if steps else 0
    if not result.diverged and end < 0.9 * (result.config.steps - 1):
        yield f"curves: they end at step {end} of {result.config.steps}, and no divergence is told"
    if result.diverged and not 0 <= result.divergence.step < result.config.steps:
        yield f"divergence: at step {result.divergence.step} of {result.config.steps}"


def _scores(result: Result, path: Path) -> Iterator[str]:
    for name, value in result.scores.items():
        if result.diverged:
            if _finite(value) and name not in ("kl_real", "kl_fake"):
                yield f"scores: {name} is {value:.4g} of a run that diverged"
        elif name.startswith(SHARES) and _finite(value) and not 0.0 <= value <= 1.0:
            yield f"scores: {name} is {value:.4g}, no share"
        elif not name.startswith((*SIGNED, "score")) and _finite(value) and value < -1e-6:
            yield f"scores: {name} is {value:.4g}, below 0"
    if result.diverged:
        return
    score = "kl" if result.config.kind == "points" else "frechet_classifier"
    if not _finite(result.scores.get(score)):
        yield f"scores: {score} is missing, and no divergence is told"
    if result.config.kind == "points":
        modes = len(datasets.get(result.config.dataset).centres)
        if result.scores["modes_covered"] not in range(modes + 1):
            yield f"scores: {result.scores['modes_covered']} of {modes} modes covered"


def _samples(result: Result, path: Path) -> Iterator[str]:
    if result.diverged or not len(result.samples):
        return
    yield from (_points if result.config.kind == "points" else _images)(result)


def _points(result: Result) -> Iterator[str]:
    """Compare the few samples in the file with what 200,000 scored; bounds are five standard errors and rounding."""
    n, said = len(result.samples), result.scores
    few = support_scores(result.samples, datasets.get(result.config.dataset))
    error = 5.0 * math.sqrt(max(said["on_support"] * (1.0 - said["on_support"]), 1.0 / n) / n) + 0.03
    if abs(few.on_support - said["on_support"]) > error:
        yield f"samples: {few.on_support:.1%} of {n} on the modes; on_support says {said['on_support']:.1%}"
    if "spread" not in said:  # scores of an earlier version
        return
    real = datasets.get(result.config.dataset).sample(50_000, 1)
    spread = float((result.samples.double().var(0).sum() / real.double().var(0).sum()).sqrt())
    if not abs(spread - said["spread"]) <= 0.02 + 10.0 / math.sqrt(n) * said["spread"]:  # NaN is no match
        yield f"samples: their spread is {spread:.3f}; the scores say {said['spread']:.3f}"


def _images(result: Result) -> Iterator[str]:
    """Compare what sixteen images and some reconstructions show with the scores, within a factor."""
    real, said = result.pictures["real"], result.scores
    ratio = float(sharpness(result.samples).mean() / sharpness(real).mean())
    if not 0.5 < ratio / said["sharpness"] < 2.0:
        yield f"samples: {ratio:.2f} times as sharp as real images; sharpness says {said['sharpness']:.2f}"
    if "reconstructed" in result.pictures and _finite(said.get("rec_mse")):
        error = float((result.pictures["reconstructed"] - real).square().mean())
        if not 1 / 4 < error / said["rec_mse"] < 4.0:
            yield f"pictures: reconstructions err by {error:.4f}; rec_mse says {said['rec_mse']:.4f}"


def _doubts(result: Result) -> Iterator[str]:
    commit = str(result.provenance.get("commit"))
    if commit.endswith("+"):
        yield f"commit {commit}: the library had changes that were not committed"
    elif not _known(commit):
        yield f"commit {commit}: not in this checkout"
    if not result.diverged and not len(result.samples):
        yield "it holds no samples, so nothing was scored again"


def _known(commit: str) -> bool:
    if not re.fullmatch("[0-9a-f]{7,40}", commit):
        return False
    try:
        call = ["git", "-C", str(DATA.parent), "cat-file", "-e", f"{commit}^{{commit}}"]
        return subprocess.run(call, capture_output=True, check=False, timeout=10).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def as_text(found: Sequence[Checked]) -> str:
    """Return what was found, one line per file and finding, and what no check can tell."""
    lines = []
    for each in found:
        lines.append(f"{each.path.name}: {'refused' if each.problems else 'sound'}")
        lines += [f"  problem  {problem}" for problem in each.problems]
        lines += [f"  note     {doubt}" for doubt in each.doubts]
    return "\n".join(map(printable, [*lines, "Not verified:", *(f"  {each}" for each in UNVERIFIED)]))


def results(
    action: Annotated[str, typer.Argument(help='"check" files, or "list" which runs exist and which are missing.')],
    files: Annotated[list[Path] | None, typer.Argument(help="Of check: files like those of data/results/.")] = None,
) -> None:
    """Check contributed results, or list which runs exist, on what they were made, and what the missing ones cost.

    A check reads types, shapes, ranges, provenance and numerics, and scores the samples in a file again. It says what
    it cannot verify, and ends with status 1 if a file is refused.
    """
    if one_of("action", action, ("check", "list")) == "list":
        if files:
            refuse("files", " ".join(map(str, files)), "none beside list")
        from asvae_book.workflow.tables import evidence

        typer.echo(evidence(git=True).to_string(index=False))
        return
    if not files:
        refuse("files", files, "at least one file, such as data/results/*.json")
    found = [check(path) for path in files]
    typer.echo(as_text(found))
    raise typer.Exit(any(each.problems for each in found))
