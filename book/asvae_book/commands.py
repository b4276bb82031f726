"""What the book adds to the ``asvae`` command."""

from typing import Annotated, Any

import click
import typer

from asvae import datasets
from asvae.checks import InvalidArgumentError, number, one_of, refuse, subset
from asvae.cli.endings import stoppable
from asvae.cli.options import Device, Fresh, Scale, Settings, Steps, settings_of
from asvae.files import DATA, NotWrittenError
from asvae.store import runs as store
from asvae.store.rows import WEIGHT_NAMES
from asvae_book.paper import ledger
from asvae_book.studies import STUDIES, Label, Study
from asvae_book.studies.measures import summary
from asvae_book.studies.sources import line

BOOK = DATA.parent / "book"
"""Where the chapters lie."""


def sweep(
    scale: Scale = "quick",
    seeds: Annotated[int, typer.Option(help="Runs per cell, with seeds 0, 1, ...")] = 20,
    study: Annotated[str, typer.Option(help=f"{', '.join(STUDIES)}.")] = "table1",
    dataset: Annotated[str | None, typer.Option(help="Data set; by default the study's own.")] = None,
    combinations: Annotated[str | None, typer.Option(help="Of a table: its rows, separated by commas.")] = None,
    objectives: Annotated[str | None, typer.Option(help="Of a table: its columns, separated by commas.")] = None,
    steps: Steps = None,
    settings: Settings = None,
    device: Device = "cpu",
    workers: Annotated[int | None, typer.Option(help="Processes; by default one per core.")] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="Stop cleanly after 90m, 2h or 45s: status 75.")
    ] = None,
    fresh: Fresh = False,
) -> None:
    """Make the runs of a study, and commit them to data/results/: Table 1, methods × combinations × seeds, by default.

    The other studies: 8gaussians, the main paper's table; readings-..., AS-IntroVAE under five readings of the paper;
    specifications-..., AS- against S-IntroVAE with one choice changed at a time; grid-8gaussians, every method over one
    grid of weights; ablation, the schedules of the annealing chapter; deviations, what the released code does
    otherwise; explorer, shapes and rates of the annealing; methods, all five side by side.

    --set reading=released reads the methods as the released code does: paper (the default), tanh, real, released,
    supplement.

    Runs with other steps or networks than the scale's own stay in data/runs/. What is there is not made again. Stop it
    at any moment, or give it a budget: the same command goes on where it was, to the same results. On a CPU the runs
    are spread over all cores; a quick run takes half a minute on one core, one at the paper's settings half an hour to
    an hour. Of images, a reduced run takes about half an hour, of WGAN-GP more than twice that.
    """
    chosen = STUDIES[one_of("study", study, STUDIES)]
    dataset = chosen.dataset if dataset is None else dataset
    labels = _chosen_cells(chosen, combinations, objectives)
    changes = settings_of(settings) | ({} if steps is None else {"steps": steps})
    cells = chosen.configs(dataset, seeds, scale, labels, **changes)
    options = {"fresh": fresh, "device": device, "workers": workers}
    options["budget"] = None if budget is None else _seconds(budget)
    found = store.load_or_train(cells.runs, weights=False, **options)
    changed = ", ".join(f"{name} {value}" for name, value in changes.items())
    typer.echo(f"{chosen.name} on {datasets.title(dataset)}" + (f", with {changed}" if changed else ""))
    table = summary(chosen, cells.regroup(found))
    table.index = [_row(chosen, label, changes) for label in cells]
    typer.echo(table.to_string())
    typer.echo(line(found))


def claims(json: Annotated[bool, typer.Option("--json", help="For programs: with every comparison.")] = False) -> None:
    """Print the claims ledger: every claim of the paper, what was run for it, what that measured, the verdict.

    All of it is computed from data/results/, by the rules that the book states.
    """
    entries = ledger.ledger()
    typer.echo(ledger.as_json(entries) if json else ledger.as_text(entries))


def run(
    context: typer.Context,
    chapter: Annotated[str, typer.Argument(help="A chapter's name, such as checkerboard.")],
    output: Annotated[str | None, typer.Option("--output", "-o", help="The notebook to write.")] = None,
) -> None:
    """Run a chapter with other parameters: asvae run checkerboard -p steps 500 -p seeds 2.

    Further arguments go to papermill: -p NAME VALUE, -y YAML, -f FILE, --help-notebook to list the parameters.
    """
    known = sorted(path.stem for path in BOOK.glob("*.ipynb"))
    if not known:
        refuse("chapter", chapter, f"a checkout of the book ({BOOK} holds no notebook)")
    source = BOOK / f"{one_of('chapter', chapter.removesuffix('.ipynb'), known)}.ipynb"
    if "--help-notebook" in context.args:
        arguments = ["--help-notebook", str(source)]
    else:
        arguments = [str(source), output or f"{source.stem}-out.ipynb", *context.args]
    if output and "://" in output:
        refuse("--output", output, "the path of a file")
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError
    from papermill.cli import papermill  # seconds to import
    from papermill.exceptions import PapermillException, PapermillExecutionError
    from yaml import YAMLError

    try:
        with stoppable():
            papermill.main(arguments, "papermill", standalone_mode=False)
    except PapermillExecutionError as error:
        if error.ename not in _SENTENCES:
            raise
        raise _SENTENCES[error.ename](error.evalue) from error
    except CellTimeoutError:
        refuse("--execution-timeout", "a cell that took longer", "the seconds that each cell has")
    except (OSError, YAMLError, PapermillException, NoSuchKernel) as error:
        allowed = f"what papermill can read and write ({' '.join(str(error).split())})"
        refuse("arguments", " ".join(arguments[1:]), allowed)
    except click.ClickException as error:
        error.show()
        raise typer.Exit(error.exit_code) from error


_SENTENCES = {
    "InvalidArgumentError": InvalidArgumentError,
    "MissingDataError": InvalidArgumentError,
    "NotWrittenError": NotWrittenError,
}
"""Errors of a chapter that say all in one sentence, and as what they leave the command."""

run.context_settings = {"allow_extra_args": True, "ignore_unknown_options": True}


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
    # A table may have gaps: a method without a weight has fewer cells.
    return [label for label in study.variants if label[0] in kept_rows and label[1] in kept_columns]


def _row(study: Study, label: Label, changes: dict[str, Any]) -> str:
    """Return the name of a row of the printed table; where its own settings were changed, with what changed."""
    changed = {name for name in changes if name in (*WEIGHT_NAMES, *study.variants[label].changes)}
    but = ", ".join(f"{name} {value}" for name, value in changes.items() if name in changed)
    return study.title(label) + (f", but for {but}" if but else "")


def _seconds(text: str) -> float:
    """Return a time such as ``90m`` in seconds; a number without a unit is in seconds already."""
    import pandas as pd  # half a second to import

    try:
        return number("budget", pd.Timedelta(f"{float(text)}s" if _is_number(text) else text).total_seconds(), 0.0)
    except ValueError:
        refuse("budget", text, "a number and s, m or h, such as 90m")


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
