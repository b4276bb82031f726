"""Make the notebooks in ``book/`` from their text in ``book/text/``: execute, drop progress bars and timestamps.

Usage: ``python book/refresh.py [NAME ...]``, by default every chapter.
"""

import base64
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

BOOK = Path(__file__).resolve().parent


def refresh(text: Path) -> None:
    """Execute the chapter in ``text`` and write it, with outputs, as a notebook."""
    notebook = jupytext.read(text, fmt="md:myst")
    NotebookClient(notebook, timeout=None, record_timing=False, resources={"metadata": {"path": str(BOOK)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    # A kernel writes its own version here: no news to a reader, and noise in every diff.
    notebook.metadata.pop("language_info", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
    nbformat.write(notebook, BOOK / f"{text.stem}.ipynb")
    if text.stem == "checkerboard":
        outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
        pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
        # The first figure, Figure 8, for the README.
        (BOOK / "checkerboard.png").write_bytes(base64.b64decode(pictures[0]))


if __name__ == "__main__":
    names = sys.argv[1:] or sorted(path.stem for path in BOOK.glob("text/*.md"))
    for name in names:
        print(f"book/{name}.ipynb: executing book/text/{name}.md", flush=True)
        refresh(BOOK / "text" / f"{name}.md")
