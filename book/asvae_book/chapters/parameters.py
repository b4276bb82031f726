"""What every chapter does first and last: check its parameters, and show a result with its source.

papermill passes an unknown name on without an error, and a notebook would run on its defaults; so each chapter
hands its namespace to its class here right after its parameters cell.
"""

import contextlib
import dataclasses
import json
from collections.abc import MutableMapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

from asvae import datasets, objectives
from asvae.checks import boolean, integer, known, one_of, refuse, subset
from asvae.config.presets import COMBINATIONS, SCALES
from asvae.studies.catalogue import SCHEDULES
from asvae.training.train import check_device
from asvae_book.paper.published import METHODS

_CHECKED = "_asvae_parameters_checked"


def _is_value(name: str, value: Any) -> bool:
    """Whether a name of a notebook's namespace is a value that somebody set, as an unknown parameter would be."""
    return not (name.startswith("_") or name in ("In", "Out") or callable(value) or isinstance(value, ModuleType))


@dataclass(frozen=True)
class Parameters:
    """A chapter's parameters; each chapter has a subclass that checks its own."""

    @classmethod
    def check(cls, namespace: MutableMapping[str, Any]) -> Self:
        """Return the parameters set in a notebook's ``namespace`` (its ``globals()``), checked.

        Raises
        ------
        InvalidArgumentError
            If the namespace holds a value of another name, lacks one, or a value is of the wrong type or impossible.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        if not namespace.get(_CHECKED):
            known("parameter", [name for name in namespace if _is_value(name, namespace[name])], names)
            # Run again in the same kernel, a chapter has its own results beside its parameters.
            namespace[_CHECKED] = True
        missing = [name for name in names if name not in namespace]
        if missing:
            refuse("parameters", sorted(set(names) - set(missing)), f"all of {', '.join(names)}")
        return cls(**{name: namespace[name] for name in names})


def _listed(value: Any) -> Any:
    """Return a list that a command line gave as text, such as ``'["half", "annealed"]'``; all else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


@dataclass(frozen=True)
class CheckerboardParameters(Parameters):
    """Parameters of ``book/checkerboard.ipynb``."""

    scale: str
    steps: int | None
    seeds: int
    combinations: tuple[str, ...]
    objectives: tuple[str, ...]
    device: str
    fresh: bool

    def __post_init__(self):
        one_of("scale", self.scale, SCALES["checkerboard"])
        if self.steps is not None:
            integer("steps", self.steps, 1)
        integer("seeds", self.seeds, 1)
        object.__setattr__(self, "combinations", subset("combinations", _listed(self.combinations), COMBINATIONS))
        object.__setattr__(self, "objectives", subset("objectives", _listed(self.objectives), METHODS))
        check_device(self.device)
        boolean("fresh", self.fresh)


@dataclass(frozen=True)
class ImagesParameters(Parameters):
    """Parameters of ``book/images.ipynb``."""

    dataset: str
    objectives: tuple[str, ...]
    scale: str
    seed: int
    steps: int | None
    device: str
    data_root: str | None
    fresh: bool

    def __post_init__(self):
        one_of("dataset", self.dataset, [name for name in SCALES if datasets.kind(name) == "images"])
        object.__setattr__(self, "objectives", subset("objectives", _listed(self.objectives), objectives.names()))
        one_of("scale", self.scale, SCALES[self.dataset])
        integer("seed", self.seed, 0)
        if self.steps is not None:
            integer("steps", self.steps, 1)
        check_device(self.device)
        _check_root(self.data_root)
        boolean("fresh", self.fresh)


@dataclass(frozen=True)
class AblationParameters(Parameters):
    """Parameters of ``book/ablation.ipynb``."""

    scale: str
    dataset: str
    seeds: int
    schedules: tuple[str, ...]
    device: str
    data_root: str | None
    fresh: bool

    def __post_init__(self):
        one_of("dataset", self.dataset, SCALES)
        one_of("scale", self.scale, SCALES[self.dataset])
        integer("seeds", self.seeds, 1)
        object.__setattr__(self, "schedules", subset("schedules", _listed(self.schedules), SCHEDULES))
        check_device(self.device)
        _check_root(self.data_root)
        boolean("fresh", self.fresh)


@dataclass(frozen=True)
class StudyParameters(Parameters):
    """Parameters of ``book/why.ipynb`` and ``book/paper-vs-code.ipynb``."""

    seeds: int
    device: str
    fresh: bool

    def __post_init__(self):
        integer("seeds", self.seeds, 1)
        check_device(self.device)
        boolean("fresh", self.fresh)


def _check_root(data_root: Any) -> None:
    if data_root is not None and not isinstance(data_root, str):
        refuse("data_root", data_root, "a folder, or None for data/images")


@dataclass(frozen=True)
class SpeedParameters(Parameters):
    """Parameters of ``book/speed.ipynb``."""

    device: str

    def __post_init__(self):
        one_of("device", self.device, ("cpu", "cuda"))
