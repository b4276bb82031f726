"""A stack of runs half-way: the last states of its stepper, each whole or absent, the newest whole one used.

A stack has a folder; each state is one file ``step-N.safetensors``, which holds its own checksum. Draws and data order
are functions of (seed, step), so no random state is needed: a resumed stack goes on to the same bits.
"""

import dataclasses
import hashlib
import json
import shutil
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from asvae.checks import InvalidArgumentError, printable
from asvae.config import RunConfig
from asvae.files import write
from asvae.training.curves import Curves
from asvae.training.numerics import fingerprint
from asvae.training.run import Divergence

KEPT = 2
"""How many of the last states stay."""

SUFFIX = ".stack"
"""Of a stack's folder; earlier formats have other names."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a stack stands, on disk or in memory."""

    configs: list[RunConfig]
    identity: str
    """Of numerics and data."""
    step: int
    """Steps done."""
    seconds: float
    """Wall time so far."""
    commit: str
    """Where the stack began."""
    divergences: list[Divergence | None]
    curves: Curves
    state: dict[str, Tensor] = dataclasses.field(repr=False)
    """As :meth:`asvae.training.stepper.Stepper.state`."""

    def select(self, configs: Sequence[RunConfig]) -> "Checkpoint":
        """Return the checkpoint of some of the lanes of a stack: the others may be finished elsewhere."""
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


def family(config: RunConfig, device: str) -> str:
    """Return the beginning that the names of all checkpoints of a configuration's method, numerics and device share."""
    numerics = fingerprint(config.objective, config.dataset)
    version = torch.__version__.partition("+")[0]
    return f"{config.dataset}-{config.objective}-{numerics}-torch{version}-{torch.device(device).type}-"


def identity_of(config: RunConfig, data: str) -> str:
    """Return what a state shares with runs that may go on from it: numerics, and the fingerprint of the ``data``."""
    return f"{fingerprint(config.objective, config.dataset)}-{data}"


def path_of(configs: Sequence[RunConfig], root: Path, device: str = "cpu", data_root: str | Path | None = None) -> Path:
    """Return the folder of a stack's checkpoints: the same runs have the same."""
    text = json.dumps([config.identity() for config in configs], sort_keys=True)
    if configs[0].dataset == "folder":
        # Other images are another run.
        text += configs[0].data(data_root).fingerprint
    return root / f"{family(configs[0], device)}{hashlib.sha256(text.encode()).hexdigest()[:16]}{SUFFIX}"


def begun(wanted: Sequence[RunConfig], root: Path, device: str) -> list[list[RunConfig]]:
    """Return the stacks that can go on, each of wanted lanes alone; its other lanes are saved in a folder of their own.

    A stack of damaged states is removed; those of other methods, numerics or devices are left alone.
    """
    left, found = set(wanted), []
    for path in (each for each in _of_families(wanted, root, device) if each.suffix == SUFFIX):
        checkpoint = newest(path)
        if checkpoint is None:
            # Without any state another sweep is just writing its first.
            if any(path.glob("step-*")):
                remove(path)
            continue
        lanes = [config for config in checkpoint.configs if config in left]
        others = [config for config in checkpoint.configs if config not in lanes]
        parts = {path_of(part, root, device): part for part in (others, lanes) if part}
        if lanes and path not in parts:
            for own, part in parts.items():
                keep(checkpoint.select(part), own)
            remove(path)
        if lanes:
            found.append(lanes)
            left -= set(lanes)
    return found


def warn_of_earlier(configs: Iterable[RunConfig], root: Path, device: str) -> None:
    """Name what an earlier version of this program left unfinished; it is left alone."""
    if old := [path.name for path in _of_families(configs, root, device) if path.suffix != SUFFIX]:
        what = "are of an earlier format and left alone; their runs begin again."
        warnings.warn(printable(f"checkpoints: {', '.join(old)} in {root} {what}"), stacklevel=3)


def _of_families(configs: Iterable[RunConfig], root: Path, device: str) -> list[Path]:
    return sorted({path for name in {family(each, device) for each in configs} for path in root.glob(f"{name}*")})


def remove(path: Path) -> None:
    """Remove what a finished stack has left at its :func:`path_of`."""
    shutil.rmtree(path, ignore_errors=True)


def keep(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a state, whole or not at all, then remove the older ones but one.

    Those of later steps go too: :func:`newest` passed them over, and they would push this one out.
    """
    rest = vars(checkpoint) | {
        "configs": [config.to_dict() for config in checkpoint.configs],
        "divergences": [vars(divergence) if divergence else None for divergence in checkpoint.divergences],
    }
    state = {key: value.contiguous() for key, value in rest.pop("state").items()}
    text = json.dumps(rest)
    path = folder / f"step-{checkpoint.step:09d}.safetensors"
    data = save(state, metadata={"rest": text, "sha256": _digest(state, text)})
    try:
        write(path, data)
    except FileNotFoundError:
        # Another sweep that finished the same stack has removed its folder meanwhile.
        write(path, data)
    wanted = sorted(each for each in _states(folder) if each <= path)[-KEPT:]
    for each in _states(folder):
        if each not in wanted:
            each.unlink(missing_ok=True)


def newest(folder: Path, configs: Sequence[RunConfig] | None = None, identity: str | None = None) -> Checkpoint | None:
    """Return the newest whole state in a stack's folder, ``None`` without one.

    A damaged one is named in a warning and passed over; so is one of other runs than ``configs``, where these are
    given, or of another ``identity``.
    """
    for path in reversed(_states(folder)):
        try:
            found = read(path)
            if configs is not None and (found.configs != list(configs) or found.identity != identity):
                raise _unusable(path, "it belongs to another run, to other numerics or to other data")
            return found
        except InvalidArgumentError as error:
            warnings.warn(f"{error} The one before is used, or the run begins again.", stacklevel=2)
    return None


def read(path: Path) -> Checkpoint:
    """Return one state.

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
        curves = [(step, terms) for step, terms in rest["curves"]]
        return Checkpoint(**rest | {"configs": configs, "divergences": divergences, "curves": curves}, state=state)
    except (OSError, KeyError, TypeError, ValueError, RecursionError, SafetensorError) as error:
        raise _unusable(path, str(error)) from error


def _states(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*.safetensors") if path.is_file())


def _unusable(path: Path, reason: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"checkpoint: got {path.name!r}; allowed: a whole one of this run ({reason}).")


def _digest(state: dict[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for key in sorted(state):
        digest.update(key.encode() + state[key].cpu().numpy().tobytes())
    return digest.hexdigest()
