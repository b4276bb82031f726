"""The book's documents about the code: every contracted name has an entry, commands and examples are real."""

import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest
import typer
import yaml

import asvae
from asvae import objectives
from asvae.cli.command import app
from asvae_book.workflow import make, needs

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import citation  # noqa: E402
import command  # noqa: E402
import equations  # noqa: E402

REFERENCE = {path.name: path.read_text() for path in sorted((ROOT / "book").glob("reference-*.md"))}
PAGES = [*sorted((ROOT / "book").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]

CONTRACT = {
    "asvae.losses": ["kl_divergence", "reconstruction_error", "as_distance"],
    "asvae.schedules": ["constant", "tanh_ramp", "linear_ramp"],
    "asvae.metrics": ["histogram_scores"],
    "asvae.datasets": ["names", "get"],
    "asvae.objectives": ["names", "get"],
    "asvae": [*asvae.__all__],
}


def documented():
    """Return the full names of all that the reference pages ask autodoc for."""
    names = set()
    for text in REFERENCE.values():
        for module, members in re.findall(r"\.\. automodule:: ([\w.]+)\n(?:   :members:(.*)\n)?", text):
            listed = [name.strip() for name in members.split(",") if name.strip()]
            if not listed and f"automodule:: {module}\n   :members:" in text:
                loaded = importlib.import_module(module)
                listed = getattr(loaded, "__all__", vars(loaded))
            names |= {f"{module}.{name}" for name in listed}
        names |= set(re.findall(r"\.\. auto(?:class|function|exception|data):: ([\w.]+)", text))
    return names


@pytest.mark.parametrize("module", CONTRACT)
def test_every_contracted_name_has_an_entry(module):
    assert {f"{module}.{name}" for name in CONTRACT[module]} <= documented()


def test_every_documented_name_exists():
    for name in documented():
        path, _, last = name.rpartition(".")
        assert hasattr(importlib.import_module(path), last), name


def test_every_numbered_equation_has_a_function_whose_entry_links_back():
    linked = equations.equations()
    labels = re.findall(r":label: (eq-[\w-]+)", equations.METHOD.read_text())
    assert sorted(linked.values()) == sorted(labels)
    assert set(linked) <= documented()

    class App:
        class env:  # noqa: N801
            note_dependency = staticmethod(lambda path: None)

    for function, label in linked.items():
        lines = ["First.", "", "More."]
        equations.link_back(App, "function", function, None, None, lines)
        assert lines[0] == "First."
        assert f":eq:`{label}`" in lines[2]
    lines = ["First."]
    equations.link_back(App, "function", "asvae.train", None, None, lines)
    assert lines == ["First."]


def test_the_help_of_every_command_is_on_the_page():
    page = REFERENCE["reference-command.md"]
    names = list(typer.main.get_command(app).commands)
    assert sorted(re.findall(r"\{command-help\} (\w+)", page)) == sorted(names)
    assert all(name in command.help_of() for name in names)
    assert all("Usage: asvae " + name in command.help_of(name) for name in names)


def shown_commands(pattern):
    for page in PAGES:
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(), flags=re.S):
            for line in block.replace("\\\n", " ").replace("$SLURM_ARRAY_TASK_ID", "0").splitlines():
                for found in re.finditer(rf"{pattern}(?= && |$)", line):
                    yield pytest.param(found[1], id=f"{page.stem}: {found[1][:60]}")


@pytest.mark.parametrize("line", list(shown_commands("(?:^|&& |-m |^srun )(asvae [a-z].*?)")))
def test_every_command_that_a_page_shows_can_be_parsed(line):
    words = shlex.split(line, comments=True)[1:]
    words = [word for word in words if word != "..."]
    group = typer.main.get_command(app)
    sub = group.commands[words[0]]
    context = sub.make_context(words[0], words[1:])
    # `run` hands what it does not know to papermill.
    assert words[0] == "run" or not context.args


@pytest.mark.parametrize("line", list(shown_commands("(?:^|&& |asvae )(snakemake .*?)")))
def test_every_snakemake_command_that_a_page_shows_asks_for_targets_with_values_that_are_read(line, monkeypatch):
    cli = pytest.importorskip("snakemake.cli")
    pytest.importorskip("snakemake_executor_plugin_slurm")
    monkeypatch.chdir(ROOT)  # where the profile lies
    _, given = cli.parse_args(shlex.split(line, comments=True)[1:])
    assert given.targets
    assert set(given.targets) <= set(needs.TARGETS)
    make.options(cli.parse_config(given.config))


def blocks(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / "book" / page).read_text(), flags=re.S)


def test_the_objective_that_the_page_adds_trains(monkeypatch):
    source, use, *_ = blocks("extending.md")
    assert "as-vae" in use
    # The field types of a dataclass are looked up in its module.
    module = type(sys)("as_vae")
    monkeypatch.setitem(sys.modules, "as_vae", module)
    exec(compile(source, "as_vae.py", "exec"), module.__dict__)
    monkeypatch.setitem(objectives._REGISTRY, "as-vae", module.AS_VAE)
    small = {"steps": 20, "width": 8, "depth": 1, "batch_size": 16}
    configs = [
        asvae.RunConfig("as-vae", seed=seed, beta_as=weight, **small) for seed in (0, 1) for weight in (0.5, 2.0)
    ]
    together = asvae.sweep(configs, workers=1, progress=False)
    alone = asvae.train(configs[1], progress=False)
    assert not alone.diverged
    assert alone.history["as_distance"] == together[1].history["as_distance"]
    assert alone.history["as_distance"][-1] > 0.0


def test_bibtex_repeats_the_citation_file():
    text = citation.bibtex("2026")
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert text.count("@") == 2
    assert text.count("{") == text.count("}")
    [paper] = cff["references"]
    assert all(author["family-names"] in text for author in paper["authors"])
    assert paper["url"] in text
    assert all(f"{{{cff[name]}}}" in text for name in ("title", "version"))
