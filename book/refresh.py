"""Make the notebooks in ``book/`` from their text in ``book/text/``: execute, drop progress bars and timestamps.

Usage: ``python book/refresh.py [NAME ...]``, by default every chapter. A template is made once for each variant,
``images-mnist`` and so on: another title, other values in the parameters cell. Once ``CITATION.cff`` names a public
repository, every notebook gets a first cell for Colab.
"""

import base64
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

import jupytext
import nbformat
from nbclient import NotebookClient

BOOK = Path(__file__).resolve().parent
sys.path.insert(0, str(BOOK / "_ext"))

from launch import repository  # noqa: E402

from asvae_book.chapters import joss  # noqa: E402
from asvae_book.studies import ABLATION  # noqa: E402

COLAB = """\
# Colab has no copy of the repository: fetch it, once, with what it needs.
import sys

if "google.colab" in sys.modules:
    !git clone --quiet --depth 1 {address} companion
    %pip install --quiet --editable companion
    sys.path.insert(0, "companion")"""
"""The first cell, which a page does not show."""


class Variant(NamedTuple):
    """A chapter that is made from the text of another."""

    template: str
    title: str
    parameters: dict[str, str | int | list[str]]
    """Values in place of those in the template's parameters cell."""


VARIANTS = {
    "8gaussians": Variant("checkerboard", "Toy problem: 8 Gaussians", {"dataset": "8gaussians"}),
    "images-mnist": Variant("images", "Images: MNIST", {"dataset": "mnist", "scale": "reduced"}),
    # The runs on points are older than our reading of the main paper.
    "ablation-checkerboard": Variant(
        "ablation",
        "Why anneal? On points",
        {"dataset": "checkerboard", "reading": "supplement", "schedules": list(ABLATION.variants)},
    ),
}
"""By the name of their notebook."""


def source(name: str) -> nbformat.NotebookNode:
    """Return the chapter called ``name`` as its text has it, a template's variant with its title and parameters."""
    variant = VARIANTS.get(name)
    notebook = jupytext.read(BOOK / "text" / f"{variant.template if variant else name}.md", fmt="md:myst")
    if variant:
        notebook.cells[0].source = "\n".join([f"# {variant.title}", *notebook.cells[0].source.splitlines()[1:]])
        [parameters] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
        for key, value in variant.parameters.items():
            pattern = rf"(?m)^({key}: {type(value).__name__} = ).*?(?=  #)"
            parameters.source, replaced = re.subn(pattern, rf"\g<1>{json.dumps(value)}", parameters.source)
            if replaced != 1:
                raise ValueError(f"{name}: the template has no parameter {key}")
    address = repository()
    if address is not None:
        cell = nbformat.v4.new_code_cell(COLAB.format(address=address), metadata={"tags": ["remove-cell"]})
        notebook.cells.insert(1, cell)
    return notebook


def with_steady_names(notebook: nbformat.NotebookNode) -> str:
    """Return the notebook as JSON, its widgets numbered as they were made: their own names are new in every kernel."""
    widgets = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {"state": {}})
    text = nbformat.writes(notebook)
    numbers = {old: f"{number:032x}" for number, old in enumerate(widgets["state"])}
    for old, new in numbers.items():
        text = text.replace(old, new)
    # Written again, as the names are keys that JSON sorts.
    return nbformat.writes(nbformat.reads(text, as_version=4))


def refresh(name: str) -> None:
    """Execute the chapter called ``name`` and write it, with outputs, as a notebook."""
    notebook = source(name)
    NotebookClient(notebook, timeout=None, record_timing=False, resources={"metadata": {"path": str(BOOK)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    # A kernel writes its own version here: no news to a reader, and noise in every diff.
    notebook.metadata.pop("language_info", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
    (BOOK / f"{name}.ipynb").write_text(with_steady_names(notebook) + "\n")
    if name == "checkerboard":
        outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
        pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
        # The first figure, the paper's Figure 8, for the README.
        (BOOK / "checkerboard.png").write_bytes(base64.b64decode(pictures[0]))
    if name == "ledger":
        (BOOK.parent / "paper.md").write_text(joss.paper())


if __name__ == "__main__":
    for name in sys.argv[1:] or [*sorted(path.stem for path in BOOK.glob("text/*.md")), *VARIANTS]:
        print(f"book/{name}.ipynb: executing", flush=True)
        refresh(name)
