"""What the rules of the Snakefile run: a job's runs, a chapter, the book with executed chapters."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from asvae.checks import InvalidArgumentError, refuse
from asvae.cli.endings import endings
from asvae.config import RunConfig
from asvae.files import write
from asvae.store.runs import load_or_train
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    spec: Path,
    done: Path,
    workers: int = 1,
    device: str = "cpu",
    data_root: str = "",
    budget: Annotated[float, typer.Option(help="Seconds after which to stop with status 75.")] = 86400.0,
) -> None:
    """Make the runs that SPEC lists and are not there yet, then write DONE."""
    try:
        configs = [RunConfig(**each) for each in json.loads(spec.read_text())["configs"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, InvalidArgumentError):
            raise
        refuse("spec", str(spec), "a file of asvae_book.workflow.make, which writes it again once it is removed")
    machinery = Machinery(data_root or None)
    load_or_train(configs, weights=False, device=device, workers=workers, budget=budget, machinery=machinery)
    if is_main_process():
        write(done, b"made here\n")


@app.command()
def chapter(notebook: Path, output: Path, parameters: str = "{}") -> None:
    """Execute a chapter with parameters (JSON); the output is complete or absent."""
    import papermill

    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        part = Path(folder) / output.name
        papermill.execute_notebook(notebook, part, json.loads(parameters), cwd=notebook.parent, kernel_name="python3")
        os.replace(part, output)


@app.command()
def ledger(output: Path) -> None:
    """Write the claims ledger."""
    from asvae_book.paper.ledger import as_json
    from asvae_book.paper.ledger import ledger as entries

    write(output, as_json(entries()).encode())


@app.command()
def render(output: Path, chapters: Annotated[list[Path], typer.Argument()]) -> None:
    """Render the book with these executed chapters in place of the committed ones, into OUTPUT's folder."""
    with tempfile.TemporaryDirectory(dir=output.parent.parent, prefix=".book-") as folder:
        stage = Path(folder)
        shutil.copytree("book", stage / "book", ignore=shutil.ignore_patterns("__pycache__"))
        for path in Path().iterdir():
            if path.name in ("asvae", "data") or (path.is_file() and path.name != "_toc.yml"):
                (stage / path.name).symlink_to(path.resolve())
        names = {path.stem.removeprefix("quick-"): path for path in chapters}
        for name, path in names.items():
            shutil.copyfile(path, stage / "book" / f"{name}.ipynb")
        contents = yaml.safe_load(Path("_toc.yml").read_text())
        add_pages(contents, names)
        (stage / "_toc.yml").write_text(yaml.safe_dump(contents))
        build = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(stage)]
        subprocess.run(build, check=True, env=os.environ | {"ASVAE_OUTPUTS": "committed"})
        shutil.rmtree(output.parent, ignore_errors=True)
        os.replace(stage / "_build" / "html", output.parent)


def add_pages(contents: dict[str, Any], names: Iterable[str]) -> None:
    """Let the part "Results" of a table of contents end in those of the pages that it does not list yet."""
    listed = set(_files(contents))
    results = next(part for part in contents["parts"] if part["caption"] == "Results")
    results["chapters"] += [{"file": file} for name in names if (file := f"book/{name}") not in listed]


def _files(entry: dict[str, Any]) -> Iterator[str]:
    """Yield the files of an entry of a table of contents and of all below it."""
    yield from (entry[key] for key in ("root", "file") if key in entry)
    for key in ("parts", "chapters", "sections"):
        for each in entry.get(key, ()):
            yield from _files(each)


def main() -> None:
    """Run a step; what ends it early ends in one sentence and the status that ``asvae`` has for it."""
    with endings():
        app()


if __name__ == "__main__":
    main()
