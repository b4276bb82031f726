"""The command that makes the runs of a study, and the one that made given runs."""

from collections.abc import Sequence

from asvae import datasets
from asvae.config.presets import READINGS
from asvae.training.run import Result
from asvae_book.studies.catalogue import STUDIES, TABLE1
from asvae_book.studies.records import Study


def sweep_command(study: Study, dataset: str, scale: str, seeds: int, reading: str = "paper") -> str:
    """Return what makes the runs of ``study`` with seeds 0, 1, …; a study's own defaults are left out."""
    if study is TABLE1:  # the command's default
        options = ["--scale", scale]
        options += ["--dataset", dataset] if dataset != study.dataset else []
    else:
        options = ["--study", study.name, "--dataset", dataset]
        options += ["--scale", scale] if scale != "quick" else []
    options += [] if reading == "paper" else ["--set", f"reading={reading}"]
    options += ["--device", "cuda"] if scale == "paper" and datasets.kind(dataset) == "images" else []
    return " ".join(["asvae", "sweep", *options, "--seeds", str(seeds)])


def again(runs: Sequence[Result]) -> str:
    """Return the command that makes ``runs`` again, that of the smallest study which holds them all; empty if none."""
    wanted = {run.config.replace(seed=0) for run in runs}
    if len({(config.dataset, config.scale) for config in wanted}) != 1:
        return ""
    first, seeds = runs[0].config, 1 + max(run.config.seed for run in runs)
    for study in sorted(STUDIES.values(), key=lambda each: len(each.variants)):
        if study.kind not in (None, first.kind):
            continue
        # Only what compares the methods themselves is read in several ways as a whole.
        for reading in (
            READINGS if not any("reading" in each.changes for each in study.variants.values()) else ["paper"]
        ):
            changes = {} if reading == "paper" else {"reading": reading}
            if wanted <= set(study.configs(first.dataset, 1, first.scale, **changes).runs):
                return sweep_command(study, first.dataset, first.scale, seeds, reading)
    return ""
