"""The page on extending: every record that it adds works, code and chapter alike."""

import re
import sys
from pathlib import Path

import jupytext
import pytest
import torch

import asvae
from asvae import datasets
from asvae.checks import InvalidArgumentError
from asvae_book.chapters import show
from asvae_book.paper.ledger import as_json, as_text, ledger
from asvae_book.studies import STUDIES, Cells, catalogue

PAGE = (Path(__file__).parents[1] / "book" / "extending.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.S | re.M)
SMALL = {"steps": 20, "width": 8, "depth": 1, "batch_size": 16}


def load(monkeypatch, name, opening):
    """Import the page's block that begins with ``opening`` as the module ``name``."""
    [source] = [block for block in BLOCKS if block.startswith(opening)]
    module = type(sys)(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


@pytest.fixture
def ring(monkeypatch):
    """The page's data set, registered."""
    cls = load(monkeypatch, "asvae.datasets.ring", '"""A ring of discs').Ring
    monkeypatch.setitem(datasets._REGISTRY, cls.name, cls)
    return cls


@pytest.fixture
def margins(monkeypatch):
    """The page's study, registered."""
    study = load(monkeypatch, "margins_study", "from asvae_book.studies import Study").MARGINS
    monkeypatch.setitem(STUDIES, study.name, study)
    monkeypatch.setattr(catalogue, "MARGINS", study, raising=False)
    return study


@pytest.fixture
def cells(margins):
    """Small runs of it."""
    configs = margins.configs("checkerboard", 2, **SMALL)
    return configs.regroup(asvae.sweep(configs.runs, workers=1, progress=False))


def test_the_data_set_lies_on_its_modes_and_is_a_function_of_its_arguments(ring):
    dataset = datasets.get("ring")
    points = dataset.sample(20_000, seed=1, step=2)
    assert torch.equal(points, dataset.sample(20_000, seed=1, step=2))
    modes = dataset.mode(points)
    assert (modes >= 0).double().mean() > 0.999
    counts = torch.bincount(modes[modes >= 0], minlength=8)
    assert (counts / 20_000 - 1 / 8).abs().max() < 0.02
    offsets = points - dataset.centres[modes]
    assert offsets.norm(dim=1).square().mean() == pytest.approx(
        0.5**2 / 2, rel=0.02
    )  # uniform: half the squared radius


def test_the_data_set_trains_and_is_scored_by_its_modes(ring):
    run = asvae.train(asvae.RunConfig("as-introvae", "ring", **SMALL), progress=False)
    assert not run.diverged
    assert 0 <= run.scores["modes_covered"] <= 8
    assert run.samples.shape[1:] == (2,)
    assert datasets.title("ring") == "ring of discs"


def test_the_study_changes_what_it_says(margins):
    found = margins.configs("digits", 3)
    assert {label: configs[2].hyperparameters.margin for label, configs in found.items()} == {
        "margin-5": 5.0,
        "margin-10": 10.0,
        "margin-20": 20.0,
    }
    assert margins.title("margin-5") == "m = 5"
    found = margins.find("checkerboard")
    assert found["margin-10"]  # the default margin: its runs are those of other studies
    assert not found["margin-5"]


def test_the_claim_is_judged_and_says_how_to_make_its_runs(margins, cells, monkeypatch, tmp_path):
    claim = load(monkeypatch, "margins_claim", '"""The claim X1').X1
    [entry] = ledger([claim], root=tmp_path)
    assert entry.verdict == "not run"
    assert "asvae sweep --study margins --dataset checkerboard --seeds 10" in as_text([entry])
    assert '"claim": "X1"' in as_json([entry])
    verdict = claim.judge(cells)
    assert verdict.verdict == "inconclusive"  # two seeds decide nothing
    assert verdict.comparisons["seeds"].tolist() == [2]
    assert claim.floor_of(cells).startswith("KL ")


def test_the_chapter_executes(margins, cells, monkeypatch):
    chapter = load(monkeypatch, "asvae_book.chapters.margins", '"""The chapter')
    monkeypatch.setattr("asvae_book.chapters.margins", chapter, raising=False)
    monkeypatch.setattr(show, "find_or_train", lambda study, dataset, seeds, **_: show.Found(cells, ""))
    shown = []
    monkeypatch.setattr(show, "show", lambda table, runs: shown.append((table, runs)))
    [text] = re.findall(r"^````markdown\n(.*?)^````", PAGE, flags=re.S | re.M)
    notebook = jupytext.reads(text, fmt="md:myst")
    namespace = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, "margins", "exec"), namespace)
    [(table, runs)] = shown
    assert table.index.tolist() == ["m = 5", "m = 10", "m = 20"]
    assert table["runs"].tolist() == ["2"] * 3
    assert list(runs) == cells.runs
    with pytest.raises(InvalidArgumentError, match=r"^seeds: got 0; allowed: "):
        chapter.MarginsParameters.check({"seeds": 0, "device": "cpu", "fresh": False})
    assert isinstance(cells, Cells)
