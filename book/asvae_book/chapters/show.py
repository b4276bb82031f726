"""What a chapter shows: its runs, found or trained; figures and tables with the line that names them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.store.results import find
from asvae.store.runs import load_or_train
from asvae.training.images.machinery import Machinery
from asvae.training.run import Result
from asvae_book.chapters.figure_data import as_csv
from asvae_book.chapters.figure_svg import as_svg
from asvae_book.studies import COMMITTED_SEEDS, Cells, Label, Study
from asvae_book.studies.command import again
from asvae_book.studies.sources import line


class Found(NamedTuple):
    """The runs of a chapter, and which of those that were asked for are not among them."""

    cells: Cells[Result]
    missing: str
    """Which are not, and why, in Markdown; empty if all are there."""


def find_or_train(
    study: Study,
    dataset: str,
    seeds: int | Sequence[int] | None,
    scale: str = "quick",
    labels: Sequence[Label] | None = None,
    *,
    steps: int | None = None,
    device: str = "cpu",
    data_root: str | None = None,
    fresh: bool = False,
    **changes: Any,
) -> Found:
    """Return the runs of a study by label.

    Committed results come first and need no data. What is missing is trained, and stored as
    :func:`asvae.load_or_train` does, if the data are there, but not at the published settings of images on a CPU, where
    it would take weeks: then the runs that were found are returned alone, with the reason.

    Parameters
    ----------
    study, dataset, scale, labels, steps
        As of :meth:`asvae_book.studies.Study.configs`.
    seeds : int or sequence of int, optional
        How many, 0, 1, …, or which. ``None``: all that are committed, and the first where none is.
    device, fresh
        As of :func:`asvae.load_or_train`.
    data_root : str, optional
        The folder of the data set's files.
    **changes
        Hyper-parameters, or a ``reading``, in addition to the variants' own.

    Raises
    ------
    InvalidArgumentError
        If nothing was found and nothing can be trained here: the data are absent, or the published settings of images
        were asked of a CPU.
    """
    wanted = _configs(study, dataset, seeds or COMMITTED_SEEDS, scale, labels, steps=steps, **changes)
    found = {} if fresh else find(wanted.runs)
    if seeds is None:
        wanted = Cells({label: [c for c in each if c in found] or each[:1] for label, each in wanted.items()})
    if not all(config in found for config in wanted.runs) and (why := _why_not(wanted.runs[0], device, data_root)):
        if found:
            cells = wanted.regroup(found.values())
            lacking = "; ".join(_lacking(study, wanted, cells))
            return Found(cells, f"**Not run: {lacking}.** {why}.")
        if why == _SLOW:
            refuse("device", device, "'cuda' at the published settings of images, unless steps are given")
    machinery = Machinery(data_root=data_root)
    runs = load_or_train(wanted.runs, weights=False, fresh=fresh, device=device, machinery=machinery)
    return Found(wanted.regroup(runs), "")


_SLOW = "The published settings are not trained on a CPU"


def _configs(
    study: Study,
    dataset: str,
    seeds: int | Sequence[int],
    scale: str,
    labels: Sequence[Label] | None,
    **changes: Any,
) -> Cells[RunConfig]:
    if isinstance(seeds, int):
        return study.configs(dataset, seeds, scale, labels, **changes)
    first = study.configs(dataset, 1, scale, labels, **changes).first
    return Cells({label: [config.replace(seed=seed) for seed in seeds] for label, config in first.items()})


def _why_not(config: RunConfig, device: str, data_root: str | None) -> str:
    """Return why a run on images is not trained here, in Markdown without a full stop; empty if it is."""
    if config.kind == "points":
        return ""
    if not config.data(data_root).available:
        return f"The files of `{config.dataset}` are not in `{data_root or 'data/images'}`"
    if config.scale == "paper" and device == "cpu" and "steps" not in config.overrides:
        return _SLOW
    return ""


def _lacking(study: Study, wanted: Cells[RunConfig], cells: Cells[Result]) -> list[str]:
    """Return the titles of the labels that lack runs, with how many there are if there are some."""
    return [
        study.title(label) + (f" ({len(cells[label])} of {len(configs)} seeds)" if cells[label] else "")
        for label, configs in wanted.items()
        if len(cells[label]) < len(configs)
    ]


def with_every_seed(cells: Cells[Result]) -> Cells[Result]:
    """Return under each label the runs of every seed with the same settings: those given and the committed ones."""
    wanted = Cells(
        {
            label: [run.config.replace(seed=seed) for seed in sorted({*range(COMMITTED_SEEDS), run.config.seed})]
            for label, run in cells.first.items()
        }
    )
    return wanted.regroup([*find(wanted.runs).values(), *cells.runs])


def part_of(cells: Cells[Result]) -> str:
    """Return in a sentence how many seeds are shown where more are kept; empty where all are."""
    shown, kept = (max(map(len, each.values()), default=0) for each in (cells, with_every_seed(cells)))
    if shown == kept:
        return ""
    return (
        f"**{shown} of {kept} seeds are shown**, as the parameter says: the verdicts on this page are of these alone, "
        "those of [the ledger](ledger.ipynb) of all that are kept."
    )


def say(text: str) -> None:
    """Display a sentence in Markdown that depends on the parameters or the results."""
    display(Markdown(text))


def say_list(sentences: Sequence[str]) -> None:
    """Display sentences in Markdown, one list item per sentence."""
    say("\n".join(f"- {sentence}" for sentence in sentences))


def show(shown: Any, runs: Sequence[Result] | str) -> None:
    """Display a figure or table with the line under it that says where its runs came from.

    A figure of pictures gets a white ground; charts have none, and so suit a page in the dark. They are drawn as lines
    where :func:`asvae_book.chapters.figure_svg.as_svg` can. With the line go, for the page, the numbers shown as CSV
    and the command that makes the runs again.
    """
    drawn = as_svg(shown) if isinstance(shown, Figure) else ""
    if isinstance(shown, Figure) and any(axis.images for axis in shown.axes):
        shown.set_facecolor("white")
    if drawn:
        display({"image/svg+xml": drawn, "text/plain": str(shown)}, raw=True)
    else:
        with pd.option_context("display.max_colwidth", None):
            display(shown)
    if isinstance(shown, Figure):
        plt.close(shown)
    measured = isinstance(runs, str)
    extras = {"csv": as_csv(shown), "command": "" if measured or not runs else again(runs)}
    source = f"*Source: {runs if measured else line(runs)}.*"
    display(Markdown(source), metadata={"asvae": {name: value for name, value in extras.items() if value}})
