"""Pins, ranges and the two files that repeat them agree; the README's commands exist."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import asvae

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(lines):
    found = {}
    for line in lines:
        requirement = Requirement(line)
        [specifier] = requirement.specifier
        assert specifier.operator == "==", line
        found[canonicalize_name(requirement.name)] = specifier.version
    return found


def pinned():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return pins(line for line in lines if line and not line.startswith("#"))


def test_environment_yml_repeats_requirements_txt():
    listed = re.findall(r"^ {6}- (\S+)$", (ROOT / "environment.yml").read_text(), flags=re.M)
    assert pins(listed) == pinned()


def test_every_dependency_is_pinned_inside_its_range_and_nothing_else_is():
    extras = PROJECT["optional-dependencies"]
    requirements = [
        Requirement(text) for text in [*PROJECT["dependencies"], *extras["book"], *extras["cluster"], *extras["test"]]
    ]
    assert {canonicalize_name(r.name) for r in requirements} == set(pinned())
    for requirement in requirements:
        assert requirement.specifier.contains(pinned()[canonicalize_name(requirement.name)]), requirement


def test_every_dependency_has_its_reason():
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("## Dependencies")[2]
    named = [
        name
        for line in table.splitlines()
        for name in re.findall(r"`([^`]+)`", line.split("|")[1] if "|" in line else "")
    ]
    assert sorted(map(canonicalize_name, named)) == sorted(pinned())


def test_ci_has_the_least_rights_and_actions_pinned_by_commit():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text()
        assert "\npermissions:\n  contents: read\njobs:" in text
        assert text.count("permissions:") == 1
        used = re.findall(r"uses: (\S+)(.*)", text)
        assert used
        assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) and note for action, note in used), used


def test_the_version_is_one_everywhere():
    citation = (ROOT / "CITATION.cff").read_text()
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert PROJECT["version"] == asvae.__version__
    assert f"version: {asvae.__version__}" in citation
    assert f"## {asvae.__version__}" in changelog


def test_commands_that_the_readme_shows_are_targets():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    shown = set(re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text(), flags=re.M))
    assert {"book", "test"} <= shown <= targets
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_files_that_the_documents_link_to_exist():
    for document in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / document).read_text()):
            assert target.startswith("https://") or (ROOT / target).is_file(), f"{document}: {target}"


def test_binder_installs_the_same_pins():
    folder = ROOT / "binder"
    assert (folder / "requirements.txt").read_text() == "-r ../requirements.txt\n"
    assert (folder / "runtime.txt").read_text().strip() == "python-3.11"
    assert "pip install --no-deps --editable ." in (folder / "postBuild").read_text()
    assert (folder / "postBuild").stat().st_mode & 0o111
