"""What happens between the steps of any training: when it notes its curves, saves itself, or stops before its end."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

CURVE_POINTS = 100
"""How many points of every curve a run keeps."""

ROUTE_MARKS = 2
"""Every how many points of the curves the gradients are taken apart, too."""

CHECK_SHARE, CHECK_MARKS = 1 / 3, 24
"""Over which last share of a run its score is checked, and by how large a part of the curves' points apart."""

CHECKPOINT_SECONDS = 30.0
"""Wall time between two checkpoints."""


def _mark(step: int, steps: int) -> tuple[int, int]:
    """Return which point of the curves ``step`` is, 0 for none, and how many there are."""
    every = max(1, steps // CURVE_POINTS)
    return 0 if (step + 1) % every else (step + 1) // every, steps // every


def notes_curves(step: int, steps: int) -> bool:
    """Whether a run of ``steps`` notes its terms after ``step``."""
    return step == 0 or _mark(step, steps)[0] > 0


def parts_gradients(step: int, steps: int) -> bool:
    """Whether it takes its gradients apart as well; a run of a few steps never does."""
    mark, marks = _mark(step, steps)
    return marks >= CURVE_POINTS and mark > 0 and mark % ROUTE_MARKS == 0


def checks_score(step: int, steps: int) -> bool:
    """Whether it is scored as well, as it is then: nine times over its last third; a run of a few steps never is."""
    mark, marks = _mark(step, steps)
    return marks >= CURVE_POINTS and mark > (1 - CHECK_SHARE) * marks and (marks - mark) % (marks // CHECK_MARKS) == 0


@dataclass(frozen=True)
class Interruption:
    """When a stack or an image run saves itself, and when it stops before its end."""

    path: Path | None = None
    """Where its checkpoints lie, a file for a stack and a folder for an image run; ``None``: nowhere."""
    deadline: float = float("inf")
    """Seconds since the epoch."""
    parent: int | None = None
    """The process that must be alive for the work to make sense."""

    @property
    def due(self) -> bool:
        """Whether to stop now."""
        return time.time() >= self.deadline or (self.parent is not None and os.getppid() != self.parent)
