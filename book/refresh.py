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

import jupytext
import nbformat
from nbclient import NotebookClient

BOOK = Path(__file__).resolve().parent
sys.path.insert(0, str(BOOK / "_ext"))

from launch import repository  # noqa: E402

COLAB = """\
# Colab has no copy of the repository: fetch it, once, with what it needs.
import sys

if "google.colab" in sys.modules:
    !git clone --quiet --depth 1 {address} companion
    %pip install --quiet --editable companion
    sys.path.insert(0, "companion")"""
"""The first cell, which a page does not show."""

VARIANTS: dict[str, tuple[str, dict[str, str | int]]] = {
    "images-mnist": ("# Images: MNIST", {"dataset": "mnist", "scale": "paper"}),
    "images-cifar10": ("# Images: CIFAR-10", {"dataset": "cifar10", "scale": "paper"}),
    "images-celeba128": ("# Images: CelebA-128", {"dataset": "celeba128", "scale": "paper"}),
    "images-celeba256": ("# Images: CelebA-256", {"dataset": "celeba256", "scale": "paper"}),
    "ablation-checkerboard": ("# Why anneal? On points", {"dataset": "checkerboard", "seeds": 10}),
}
"""Chapters made from the template named before the hyphen: title and parameters."""


def source(name: str) -> nbformat.NotebookNode:
    """Return the chapter called ``name`` as its text has it, a template's variant with its title and parameters."""
    template = name.partition("-")[0] if name in VARIANTS else name
    notebook = jupytext.read(BOOK / "text" / f"{template}.md", fmt="md:myst")
    if name in VARIANTS:
        title, values = VARIANTS[name]
        notebook.cells[0].source = "\n".join([title, *notebook.cells[0].source.splitlines()[1:]])
        [parameters] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
        for key, value in values.items():
            pattern = rf"(?m)^({key}: {type(value).__name__} = )\S+"
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
        # The first figure, Figure 8, for the README.
        (BOOK / "checkerboard.png").write_bytes(base64.b64decode(pictures[0]))


if __name__ == "__main__":
    for name in sys.argv[1:] or [*sorted(path.stem for path in BOOK.glob("text/*.md")), *VARIANTS]:
        print(f"book/{name}.ipynb: executing", flush=True)
        refresh(name)
