"""The book executes its chapters where nothing else does, and what was committed too long ago is found."""

import json
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


def test_the_page_of_promises_is_what_the_tests_say_and_how_they_last_ended(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book"))
    import promises

    assert promises.PAGE.read_text() == promises.page(json.loads(promises.RECORD.read_text())), "make promises"


def test_every_file_of_tests_has_a_place_on_that_page():
    text = (ROOT / "book" / "promises.md").read_text()
    for path in (ROOT / "tests").rglob("test_*.py"):
        first = path.read_text().removeprefix('"""').splitlines()[0].removesuffix('"""').replace("``", "`")
        assert f"| {first}" in text, path


def test_a_report_is_counted_by_file_and_end(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book"))
    import promises

    report = tmp_path / "unit.xml"
    cases = {"tests.core.test_a": "", "tests.test_b.TestC": "<failure/>", "book.why.ipynb": "<skipped/>"}
    inner = "".join(f'<testcase classname="{name}" name="x">{end}</testcase>' for name, end in cases.items())
    report.write_text(f"<testsuites><testsuite>{inner}</testsuite></testsuites>")
    counted = {"notebooks": {"skipped": 1}, "tests/core/test_a.py": {"passed": 1}, "tests/test_b.py": {"failure": 1}}
    assert promises.read([report]) == counted
    assert promises._ended({"passed": 1_000, "failure": 2, "error": 1}) == "1,000 passed, 3 failed"
    assert promises._ended({"skipped": 1}) == "1 skipped"
    assert promises._ended({}) == "not run yet"


def test_each_kind_of_report_leaves_the_others_as_they_were(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book"))
    import promises

    record, report = tmp_path / "tests.json", tmp_path / "coverage.json"
    record.write_text(promises.RECORD.read_text())
    monkeypatch.setattr(promises, "RECORD", record)
    monkeypatch.setattr(promises, "PAGE", tmp_path / "promises.md")
    report.write_text('{"totals": {"percent_statements_covered": 98.76, "percent_branches_covered": 95.4}}')
    before = json.loads(record.read_text())
    promises.main([report])
    assert "98.8 % of the lines and 95.4 % of the branches" in promises.PAGE.read_text()
    after = json.loads(record.read_text())
    assert after.pop("coverage")["lines"] == 98.76
    assert after == {name: value for name, value in before.items() if name != "coverage"}
    (tmp_path / "unit.xml").write_text("<testsuites/>")
    promises.main([tmp_path / "unit.xml"])
    after = json.loads(record.read_text())
    assert after["tests"] == {}
    assert after["coverage"]["branches"] == 95.4


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
    [line] = re.findall(
        r"^\t\$\(BIN\)/python (-m pytest --nbval.*) \$\(NOTEBOOKS\) \$\(REPORT\)/notebooks\.xml$", MAKEFILE, flags=re.M
    )
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
