"""What a chapter shows: runs that are found or trained, and what is missing; a source under every output."""

from dataclasses import replace

import pandas as pd
import pytest

from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae.datasets.images import MissingDataError
from asvae_book.chapters import show
from asvae_book.chapters.show import find_or_train
from asvae_book.studies import ABLATION, METHODS, Cells
from tiny_data import write_mnist


@pytest.fixture
def trained(monkeypatch, digits):
    """What was trained, in place of training it: the first of the small runs under every configuration."""
    asked = []

    def load_or_train(configs, **options):
        asked.append((configs, options))
        return [replace(digits[0], config=config) for config in configs]

    monkeypatch.setattr(show, "load_or_train", load_or_train)
    return asked


@pytest.fixture
def committed(monkeypatch, digits):
    """Committed results: of these configurations alone."""

    def of(*configs):
        there = {config: replace(digits[0], config=config) for config in configs}
        monkeypatch.setattr(show, "find", lambda wanted: {each: there[each] for each in wanted if each in there})

    of()
    return of


def test_absent_data_are_refused_with_the_command_that_fetches_them(committed, tmp_path):
    with pytest.raises(MissingDataError, match=f"asvae data mnist --data-root {tmp_path}"):
        find_or_train(METHODS, "mnist", [3], labels=["vae"], steps=7, data_root=str(tmp_path))


def test_what_has_its_data_is_trained_as_it_was_asked_for(committed, trained, tmp_path):
    write_mnist(tmp_path)
    options = {"data_root": str(tmp_path), "device": "cpu", "fresh": True}
    cells, missing = find_or_train(ABLATION, "mnist", 2, labels=["half", "vae"], steps=7, **options)
    assert not missing
    half = [RunConfig("as-introvae", "mnist", seed=seed, steps=7, schedule="half") for seed in (0, 1)]
    assert [run.config for run in cells["half"]] == half
    [(configs, given)] = trained
    assert len(configs) == 4
    assert given["fresh"]
    assert not given["weights"]
    assert given["machinery"].data_root == str(tmp_path)


def test_published_settings_are_not_trained_on_a_cpu_but_a_few_steps_of_them_are(committed, trained, tmp_path):
    write_mnist(tmp_path)
    asked = (METHODS, "mnist", [0], "paper", ["vae"])
    with pytest.raises(InvalidArgumentError, match="device: got 'cpu'; allowed: 'cuda' at the published settings"):
        find_or_train(*asked, data_root=str(tmp_path))
    assert not trained
    assert not find_or_train(*asked, data_root=str(tmp_path), steps=2).missing
    assert not find_or_train(*asked, data_root=str(tmp_path), device="cuda").missing
    assert not find_or_train(ABLATION, "checkerboard", 1, "paper", ["vae"]).missing


def test_committed_runs_are_shown_beside_the_names_of_those_that_are_missing(committed, trained, tmp_path):
    there = [RunConfig("vae", "mnist", "paper", seed) for seed in (0, 1)]
    half = RunConfig("as-introvae", "mnist", "paper", schedule="half")
    committed(*there, half)
    labels = ["vae", "half", "kl-only"]
    cells, missing = find_or_train(ABLATION, "mnist", 2, "paper", labels, data_root=str(tmp_path))
    assert {label: [run.config for run in runs] for label, runs in cells.items()} == {
        "vae": there,
        "half": [half],
        "kl-only": [],
    }
    assert missing.startswith("**Not run: half KL, half AS (1 of 2 seeds); KL alone (S-IntroVAE).** The files of")
    assert not trained
    _, missing = find_or_train(METHODS, "mnist", [0], "paper", ["vae", "wgan-gp"], data_root=str(tmp_path))
    assert missing.startswith("**Not run: WGAN-GP.**")
    assert not find_or_train(METHODS, "mnist", [0], "paper", ["vae"], data_root=str(tmp_path)).missing


def test_every_committed_seed_of_the_same_settings_is_found_and_fewer_are_said_to_be_a_part(digits, seeds, monkeypatch):
    kept = seeds(digits[0], [1.0, 2.0, 3.0])
    by_config = {run.config: run for run in kept}
    monkeypatch.setattr(show, "find", lambda configs: {each: by_config[each] for each in configs if each in by_config})
    [own] = seeds(digits[0], [9.0])
    cells = show.with_every_seed(Cells({"vae": [own], "wgan-gp": [digits[-1]]}))
    assert cells == {"vae": [own, *kept[1:]], "wgan-gp": [digits[-1]]}
    late = replace(own, config=own.config.replace(seed=77))
    assert [run.config.seed for run in show.with_every_seed(Cells({"vae": [late]}))["vae"]] == [0, 1, 2, 77]
    other = replace(own, config=own.config.replace(steps=4))
    assert show.with_every_seed(Cells({"vae": [other]})) == {"vae": [other]}
    assert show.part_of(cells) == ""
    assert show.part_of(Cells({"vae": [own]})).startswith("**1 of 3 seeds are shown**")


def test_without_a_number_of_seeds_all_that_are_committed_are_shown_and_one_is_trained_elsewhere(committed, trained):
    vae = [RunConfig("vae", seed=seed) for seed in (0, 1, 7)]
    committed(*vae)
    cells, _ = find_or_train(ABLATION, "checkerboard", None, labels=["vae", "half"])
    assert [run.config.seed for run in cells["vae"]] == [0, 1, 7]
    assert [run.config.seed for run in cells["half"]] == [0]
    fresh, _ = find_or_train(ABLATION, "checkerboard", None, labels=["vae"], fresh=True)
    assert [run.config.seed for run in fresh["vae"]] == [0]


def test_every_output_is_followed_by_its_source(monkeypatch, run):
    shown = []
    extras = []

    def display(each, metadata=None):
        shown.append(getattr(each, "data", each))
        extras.append((metadata or {}).get("asvae", {}))

    monkeypatch.setattr(show, "display", display)
    table = pd.DataFrame({"a": [1]})
    show.show(table, [run])
    show.show(table, "measured elsewhere")
    show.say_list(["one", "two"])
    assert shown[0] is shown[2] is table
    assert shown[1].startswith("*Source: 1 run computed here: quick scale")
    assert shown[3] == "*Source: measured elsewhere.*"
    assert shown[4] == "- one\n- two"
    assert extras[1] == extras[3] == {"csv": ",a\n0,1\n"}  # no sweep makes a run of other steps
