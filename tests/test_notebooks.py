"""Notebooks agree with their text, were executed, and answer bad parameters in their last line."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill.cli
import pytest

from asvae.checks import InvalidArgumentError

BOOK = Path(__file__).parents[1] / "book"
sys.path[:0] = [str(BOOK), str(BOOK / "_ext")]

import launch  # noqa: E402

import refresh  # noqa: E402
from refresh import VARIANTS, source  # noqa: E402

CHAPTERS = sorted([*(path.stem for path in BOOK.glob("text/*.md")), *VARIANTS])


def read(name):
    return nbformat.read(BOOK / f"{name}.ipynb", as_version=4)


def cells(notebook):
    return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]


def test_every_notebook_has_a_text_and_every_text_a_notebook():
    assert sorted(path.stem for path in BOOK.glob("*.ipynb")) == CHAPTERS


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_and_its_text_hold_the_same_cells(name):
    assert cells(read(name)) == cells(source(name))


def test_with_a_public_repository_colab_gets_a_cell_and_pages_get_buttons(monkeypatch, tmp_path):
    cff = tmp_path / "CITATION.cff"
    cff.write_text("repository-code: https://example.org/team/companion/\n")
    address = launch.repository(cff)
    monkeypatch.setattr(refresh, "repository", lambda: address)
    cell = refresh.source("checkerboard").cells[1]
    assert f"git clone --quiet --depth 1 {address} companion" in cell.source
    assert cell.metadata["tags"] == ["remove-cell"]
    exec("".join(line for line in cell.source.splitlines(True) if not line.lstrip().startswith(("!", "%"))), {})
    assert launch.options(address)["repository_url"] == "https://example.org/team/companion"
    assert "colab_url" in launch.options(address)["launch_buttons"]
    cff.write_text("title: none\n")
    assert launch.options(launch.repository(cff)) == {}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_is_committed_as_it_was_executed(name):
    code = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    streams = [output.get("name") for cell in code for output in cell.outputs]
    assert "stderr" not in streams
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
    assert read(name).metadata.kernelspec.name == "python3"
    assert not any("execution" in cell.metadata for cell in code)


def test_widgets_are_numbered_as_they_were_made_so_that_an_execution_is_no_news():
    notebooks = []
    for first, second in (("b" * 32, "a" * 32), ("c" * 32, "d" * 32)):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"a view of {second}", id="one")])
        state = {first: {"state": {}}, second: {"state": {"layout": f"IPY_MODEL_{first}"}}}
        notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state}}
        notebooks.append(refresh.with_steady_names(notebook))
    assert notebooks[0] == notebooks[1]
    assert nbformat.reads(notebooks[0], as_version=4).cells[0].source == f"a view of {1:032x}"
    assert refresh.with_steady_names(nbformat.v4.new_notebook())


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_defines_nothing_that_the_core_should_own(name):
    lines = [line for cell in read(name).cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert not [line for line in lines if line.lstrip().startswith(("def ", "class ", "async "))]


def execute(tmp_path, *arguments, chapter="checkerboard"):
    command = [sys.executable, "-m", "papermill", str(BOOK / f"{chapter}.ipynb"), "out.ipynb", *arguments]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)


def shown_by(tmp_path, *arguments, chapter="checkerboard"):
    """Run a chapter through papermill and return all that its cells show, as one text."""
    done = execute(tmp_path, *arguments, chapter=chapter)
    assert done.returncode == 0, done.stderr[-2000:]
    out = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    return "".join(str(output.get("data", {})) for cell in out.cells for output in cell.get("outputs", []))


def refused(tmp_path, *arguments, chapter="checkerboard"):
    """Return the sentence in which a chapter ends that papermill has prepared, its cells executed in this process."""
    out = tmp_path / "out.ipynb"
    command = [str(BOOK / f"{chapter}.ipynb"), str(out), "--prepare-only", "--no-progress-bar", *arguments]
    papermill.cli.papermill.main(command, standalone_mode=False)
    code = [cell.source for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    upto = next(i for i, source in enumerate(code) if ".check(globals())" in source)
    with pytest.raises(InvalidArgumentError) as error:
        exec("\n\n".join(code[: upto + 1]), {})
    return str(error.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-p", "stepz", "5"), "unknown parameter: got 'stepz'; allowed: "),
        (("-p", "steps", "many"), "steps: got 'many'; allowed: a whole number from 1 up."),
        (("-p", "seeds", "0"), "seeds: got 0; allowed: a whole number from 1 up."),
        (("-y", "objectives: [vae, gan]"), "objectives: got 'gan'; allowed: 'vae', "),
    ],
)
def test_a_chapter_refuses_a_bad_parameter_before_anything_else(tmp_path, arguments, says):
    assert refused(tmp_path, *arguments).startswith(says)


@pytest.mark.parametrize("chapter", ["idea", "index", "ledger", "referee"])
def test_a_chapter_without_parameters_refuses_all(tmp_path, chapter):
    assert refused(tmp_path, "-p", "seeds", "3", chapter=chapter) == "unknown parameter: got 'seeds'; allowed: none."


@pytest.mark.slow
def test_papermill_runs_the_chapter_from_anywhere_with_other_parameters(tmp_path):
    wanted = ("-p", "steps", "12", "-p", "seeds", "2", "-y", "{combinations: [C2], objectives: [s-introvae]}")
    text = shown_by(tmp_path, *wanted)
    assert "2 runs" in text
    assert "2 seeds" in text
    assert "<th>S-IntroVAE</th>" in text
    assert "<th>IntroVAE</th>" not in text


@pytest.mark.slow
def test_papermill_runs_the_ablation_with_a_list_given_as_text(tmp_path):
    wanted = ("-p", "dataset", "digits", "-p", "seeds", "1", "-p", "schedules", '["as-only","half","tanh"]')
    text = shown_by(tmp_path, *wanted, chapter="ablation")
    assert "3 runs" in text
    assert "<th>AS-distance alone</th>" in text
    assert "annealed, linear" not in text
    assert "**A4**" in text
    said = refused(tmp_path, "-p", "schedules", '["halve"]', chapter="ablation")
    assert said.startswith("schedules: got 'halve'; allowed: ")


@pytest.mark.slow
def test_papermill_describes_every_parameter():
    command = [sys.executable, "-m", "papermill", "--help-notebook", str(BOOK / "checkerboard.ipynb")]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    for name in ("dataset", "scale", "steps", "seeds", "combinations", "objectives", "device", "fresh"):
        described = [line for line in shown.splitlines() if line.strip().startswith(f"{name}:")]
        assert described, name
    for text in ("the published settings", "runs per cell", "rows of the paper's table", "train anew"):
        assert text in shown


@pytest.mark.slow
def test_papermill_runs_the_other_toy_problem_from_the_same_notebook(tmp_path):
    table = "{combinations: [C2], objectives: [s-introvae]}"
    text = shown_by(tmp_path, "-p", "dataset", "8gaussians", "-p", "steps", "12", "-y", table)
    assert "**Here: 8 Gaussians**" in text
    assert re.search("1 run (computed here|loaded)", text)  # the second time it is there
    assert "136.5" in text
