"""A reproduction of AS-IntroVAE: losses, objectives, training and scores behind the book's chapters."""

__version__ = "0.1.0"

from asvae.config import RunConfig
from asvae.machinery import Machinery
from asvae.results import results
from asvae.run import Result, Run
from asvae.store import evidence, load_or_train
from asvae.store import load_run as load
from asvae.sweeps import sweep
from asvae.training import train

__all__ = ["Machinery", "Result", "Run", "RunConfig", "evidence", "load", "load_or_train", "results", "sweep", "train"]
