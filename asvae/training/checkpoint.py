"""A stack of runs half-way: one file that a killed or stopped sweep goes on from, to the same bits."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.files import write
from asvae.training.golden import fingerprint
from asvae.training.points.lanes import Lanes
from asvae.training.run import Divergence

Curves = list[tuple[int, dict[str, list[float]]]]
"""Points of the curves: (step, term → one value a lane)."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a stack of lanes stands, on disk or in memory."""

    configs: list[RunConfig]
    step: int
    """Steps done."""
    seconds: float
    """Wall time so far."""
    commit: str
    """Where the stack began."""
    divergences: list[Divergence | None]
    curves: Curves
    state: dict[str, Tensor] = dataclasses.field(repr=False)
    """As :meth:`asvae.training.points.lanes.Lanes.state`."""

    def select(self, configs: Sequence[RunConfig]) -> "Checkpoint":
        """Return the checkpoint of some of its lanes: the others may be finished elsewhere."""
        lanes = [self.configs.index(config) for config in configs]
        return dataclasses.replace(
            self,
            configs=list(configs),
            divergences=[self.divergences[lane] for lane in lanes],
            curves=[
                (step, {name: [v[lane] for lane in lanes] for name, v in terms.items()}) for step, terms in self.curves
            ],
            state={key: value[lanes] for key, value in self.state.items()},
        )

    def lanes(self, device: str) -> Lanes:
        """Return the stack as it was."""
        lanes = Lanes(self.configs, device)
        lanes.load_state(self.state, self.divergences)
        return lanes


def family(config: RunConfig, device: str) -> str:
    """Return how the names of checkpoints begin that ``config`` may go on from: its method, numerics, machinery."""
    numerics = fingerprint(config.objective, config.dataset)
    version = torch.__version__.partition("+")[0]
    return f"{config.dataset}-{config.objective}-{numerics}-torch{version}-{torch.device(device).type}-"


def place(configs: Sequence[RunConfig], root: Path, device: str = "cpu", data_root: str | Path | None = None) -> Path:
    """Return the file for a stack's checkpoint, the folder for an image run's: the same runs find the same."""
    text = json.dumps([config.to_dict() for config in configs], sort_keys=True)
    if configs[0].dataset == "folder":
        # Other images are another run.
        text += configs[0].data(data_root).fingerprint
    end = ".safetensors" if configs[0].kind == "points" else ""
    return root / f"{family(configs[0], device)}{hashlib.sha256(text.encode()).hexdigest()[:16]}{end}"


def remove(path: Path) -> None:
    """Remove what a finished stack or run on images has left at its :func:`place`."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def keep(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    state = {key: value.contiguous() for key, value in checkpoint.state.items()}
    rest = {
        "configs": [config.to_dict() for config in checkpoint.configs],
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
        "commit": checkpoint.commit,
        "divergences": [vars(divergence) if divergence else None for divergence in checkpoint.divergences],
        "curves": checkpoint.curves,
    }
    text = json.dumps(rest)
    write(path, save(state, metadata={"rest": text, "sha256": _digest(state, text)}))


def read(path: Path) -> Checkpoint:
    """Return the checkpoint that :func:`keep` wrote.

    Raises
    ------
    InvalidArgumentError
        If the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            state, metadata = {key: file.get_tensor(key) for key in file.keys()}, file.metadata()  # noqa: SIM118
        if metadata["sha256"] != _digest(state, metadata["rest"]):
            raise ValueError("changed since it was written")
        rest = json.loads(metadata["rest"])
        configs = [RunConfig(**config) for config in rest["configs"]]
        divergences = [Divergence(**kept) if kept else None for kept in rest["divergences"]]
        return Checkpoint(**rest | {"configs": configs, "divergences": divergences}, state=state)
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InvalidArgumentError(f"checkpoint: got {path.name!r}; allowed: a whole one ({error}).") from error


def _digest(state: dict[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for key in sorted(state):
        digest.update(key.encode() + state[key].cpu().numpy().tobytes())
    return digest.hexdigest()
