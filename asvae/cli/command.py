"""The ``asvae`` command: train a run, fetch data, and what the book adds."""

import os
import shutil
import sys
from importlib.metadata import entry_points
from typing import Annotated, Any

import typer

from asvae import datasets
from asvae.checks import one_of, printable, refuse
from asvae.cli.endings import endings
from asvae.cli.options import DataRoot, Dataset, Device, Fresh, Scale, Settings, Steps, settings_of
from asvae.config import RunConfig
from asvae.durations import duration
from asvae.files import check_writable
from asvae.metrics.features import VARIABLE
from asvae.metrics.features import inception as inception_network
from asvae.store import runs as store
from asvae.store.results import ROOT
from asvae.store.results import keep as keep_result
from asvae.training.diagnostics import findings
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery

_INCEPTION = "inception"
_BOOK = ("sweep", "claims", "run", "results")
_IMAGES = [name for name in datasets.names() if datasets.kind(name) == "images" and name != "folder"]

app = typer.Typer(
    help=(
        "Train and rerun what the AS-IntroVAE companion shows. Exit status: 0 done; 2 an argument is not allowed; 74 a "
        "file cannot be written; 75 a budget is spent, and the same command goes on; 130 Ctrl-C, 143 SIGTERM, 129 "
        "SIGHUP: saved, and the same command goes on."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


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
    threads: Annotated[int | None, typer.Option(help="Of images: threads on a CPU; by default 1.")] = None,
    inception: Annotated[str | None, typer.Option(help="Of images: the Inception weights' file, for FID.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep scores and samples in data/results/ as well.")] = False,
    fresh: Fresh = False,
) -> None:
    """Train one run, or load it if it is stored, and print its scores.

    Killed or stopped, the same command goes on where it was. The run's folder is for `asvae.load`. On several GPUs:
    torchrun --nproc-per-node 8 -m asvae train --device cuda ...; while it trains, look at the sheets in
    data/runs/unfinished/.
    """
    config = RunConfig(objective, dataset, scale, seed, steps, **settings_of(settings))
    options = {"--precision": precision, "--compile": compile or None, "--threads": threads, "--inception": inception}
    _check_apply(config, data_root, options)
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if compile and not shutil.which(compiler):
        refuse("--compile", True, f"a machine with a C++ compiler, here {compiler!r}: CXX names another")
    threads = 1 if threads is None else threads
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
    made = run.provenance
    typer.echo(printable(f"{made['origin']}: {duration(made['seconds'])} of training on {made['hardware']}"))
    typer.echo(store.locate(config, machinery=machinery))


@app.command()
def data(
    dataset: Annotated[
        str, typer.Argument(help="mnist, cifar10, celeba64, celeba128, celeba256; inception: FID's network.")
    ],
    data_root: DataRoot = None,
) -> None:
    """Fetch a data set's files, with checksums, and say what is in them.

    For celeba, if its server refuses: put img_align_celeba/ into DATA_ROOT/celeba/ by hand. Your own images need no
    fetching: asvae train --dataset folder --data-root DIR.
    """
    if one_of("dataset", dataset, [*_IMAGES, _INCEPTION]) == _INCEPTION:
        if data_root is not None:
            refuse("--data-root", data_root, f"nothing for {_INCEPTION!r}, whose file {VARIABLE} names")
        typer.echo(inception_network(download=True).name)
        return
    config = RunConfig("vae", dataset)
    _check_apply(config, data_root, {})
    images = config.data(data_root)
    if not images.available:
        images.download()
    typer.echo(f"{images.source}\n{len(images.images):,} training and {len(images.test_images):,} test images")
    typer.echo(f"fingerprint {images.fingerprint}, {len(images.skipped)} unusable")


def _check_apply(config: RunConfig, data_root: str | None, of_images: dict[str, Any]) -> None:
    """Refuse options that the data set has no use for."""
    for name, value in of_images.items() if config.kind == "points" else ():
        if value is not None:
            refuse(name, value, f"nothing on {config.dataset!r}, which has no images")
    if data_root is not None and not datasets.has_files(config.dataset):
        refuse("--data-root", data_root, f"nothing for {config.dataset!r}, which needs no files")


def _check_whole(config: RunConfig, data_root: str | None) -> None:
    """Refuse to keep, for all to see, what is not what its name says: another size, other data."""
    if changed := {name: value for name, value in config.overrides.items() if name not in store.READING_FIELDS}:
        refuse("--keep", ", ".join(f"{name}={value}" for name, value in changed.items()), "the scale's own size")
    if config.dataset == "folder":
        refuse("--keep", config.dataset, "a data set that others have, too")
    if not store.is_whole(config, data_root):
        images = config.data(data_root)
        refuse("--keep", f"{len(images.images):,} training images", f"the {images.whole:,} of the published data set")
    check_writable("--keep", ROOT)


def _add_commands() -> None:
    """Take in the commands of other packages: the book's own, which are absent where the library stands alone."""
    found = {}
    for point in entry_points(group="asvae.commands"):
        try:
            found[point.name] = point.load()
        except ModuleNotFoundError as error:
            # Absent is one thing; a package that is there and does not load must say why.
            if error.name is None or error.name.partition(".")[0] != point.module.partition(".")[0]:
                raise
    for name, function in ({name: _absent(name) for name in _BOOK} | found).items():
        app.command(name=name, context_settings=getattr(function, "context_settings", None))(function)


def _absent(name: str):
    def command(context: typer.Context) -> None:
        """Part of the book: install the companion from its checkout."""
        allowed = "train, data; the book's commands come with `pip install -e .` in a checkout of the companion"
        refuse("command", name, allowed)

    command.context_settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    return command


_add_commands()


def main() -> None:
    """Run the command; whatever ends it early ends in one sentence and a status of its own, as the help says."""
    with endings():
        app()
