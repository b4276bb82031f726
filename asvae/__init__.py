"""A reproduction of AS-IntroVAE: losses, objectives, training and scores behind the book's chapters."""

__version__ = "0.1.0"

from asvae.config import RunConfig
from asvae.run import Run
from asvae.training import sweep, train

__all__ = ["Run", "RunConfig", "sweep", "train"]
