"""What every chapter does first: check its parameters.

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
from asvae.checks import known, one_of, option, refuse, validate_fields
from asvae.config.presets import READINGS, scales
from asvae.store.rows import TABLE_ROWS
from asvae.training.train import check_device
from asvae_book.paper import published
from asvae_book.studies import ABLATION, SPECIFICATIONS
from asvae_book.studies.catalogue import TABLE1_METHODS

_CHECKED = "_asvae_parameters_checked"


def _is_value(name: str, value: Any) -> bool:
    """Whether a name of a notebook's namespace is a value that somebody set, as an unknown parameter would be."""
    return not (name.startswith("_") or name in ("In", "Out") or callable(value) or isinstance(value, ModuleType))


def _check_root(data_root: Any) -> None:
    if data_root is not None and not isinstance(data_root, str):
        refuse("data_root", data_root, "a folder, or None for data/images")


@dataclass(frozen=True)
class Parameters:
    """A chapter's parameters; each chapter has a subclass whose fields say what they may be."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type == tuple[str, ...] and isinstance(value, str) and value.lstrip().startswith("["):
                # A command line gives a list as text, such as '["half", "tanh"]'.
                with contextlib.suppress(ValueError):
                    object.__setattr__(self, field.name, json.loads(value))
        validate_fields(self)
        if hasattr(self, "dataset"):
            one_of("scale", self.scale, scales(self.dataset))

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
            # Run again in the same kernel, a chapter has its own results alongside its parameters.
            namespace[_CHECKED] = True
        missing = [name for name in names if name not in namespace]
        if missing:
            refuse("parameters", sorted(set(names) - set(missing)), f"all of {', '.join(names)}")
        return cls(**{name: namespace[name] for name in names})


@dataclass(frozen=True)
class ToyParameters(Parameters):
    """Parameters of ``book/checkerboard.ipynb`` and ``book/8gaussians.ipynb``."""

    dataset: str = option(choices=published.POINTS)
    scale: str = option()
    steps: int | None = option(low=1)
    seeds: int | None = option(low=1)
    combinations: tuple[str, ...] = option(choices=TABLE_ROWS)
    objectives: tuple[str, ...] = option(choices=TABLE1_METHODS)
    device: str = option(check=check_device)
    fresh: bool = option()


@dataclass(frozen=True)
class ImagesParameters(Parameters):
    """Parameters of ``book/images.ipynb``."""

    dataset: str = option(choices=[name for name in datasets.names() if datasets.kind(name) == "images"])
    objectives: tuple[str, ...] = option(choices=objectives.names())
    scale: str = option()
    seed: int = option(low=0)
    steps: int | None = option(low=1)
    device: str = option(check=check_device)
    data_root: str | None = option(check=_check_root)
    fresh: bool = option()


@dataclass(frozen=True)
class AblationParameters(Parameters):
    """Parameters of ``book/ablation.ipynb``."""

    scale: str = option()
    dataset: str = option(choices=datasets.names())
    seeds: int | None = option(low=1)
    schedules: tuple[str, ...] = option(choices=ABLATION.variants)
    reading: str = option(choices=READINGS)
    device: str = option(check=check_device)
    data_root: str | None = option(check=_check_root)
    fresh: bool = option()


@dataclass(frozen=True)
class StudyParameters(Parameters):
    """Parameters of ``book/why.ipynb`` and ``book/paper-vs-code.ipynb``."""

    seeds: int | None = option(low=1)
    device: str = option(check=check_device)
    fresh: bool = option()


@dataclass(frozen=True)
class SpeedParameters(Parameters):
    """Parameters of ``book/speed.ipynb``."""

    device: str = option(choices=("cpu", "cuda"))


@dataclass(frozen=True)
class ReadingsParameters(Parameters):
    """Parameters of ``book/readings.ipynb``."""

    scale: str = option(choices=scales("checkerboard"))
    datasets: tuple[str, ...] = option(choices=SPECIFICATIONS)
    seeds: int = option(low=1)
    device: str = option(check=check_device)
    fresh: bool = option()
