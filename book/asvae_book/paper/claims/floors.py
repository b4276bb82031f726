"""What perfect samples would get in the scores that rank."""

from collections.abc import Sequence
from functools import cache

from asvae import datasets
from asvae.metrics import points
from asvae.training.run import Result
from asvae_book.studies.measures import headline_name


@cache
def truth(dataset: str) -> dict[str, float]:
    """Return the scores of the truth itself, for a data set of points."""
    return points.floor(datasets.get(dataset))


def first_ended(runs: Sequence[Result]) -> Result:
    """Return the first run that did not diverge."""
    return next(run for run in runs if not run.diverged)


def score_floor(runs: Sequence[Result]) -> str:
    """Return what the truth gets in the score that ranks ``runs``; of images, other real images."""
    run = first_ended(runs)
    if run.config.kind == "points":
        return f"KL {truth(run.config.dataset)['kl']:.2f}"
    name = "fid_floor" if headline_name(runs) == "FID" else "frechet_classifier_floor"
    return f"{run.scores[name]:.2f}"
