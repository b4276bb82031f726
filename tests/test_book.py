"""The book executes its chapters where nothing else does, and what was committed too long ago is found."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
STALE = "6 * 7"


@pytest.fixture
def stale(tmp_path):
    """A folder with a chapter whose committed output is not what its cell gives."""
    cell = nbformat.v4.new_code_cell(STALE, execution_count=1)
    cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "41"}, execution_count=1)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A chapter"), cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "index.ipynb")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("outputs", "shown"), [("", "42"), ("committed", "41")])
def test_a_chapter_is_executed_unless_the_committed_outputs_are_asked_for(stale, outputs, shown, monkeypatch):
    monkeypatch.setenv("ASVAE_OUTPUTS", outputs)
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    config = {"extensions": ["myst_nb", "freshness"], "nb_execution_mode": settings["execute"]["execute_notebooks"]}
    Sphinx(stale, None, stale / "html", stale / "html", "html", config, status=None, warning=None).build()
    [output] = re.findall(r"output text_plain.*?<pre>(?:<span></span>)?(.*?)\n*</pre>", _page(stale), flags=re.S)
    assert re.sub(r"<.*?>", "", output).strip() == shown


def _page(folder):
    return (folder / "html" / "index.html").read_text()


@pytest.mark.slow
def test_a_stale_output_fails_the_command_that_make_test_calls(stale):
    [line] = re.findall(r"^\t\$\(BIN\)/python (-m pytest --nbval.*) \$\(NOTEBOOKS\)$", MAKEFILE, flags=re.M)
    command = [sys.executable, *shlex.split(line), "index.ipynb"]
    done = subprocess.run(command, cwd=stale, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Cell outputs differ" in done.stdout


def test_the_tested_pages_are_of_notebooks_that_the_same_call_executes():
    [together] = re.findall(r"^\t@\$\(MAKE\).* (notebooks .*)$", MAKEFILE, flags=re.M)
    assert {"notebooks", "scratch"} <= set(together.split())
    assert [line for line in MAKEFILE.splitlines() if "ASVAE_OUTPUTS" in line] == [
        "\tASVAE_OUTPUTS=committed $(BUILD) --all"
    ]
