"""The ``asvae`` command: train a run, sweep a study, run a chapter, print the claims."""

import contextlib
import json
import sys
from importlib.metadata import entry_points
from typing import Annotated, Any

import typer

from asvae import datasets
from asvae.checks import InvalidArgumentError, number, one_of, refuse, subset
from asvae.config import RunConfig
from asvae.metrics.features import inception as inception_network
from asvae.store import runs as store
from asvae.store.results import keep as keep_result
from asvae.studies import STUDIES, Study
from asvae.studies.measures import summary
from asvae.training.diagnostics import findings
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery
from asvae.training.provenance import line
from asvae.training.sweep import BudgetSpentError

_INCEPTION = "inception"
_IMAGES = [name for name in datasets.names() if datasets.kind(name) == "images" and name != "folder"]
_OWN = ("objective", "dataset", "scale", "seed", "steps")

app = typer.Typer(
    help="Train and rerun what the AS-IntroVAE companion shows.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Device = Annotated[str, typer.Option(help='"cpu", or "cuda" where torch finds one.')]
Dataset = Annotated[str, typer.Option(help="Data set.")]
Scale = Annotated[str, typer.Option(help='"quick": minutes on a laptop; "paper": the published settings.')]
Steps = Annotated[int | None, typer.Option(help="Optimisation steps, instead of the scale's own.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A hyper-parameter, such as beta_neg=0.5; may be repeated."),
]
DataRoot = Annotated[str | None, typer.Option(help="Folder of the data set's files; by default data/images.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Train anew even what is stored.")]


@app.command()
def train(
    objective: Annotated[str, typer.Option(help="Method.")] = "as-introvae",
    dataset: Dataset = "checkerboard",
    scale: Scale = "quick",
    seed: Annotated[int, typer.Option(help="Decides weights, data and noise.")] = 0,
    steps: Steps = None,
    settings: Settings = None,
    device: Device = "cpu",
    data_root: DataRoot = None,
    precision: Annotated[str | None, typer.Option(help='Of images: "float32", "bfloat16"; default: by device.')] = None,
    compile: Annotated[bool, typer.Option("--compile", help="Of images: compile the networks, for a GPU.")] = False,
    threads: Annotated[int, typer.Option(help="Of images: threads on a CPU.")] = 1,
    inception: Annotated[str | None, typer.Option(help="Of images: the Inception weights' file, for FID.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep scores and samples in data/results/ as well.")] = False,
    fresh: Fresh = False,
) -> None:
    """Train one run, or load it if it is stored, and print its scores.

    Killed or stopped, the same command goes on where it was. The run's folder is for `asvae.load`. On several GPUs:
    torchrun --nproc-per-node 8 -m asvae train --device cuda ...; while it trains, look at the sheets in
    data/runs/unfinished/.
    """
    config = RunConfig(objective, dataset, scale, seed, steps, **_settings(settings))
    machinery = Machinery(data_root, precision, compiled=compile, threads=threads, inception=inception)
    if keep:
        _check_whole(config, data_root)
    [run] = store.load_or_train([config], fresh=fresh, device=device, machinery=machinery)
    if not is_main_process():
        return
    if keep:
        typer.echo(keep_result(run))
    for finding in findings(run):
        typer.echo(str(finding))
    for name, value in run.scores.items():
        typer.echo(f"{name:24} {value:.4g}")
    typer.echo(f"{line([run])}\n{store.locate(config, machinery=machinery)}")


@app.command()
def data(
    dataset: Annotated[str, typer.Argument(help="mnist, cifar10, celeba128, celeba256; inception: FID's network.")],
    data_root: DataRoot = None,
) -> None:
    """Fetch a data set's files, with checksums, and say what is in them.

    For celeba, if its server refuses: put img_align_celeba/ into DATA_ROOT/celeba/ by hand. Your own images need no
    fetching: asvae train --dataset folder --data-root DIR.
    """
    if one_of("dataset", dataset, [*_IMAGES, _INCEPTION]) == _INCEPTION:
        typer.echo(inception_network(download=True).name)
        return
    images = RunConfig("vae", dataset).data(data_root)
    if not images.available:
        images.download()
    typer.echo(f"{images.source}\n{len(images.images):,} training and {len(images.test_images):,} test images")
    typer.echo(f"fingerprint {images.fingerprint}, {len(images.skipped)} unreadable")


@app.command()
def sweep(
    scale: Scale = "quick",
    seeds: Annotated[int, typer.Option(help="Runs per cell, with seeds 0, 1, ...")] = 20,
    study: Annotated[str, typer.Option(help=f"{', '.join(STUDIES)}.")] = "table1",
    dataset: Annotated[str, typer.Option(help="Data set; tables are of points.")] = "checkerboard",
    combinations: Annotated[str | None, typer.Option(help="Of a table: its rows, separated by commas.")] = None,
    objectives: Annotated[str | None, typer.Option(help="Of a table: its columns, separated by commas.")] = None,
    steps: Steps = None,
    settings: Settings = None,
    device: Device = "cpu",
    workers: Annotated[int | None, typer.Option(help="Processes; by default one per core.")] = None,
    budget: Annotated[str | None, typer.Option(metavar="TIME", help="Stop cleanly after 90m, 2h or 45s.")] = None,
    fresh: Fresh = False,
) -> None:
    """Make the runs of a study, and commit them to data/results/: Table 1, methods × combinations × seeds, by default.

    The other studies: 8gaussians, the main paper's table, made for --dataset 8gaussians; ablation, the schedules of
    the annealing chapter; deviations, what the released code does otherwise; explorer, shapes and rates of the
    annealing; methods, all five side by side.

    Runs with other steps or networks than the scale's own stay in data/runs/. What is there is not made again. Stop it
    at any moment, or give it a budget: the same command goes on where it was, to the same results. On a CPU the runs
    are spread over all cores; a quick run takes half a minute on one core, one at the paper's settings half an hour to
    an hour.
    """
    chosen = STUDIES[one_of("study", study, STUDIES)]
    labels = _chosen_cells(chosen, combinations, objectives)
    changes = _settings(settings) | ({} if steps is None else {"steps": steps})
    cells = chosen.configs(dataset, seeds, scale, labels, **changes)
    options = {"fresh": fresh, "device": device, "workers": workers}
    try:
        found = store.load_or_train(
            cells.runs, weights=False, budget=None if budget is None else _seconds(budget), **options
        )
    except BudgetSpentError as spent:
        typer.echo(str(spent))
        return
    changed = ", ".join(f"{name} {value}" for name, value in changes.items())
    typer.echo(f"{chosen.name} on {datasets.title(dataset)}" + (f", with {changed}" if changed else ""))
    typer.echo(summary(chosen, cells.regroup(found)).to_string())
    typer.echo(line(found))


def _chosen_cells(study: Study, rows: str | None, columns: str | None) -> list[tuple[str, str]] | None:
    """Return the labels that the options name; they are refused beside a study that is no table."""
    given = {"combinations": rows, "objectives": columns}
    if not all(isinstance(label, tuple) for label in study.variants):
        for name, value in given.items():
            if value is not None:
                refuse(name, value, f"nothing beside the study {study.name!r}, which has no rows and columns")
        return None
    allowed = [list(dict.fromkeys(side)) for side in zip(*study.variants, strict=True)]
    kept_rows, kept_columns = (
        subset(name, there if value is None else value.split(","), there)
        for (name, value), there in zip(given.items(), allowed, strict=True)
    )
    return [(row, column) for row in kept_rows for column in kept_columns]


def _check_whole(config: RunConfig, data_root: str | None) -> None:
    """Refuse to keep, for all to see, what was not trained on the data set that its name says."""
    if config.dataset == "folder":
        refuse("--keep", config.dataset, "a data set that others have, too")
    if not store.is_whole(config, data_root):
        images = config.data(data_root)
        refuse("--keep", f"{len(images.images):,} training images", f"the {images.whole:,} of the published data set")


def _settings(settings: list[str] | None) -> dict[str, Any]:
    """Return ``NAME=VALUE`` arguments as hyper-parameters."""
    found = {}
    for each in settings or ():
        name, equals, value = each.partition("=")
        if not (name and equals) or name in _OWN:
            refuse("--set", each, f"NAME=VALUE, and for {', '.join(_OWN)} their own options")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = {"True": True, "False": False}.get(value, value)
    return found


def _seconds(text: str) -> float:
    """Return a time such as ``90m`` in seconds; a number without a unit is in seconds already."""
    import pandas as pd  # half a second to import

    try:
        return number("budget", pd.Timedelta(f"{float(text)}s" if _is_number(text) else text).total_seconds(), 0.0)
    except ValueError:
        refuse("budget", text, "a number and s, m or h, such as 90m")


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _add_commands() -> None:
    """Take in the commands of other packages: the book's own, which are absent where the library stands alone."""
    found = {}
    for point in entry_points(group="asvae.commands"):
        with contextlib.suppress(ImportError):
            found[point.name] = point.load()
    for name in dict.fromkeys((*_BOOK, *found)):
        function = found.get(name) or _absent(name)
        settings = getattr(function, "context_settings", None) if name in found else _ANY
        app.command(name=name, context_settings=settings)(function)


def _absent(name: str):
    def command(context: typer.Context) -> None:
        """Part of the book: install the companion from its checkout."""
        allowed = "train, sweep, data; the book's commands come with `pip install -e .` in a checkout of the companion"
        refuse("command", name, allowed)

    return command


_BOOK = ("claims", "run")
_ANY = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Settings of a command that takes whatever it is given."""

_add_commands()


def main() -> None:
    """Run the command; what is not allowed ends in one sentence and exit status 2."""
    try:
        app()
    except InvalidArgumentError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
