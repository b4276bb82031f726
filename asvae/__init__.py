"""A reproduction of AS-IntroVAE: losses, objectives, training and scores behind the book's chapters."""

__version__ = "0.1.0"

from asvae.config import RunConfig
from asvae.results import results
from asvae.run import Run
from asvae.store import load, load_or_train
from asvae.training import sweep, train

__all__ = ["Run", "RunConfig", "load", "load_or_train", "results", "sweep", "train"]
