"""What a claim is: its text, where the paper makes it, which runs decide it, and how."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from asvae.training.run import Result
from asvae_book.paper.verdicts import NOT_RUN, Verdict
from asvae_book.studies import Cells, Label, Study

UNAVAILABLE = "source unavailable"
"""Said of the authors' own program where it was never released."""

RELEASED = "released, does not run as it is"
"""And where it was."""


@dataclass(frozen=True)
class Ground:
    """Data and scale that a claim is judged on."""

    dataset: str
    scale: str
    section: str
    """The chapter and heading that show the evidence, ``chapter#heading``; empty while no page does."""
    own: bool = True
    """Whether the claim is about these data; otherwise they stand in, under their own name."""
    reading: str = "paper"
    """How the methods are read: see :data:`asvae.config.presets.READINGS`. Only the paper's own speaks for a claim."""


@dataclass(frozen=True)
class Claim:
    """A claim of the paper. To add one, make it and enter it in :data:`asvae_book.paper.claims.CLAIMS`."""

    key: str
    text: str
    place: str
    """Where the paper makes it."""
    shown: str
    """What the paper shows there."""
    program: str
    """Whether the authors' own can be had: :data:`UNAVAILABLE` or :data:`RELEASED`."""
    study: Study = field(hash=False)
    """What has to be run."""
    labels: tuple[Label, ...]
    """The variants of the study that the claim speaks of."""
    grounds: tuple[Ground, ...]
    """From stand-ins and small scales to the paper's own data and settings; at least one is the claim's own.

    The last of a data set is what speaks for the claim there.
    """
    judge: Callable[..., Verdict]
    """Cells of the study's results → verdict; without runs it is ``not run``."""
    caveat: str = ""
    """What its verdict rests on beside the runs, such as ``"under our reading"``."""
    floor: Callable[[Sequence[Result]], str] | None = None
    """Runs, not all diverged → what perfect samples would get in the measure that decides; ``None``: there is none."""

    def __post_init__(self):
        if not any(ground.own for ground in self.grounds):
            raise ValueError(f"claim {self.key}: none of its grounds is its own")

    def terms(self, verdict: Verdict, scale: str) -> str:
        """Return what belongs to a verdict at ``scale``: a scale below the published one, and the claim's caveat.

        Nothing does if nothing was run.
        """
        parts = ("" if scale == "paper" else f"at {scale} scale", self.caveat)
        return "" if verdict.verdict == NOT_RUN else " ".join(each for each in parts if each)

    def floor_of(self, cells: Cells[Result]) -> str:
        """Return what perfect samples would get, ``–`` where nothing ended that could be set beside it."""
        ended = any(not run.diverged for run in cells.runs)
        return self.floor(cells.runs) if self.floor and ended else "–"
