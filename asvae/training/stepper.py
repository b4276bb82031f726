"""What the loop knows of an engine: lanes of points or one run on images, advanced one step at a time."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from asvae.config import RunConfig
from asvae.networks import Networks
from asvae.training.curves import Curves
from asvae.training.marks import Marks
from asvae.training.run import Divergence

Terms = dict[str, Tensor]
"""Term → one value per run."""


@dataclass(frozen=True)
class Judged:
    """What a finished run is known by."""

    scores: dict[str, float]
    samples: Tensor
    pictures: dict[str, Tensor] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    """What the engine adds to the run's provenance."""


@dataclass(frozen=True)
class Interruption:
    """When a stack saves itself, and when it stops before its end."""

    path: Path | None = None
    """The folder of its checkpoints; ``None``: none are written."""
    deadline: float = float("inf")
    """Seconds since the epoch."""
    parent: int | None = None
    """The process that must be alive for the work to make sense."""
    asked: Callable[[], bool] = bool
    """Whether somebody asked to stop."""

    @property
    def due(self) -> bool:
        """Whether to stop now."""
        gone = self.parent is not None and os.getppid() != self.parent
        return gone or time.time() >= self.deadline or self.asked()


class Stepper(ABC):
    """Several runs that are trained together, or one; the defaults are of one process that makes no pictures."""

    configs: Sequence[RunConfig]
    device: str
    data: str = ""
    """Fingerprint of the data, empty where a formula makes them: a checkpoint on other data is not gone on from."""
    amount: int
    """What one step adds to the progress."""
    writes: bool = True
    """Whether this process writes files: of several that train one run, the main one alone does."""

    @property
    @abstractmethod
    def divergences(self) -> list[Divergence | None]:
        """Where each run became non-finite."""

    @abstractmethod
    def step(self, step: int) -> Terms:
        """Make ``step``; the terms stay on the device."""

    @abstractmethod
    def watch(self, step: int, marks: Marks) -> Terms:
        """Return what is measured beside the terms: gradients by path, intermediate scores."""

    def sheet(self, step: int, curves: Curves, folder: Path) -> None:
        """Draw what the run can do after ``step`` steps."""

    @abstractmethod
    def alive(self, marked: bool) -> bool:
        """Whether a run is still finite; may say yes unless ``marked``, where asking would wait for a GPU."""

    def resumes_at(self, step: int) -> None:
        """Refuse to go on unless all processes of the run stand at ``step``."""

    def stops(self, interruption: Interruption) -> bool:
        """Whether to stop now, the same answer in all processes of the run."""
        return interruption.due

    def wait(self) -> None:
        """Return once all processes of the run are here."""

    @abstractmethod
    def state(self) -> Terms:
        """Return on the CPU what a resumed run needs beside its step."""

    @abstractmethod
    def load_state(self, state: Terms, divergences: Sequence[Divergence | None]) -> None:
        """Take what :meth:`state` and :attr:`divergences` gave."""

    @abstractmethod
    def networks_of(self, run: int) -> Networks:
        """Return a run's networks as they are evaluated, on the CPU."""

    @abstractmethod
    def judge(self, run: int, networks: Networks) -> Judged:
        """Score a run; one that diverged has no model to score, whatever its last weights give."""

    def close(self) -> None:
        """Give back what the engine holds."""


def under(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the entries of a state whose names begin with ``prefix``, under the rest of their names."""
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
