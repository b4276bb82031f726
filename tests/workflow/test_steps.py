"""What the rules of the Snakefile run: a chapter is complete or absent, the book has pages that the contents lack."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from papermill.exceptions import PapermillExecutionError

from asvae.checks import InvalidArgumentError
from asvae.files import NotWrittenError
from asvae.training.sweep import BudgetSpentError, StoppedError
from asvae_book.workflow import steps

ROOT = Path(__file__).parents[2]


@pytest.fixture
def contents():
    return yaml.safe_load((ROOT / "_toc.yml").read_text())


def results(contents):
    return [each["file"] for part in contents["parts"] if part["caption"] == "Results" for each in part["chapters"]]


def test_a_page_that_the_contents_lack_comes_last_among_the_results(contents):
    before = results(contents)
    # "image" begins like a page that is there, and is none; the last two are the root and a section.
    steps.add_pages(contents, ["images-celeba128-paper", "image", "images", "index", "reference-runs"])
    assert results(contents) == [*before, "book/images-celeba128-paper", "book/image"]


def test_the_book_is_rendered_with_executed_chapters_in_place_of_the_committed_ones(tmp_path, monkeypatch, contents):
    source, built = tmp_path / "checkout", {}
    (source / "book").mkdir(parents=True)
    (source / "book" / "images.ipynb").write_text("committed")
    (source / "_config.yml").write_text("title: a book")
    (source / "_toc.yml").write_text(yaml.safe_dump(contents))
    for name in ("quick-images", "ablation-digits-paper"):
        (source / f"{name}.ipynb").write_text(name)

    def build(command, check, env):
        stage = Path(command[-1])
        built.update({path.name: path.read_text() for path in [*stage.glob("book/*"), *stage.glob("_*.yml")]})
        (stage / "_build" / "html").mkdir(parents=True)
        (stage / "_build" / "html" / "index.html").write_text("rendered")

    monkeypatch.chdir(source)
    monkeypatch.setattr(subprocess, "run", build)
    output = Path("_build/full/quick/index.html")
    output.parent.mkdir(parents=True)
    steps.render(output, [Path("quick-images.ipynb"), Path("ablation-digits-paper.ipynb")])
    assert output.read_text() == "rendered"
    assert built["images.ipynb"] == "quick-images"
    assert built["ablation-digits-paper.ipynb"] == "ablation-digits-paper"
    assert built["_config.yml"] == "title: a book"
    assert results(yaml.safe_load(built["_toc.yml"])) == [*results(contents), "book/ablation-digits-paper"]
    assert (source / "book" / "images.ipynb").read_text() == "committed"
    assert [path.name for path in output.parent.parent.iterdir()] == ["quick"]


@pytest.mark.slow
def test_an_executed_chapter_is_complete_or_absent(tmp_path):
    source, output = tmp_path / "chapter.ipynb", tmp_path / "made" / "chapter.ipynb"
    output.parent.mkdir()
    cells = [
        nbformat.v4.new_code_cell("steps = 300", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("print('before')\nprint(6 / steps)"),
    ]
    metadata = {"language_info": {"name": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), source)
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        steps.chapter(source, output, json.dumps({"steps": 0}))
    assert not list(output.parent.iterdir())
    steps.chapter(source, output, json.dumps({"steps": 2}))
    assert [path.name for path in output.parent.iterdir()] == ["chapter.ipynb"]
    assert nbformat.read(output, 4).cells[-1].outputs[0].text == "before\n3.0\n"


@pytest.mark.parametrize("main", [True, False])
def test_of_several_processes_one_says_that_a_job_is_done(tmp_path, monkeypatch, main):
    spec, done = tmp_path / "job.json", tmp_path / "done"
    spec.write_text('{"configs": []}')
    monkeypatch.setattr(steps, "load_or_train", lambda *_, **__: [])
    monkeypatch.setattr(steps, "is_main_process", lambda: main)
    steps.train(spec, done)
    assert done.exists() == main


@pytest.mark.parametrize("text", ["", "{", "3", "{}", '{"configs": ["x"]}', '{"configs": [{"x": 1}]}'])
def test_a_damaged_list_of_runs_is_a_sentence(tmp_path, monkeypatch, capsys, text):
    spec = tmp_path / "job.json"
    spec.write_text(text)
    monkeypatch.setattr(sys, "argv", ["steps", "train", str(spec), str(tmp_path / "done")])
    with pytest.raises(SystemExit) as ended:
        steps.main()
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1)
    assert said.startswith(("spec: got '", "unknown hyper-parameter: got 'x'; allowed: "))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidArgumentError("device: got 'gpu'; allowed: 'cpu'."), 2),
        (NotWrittenError("run.json: cannot be written"), 74),
        (BudgetSpentError("budget: spent after 5 s"), 75),
        (StoppedError("SIGTERM: stopped", 15), 143),
    ],
)
def test_a_job_that_ends_early_does_so_in_one_sentence_and_a_status(tmp_path, monkeypatch, capsys, error, status):
    def stop(*args, **kwargs):
        raise error

    spec, done = tmp_path / "job.json", tmp_path / "done"
    spec.write_text('{"configs": []}')
    monkeypatch.setattr(steps, "load_or_train", stop)
    monkeypatch.setattr(sys, "argv", ["steps", "train", str(spec), str(done)])
    with pytest.raises(SystemExit) as ended:
        steps.main()
    assert (ended.value.code, capsys.readouterr().err) == (status, f"{error}\n")
    assert not done.exists()
