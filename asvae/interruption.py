"""What happens between the steps of any training: when it notes its curves, saves itself, or stops before its end."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

CURVE_POINTS = 100
"""How many points of every curve a run keeps."""

CHECKPOINT_SECONDS = 30.0
"""Wall time between two checkpoints."""


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
