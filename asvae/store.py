"""Load or train: finished runs are kept in ``data/runs/`` and found again by configuration and numerics."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

import asvae
from asvae import datasets, objectives
from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.lanes import Divergence, Lanes
from asvae.networks import mlp_networks
from asvae.run import Run
from asvae.training import sweep

ROOT = Path(asvae.__file__).resolve().parent.parent / "data" / "runs"
"""Where finished runs of this machine are kept; never committed."""


def load_or_train(
    configs: Sequence[RunConfig], *, fresh: bool = False, device: str = "cpu", root: Path = ROOT, progress: bool = True
) -> list[Run]:
    """Return a run for each of ``configs``: the stored one where there is one, else a new one, then stored.

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
    missing = [config for config in dict.fromkeys(configs) if config not in found]
    for run in sweep(missing, device=device, progress=progress) if missing else []:
        save(run, locate(run.config, root))
        found[run.config] = run
    return [found[config] for config in configs]


def locate(config: RunConfig, root: Path = ROOT) -> Path:
    """Return the folder of the run that ``config`` describes under today's numerics."""
    identity = json.dumps([config.to_dict(), fingerprint()], sort_keys=True)
    return root / f"{config.objective}-{config.scale}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


@cache
def fingerprint() -> str:
    """Return a hash of a golden trace: every objective's terms over a few steps of a small run.

    It changes with the numbers, not with the source text, so a refactoring keeps what is stored.
    """
    trace = hashlib.sha256()
    for name in objectives.names():
        config = RunConfig(name, width=8, depth=1, batch_size=16, steps=4, warmup=0.25)
        lanes = Lanes([config])
        for step in range(config.steps):
            for term, value in sorted(lanes.step(step).items()):
                trace.update(f"{name} {term} {value.item():.4e}\n".encode())
    return trace.hexdigest()[:16]


def save(run: Run, path: Path) -> None:
    """Write a run into the folder ``path``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "config": run.config.to_dict(),
        "divergence": asdict(run.divergence) if run.divergence else None,
        "scores": run.scores,
        "provenance": {key: value for key, value in run.provenance.items() if key != "origin"},
        "history": run.history,
    }
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder) / "run"
        part.mkdir()
        save_file(
            {key: value.contiguous() for key, value in run.networks.state().items()}, part / "weights.safetensors"
        )
        (part / "run.json").write_text(json.dumps(record))
        shutil.rmtree(path, ignore_errors=True)
        os.replace(part, path)


def load(path: str | Path) -> Run:
    """Read a run from its folder.

    Raises
    ------
    InvalidArgumentError
        If the folder does not hold a whole run.
    """
    path = Path(path)
    try:
        record = json.loads((path / "run.json").read_text())
        weights = load_file(path / "weights.safetensors")
        config = RunConfig(**record["config"])
        recipe, shape = config.recipe, datasets.get(config.dataset).shape
        networks = mlp_networks(shape, recipe.latent_dim, recipe.width, recipe.depth, [config.seed])
        networks.load_state({key: torch.as_tensor(value) for key, value in weights.items()})
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise InvalidArgumentError(
            f"path: got {path.name!r}; allowed: the folder of a whole run ({reason})."
        ) from error
    divergence = Divergence(**record["divergence"]) if record["divergence"] else None
    provenance = record["provenance"] | {"origin": "loaded"}
    return Run(config, networks, record["history"], divergence, record["scores"], provenance)
