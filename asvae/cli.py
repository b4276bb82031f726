"""The ``asvae`` command: train a run, sweep a study, run a chapter, print the claims."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from asvae_book.chapters import ablation, table1
from asvae_book.chapters import index as ledger_tables
from asvae_book.chapters.show import line
from asvae_book.paper.ledger import ledger
from asvae_book.paper.published import METHODS

from asvae import datasets
from asvae.checks import InvalidArgumentError, integer, one_of, refuse
from asvae.config import RunConfig
from asvae.config.presets import COMBINATIONS, SCALES
from asvae.files import DATA
from asvae.metrics.features import inception as inception_network
from asvae.store import runs as store
from asvae.store.results import keep as keep_result
from asvae.studies.catalogue import STUDIES, configurations, regroup
from asvae.training.diagnostics import findings
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery
from asvae.training.sweep import BudgetSpentError

_INCEPTION = "inception"
_IMAGES = [name for name in SCALES if datasets.kind(name) == "images" and name != "folder"]
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
    seeds: Annotated[int, typer.Option(help="Runs a cell, with seeds 0, 1, ...")] = 20,
    study: Annotated[str, typer.Option(help=f"table1, {', '.join(STUDIES)}.")] = "table1",
    dataset: Annotated[str, typer.Option(help="Of a study; Table 1 is about the checkerboard.")] = "checkerboard",
    combinations: Annotated[str, typer.Option(help="Rows of Table 1, separated by commas.")] = ",".join(COMBINATIONS),
    objectives: Annotated[str, typer.Option(help="Its columns, separated by commas.")] = ",".join(METHODS),
    steps: Steps = None,
    settings: Settings = None,
    device: Device = "cpu",
    workers: Annotated[int | None, typer.Option(help="Processes; by default one a core.")] = None,
    budget: Annotated[str | None, typer.Option(metavar="TIME", help="Stop cleanly after 90m, 2h or 45s.")] = None,
    fresh: Fresh = False,
) -> None:
    """Make the runs of Table 1, methods × combinations × seeds, or of another study; keep them in data/results/.

    The studies: ablation, the schedules of the annealing chapter; deviations, what the released code does otherwise;
    explorer, shapes and rates of the annealing; methods, all five side by side. They ask for --dataset, and Table 1
    alone for rows and columns.

    Runs with other steps or networks than the scale's own are kept in data/runs/ alone. What is kept is not made again.
    Stop it at any moment, or give it a budget: the same command goes on where it was, to the same results. On a CPU the
    runs are spread over all cores; a quick run takes half a minute on one core, one at the paper's settings half an
    hour to an hour.
    """
    integer("seeds", seeds, 1)
    rows = [one_of("combinations", row, COMBINATIONS) for row in combinations.split(",")]
    columns = [one_of("objectives", name, METHODS) for name in objectives.split(",")]
    changes = _settings(settings)
    if study == "table1":
        cells = table1.configurations(rows, columns, seeds, scale, steps)
    else:
        cells, changes = configurations(study, dataset, seeds, scale), changes | ({"steps": steps} if steps else {})
    cells = {cell: [config.replace(**changes) for config in configs] for cell, configs in cells.items()}
    wanted = [config for configs in cells.values() for config in configs]
    options = {"fresh": fresh, "device": device, "workers": workers}
    try:
        found = store.evidence(wanted, budget=None if budget is None else _seconds(budget), **options)
    except BudgetSpentError as spent:
        typer.echo(str(spent))
        return
    if study == "table1":
        typer.echo(table1.table(table1.regroup(cells, found)).to_string())
    else:
        typer.echo(ablation.table(regroup(cells, found)).to_string())
    typer.echo(line(found))


@app.command()
def claims(json: Annotated[bool, typer.Option("--json", help="For programs: with every comparison.")] = False) -> None:
    """Print the claims ledger: every claim of the supplement, what was run for it, what that measured, the verdict.

    All of it is computed from data/results/, by the rules that the book states.
    """
    found = ledger()
    typer.echo(ledger_tables.as_json(found) if json else ledger_tables.text(found))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    chapter: Annotated[str, typer.Argument(help="A chapter's name, such as checkerboard.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The notebook to write.")] = None,
) -> None:
    """Run a chapter with other parameters: asvae run checkerboard -p steps 500 -p seeds 2.

    Further arguments go to papermill: -p NAME VALUE, -y YAML, -f FILE, --help-notebook to list the parameters.
    """
    book = DATA.parent / "book"
    known = sorted(path.stem for path in book.glob("*.ipynb"))
    if not known:
        refuse("chapter", chapter, f"a checkout of the book ({book} holds no notebook)")
    source = book / f"{one_of('chapter', chapter.removesuffix('.ipynb'), known)}.ipynb"
    if "--help-notebook" in context.args:
        arguments = ["--help-notebook", str(source)]
    else:
        arguments = [str(source), str(output or Path(f"{source.stem}-out.ipynb")), *context.args]
    raise typer.Exit(subprocess.run([sys.executable, "-m", "papermill", *arguments], check=False).returncode)


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
    """Return a time such as ``90m`` in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not match:
        refuse("budget", text, "a number and s, m or h, such as 90m")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def main() -> None:
    """Run the command; what is not allowed ends in one sentence and exit status 2."""
    try:
        app()
    except InvalidArgumentError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
