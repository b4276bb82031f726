"""What the book adds to the ``asvae`` command."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from asvae.checks import one_of, refuse
from asvae.files import DATA
from asvae_book.paper import ledger

BOOK = DATA.parent / "book"
"""Where the chapters lie."""


def claims(json: Annotated[bool, typer.Option("--json", help="For programs: with every comparison.")] = False) -> None:
    """Print the claims ledger: every claim of the supplement, what was run for it, what that measured, the verdict.

    All of it is computed from data/results/, by the rules that the book states.
    """
    entries = ledger.ledger()
    typer.echo(ledger.as_json(entries) if json else ledger.as_text(entries))


def run(
    context: typer.Context,
    chapter: Annotated[str, typer.Argument(help="A chapter's name, such as checkerboard.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The notebook to write.")] = None,
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
        arguments = [str(source), str(output or Path(f"{source.stem}-out.ipynb")), *context.args]
    raise typer.Exit(subprocess.run([sys.executable, "-m", "papermill", *arguments], check=False).returncode)


run.context_settings = {"allow_extra_args": True, "ignore_unknown_options": True}
