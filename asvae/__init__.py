"""A reproduction of AS-IntroVAE: losses, objectives, training and scores behind the book's chapters.

Everything is loaded when it is first used: ``import asvae`` costs nothing, and ``asvae.losses`` loads the losses alone.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        *("checks", "config", "cpu", "datasets", "draws", "files", "losses", "metrics", "networks", "objectives"),
        *("pictures", "schedules", "store", "training"),
    ],
    submod_attrs={
        "config": ["RunConfig"],
        "store.folders": ["load"],
        "store.results": ["results"],
        "store.runs": ["load_or_train"],
        "training.images.machinery": ["Machinery"],
        "training.run": ["Result", "Run"],
        "training.sweep": ["sweep"],
        "training.train": ["train"],
    },
)
__all__ = ["Machinery", "Result", "Run", "RunConfig", "load", "load_or_train", "results", "sweep", "train"]
