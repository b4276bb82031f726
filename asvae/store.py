"""Load or train: finished runs are kept in ``data/runs/`` and found again by configuration and numerics."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from asvae import datasets, metrics, objectives
from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.lanes import Divergence, Lanes, build_networks
from asvae.paths import DATA
from asvae.results import read_scores, record
from asvae.run import Run
from asvae.training import sweep

ROOT = DATA / "runs"
"""Where finished runs of this machine are kept; never committed."""


def load_or_train(
    configs: Sequence[RunConfig], *, fresh: bool = False, device: str = "cpu", root: Path = ROOT, progress: bool = True
) -> list[Run]:
    """Return a run for each of ``configs``: the stored one where there is one, else a new one, stored as it finishes.

    Parameters
    ----------
    configs : sequence of RunConfig
        What is wanted.
    fresh : bool
        Train everything anew, whatever is stored.
    device : str
        A torch device, for what is trained.
    root : Path
        The store's folder.
    progress : bool
        Show a bar while training.

    Returns
    -------
    list of Run
        In the order of ``configs``; ``run.provenance["origin"]`` is ``"loaded"`` or ``"computed here"``.
    """
    found = {} if fresh else {config: load(path) for config in configs if (path := locate(config, root)).is_dir()}

    def finished(run: Run) -> None:
        save(run, locate(run.config, root))
        found[run.config] = run

    missing = [config for config in dict.fromkeys(configs) if config not in found]
    sweep(missing, device=device, progress=progress, done=finished)
    return [found[config] for config in configs]


def locate(config: RunConfig, root: Path = ROOT) -> Path:
    """Return the folder of the run that ``config`` describes under today's numerics."""
    identity = json.dumps([config.to_dict(), fingerprint()], sort_keys=True)
    return root / f"{config.objective}-{config.scale}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


@cache
def fingerprint() -> str:
    """Return a hash of a golden trace: terms, rates and scores of a few steps of small runs, every switch turned once.

    It changes with the numbers, not with the source text, so a refactoring keeps what is stored.
    """
    small = {"width": 8, "depth": 1, "batch_size": 16, "steps": 4, "warmup": 0.25}
    traced = [RunConfig(name, **small) for name in objectives.names()]
    traced.append(RunConfig("introvae", decoder_reconstruction=False, decay="steps", **small))
    switched = {"kernel": "joint", "reference": "reconstruction", "squash": True, "encoder_reduction": "sum"}
    traced.append(RunConfig("as-introvae", schedule="linear", decay="steps", **switched, **small))
    trace = hashlib.sha256()
    for config in traced:
        lanes = Lanes([config])
        for step in range(config.steps):
            for term, value in sorted(lanes.step(step).items()):
                trace.update(f"{term} {value.item():.4e}\n".encode())
    truth = datasets.get("checkerboard")
    scores = metrics.score(lambda n, draw: 1.1 * truth.sample(n, draw), truth, n=500, draws=2, large=1_000)
    trace.update(json.dumps({name: f"{value:.4e}" for name, value in scores.items()}).encode())
    return trace.hexdigest()[:16]


def save(run: Run, path: Path) -> None:
    """Write a run into the folder ``path``, whole or not at all; what was there before is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        part = Path(folder) / "run"
        part.mkdir()
        save_file(
            {key: value.contiguous() for key, value in run.networks.state().items()}, part / "weights.safetensors"
        )
        (part / "run.json").write_text(json.dumps(record(run) | {"history": run.history}))
        for attempt in range(10):
            with contextlib.suppress(FileNotFoundError):
                os.replace(path, Path(folder) / f"old-{attempt}")
            with contextlib.suppress(OSError):
                os.replace(part, path)
                return
        raise OSError(f"{path.name}: other processes kept writing this run; train it again.")


def load(path: str | Path) -> Run:
    """Read a run from its folder.

    Raises
    ------
    InvalidArgumentError
        If the folder does not hold a whole run.
    """
    path = Path(path)
    try:
        kept = json.loads((path / "run.json").read_text())
        config = RunConfig(**kept["config"])
        networks = build_networks(config, [config.seed])
        networks.load_state(load_file(path / "weights.safetensors"))
        divergence = Divergence(**kept["divergence"]) if kept["divergence"] else None
        provenance = kept["provenance"] | {"origin": "loaded"}
        return Run(config, networks, kept["history"], divergence, read_scores(kept), provenance)
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise InvalidArgumentError(
            f"path: got {path.name!r}; allowed: the folder of a whole run ({reason})."
        ) from error
