"""Studies: the same seeds under every label, titles of their own, cells that group runs; unknown names are refused."""

import itertools

import pytest

from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae_book.studies import (
    ABLATION,
    DEVIATIONS,
    EIGHT_GAUSSIANS,
    EXPLORER,
    METHODS,
    SPECIFICATIONS,
    STUDIES,
    TABLE1,
)
from asvae_book.studies.specification import CHOICES, HUB, PAIR


def test_a_study_has_the_same_seeds_under_every_label():
    cells = ABLATION.configs("digits", 2)
    assert list(cells) == list(ABLATION.variants)
    assert all([config.seed for config in configs] == [0, 1] for configs in cells.values())
    assert cells["half-kl"][0].objective == "s-introvae"
    assert cells["half-kl"][0].hyperparameters.kl_share == 0.5
    assert cells["kl-only"][0] == RunConfig("s-introvae", "digits")
    squashed = {"schedule": "tanh", "squash_distance": True, "squash_kl": True}
    assert cells["tanh-squashed"][1] == RunConfig("as-introvae", "digits", seed=1, **squashed)
    read = ABLATION.configs("digits", 1, reading="supplement")["tanh-squashed"][0]
    assert read == RunConfig("as-introvae", "digits", reading="supplement", **squashed)
    tried = EXPLORER.configs("checkerboard", 1)
    assert tried["tanh-5"] == [RunConfig("as-introvae", reading="supplement", rate=5.0)]
    assert tried["linear-20"][0].hyperparameters.rate == 20.0


def test_unknown_labels_and_data_that_a_study_is_not_about_are_refused():
    with pytest.raises(InvalidArgumentError, match=r"label: got 'halve'; .*did you mean 'half'"):
        ABLATION.configs("digits", 1, labels=["halve"])
    with pytest.raises(InvalidArgumentError, match=r"dataset: got 'digits'; allowed: one of points"):
        TABLE1.configs("digits", 1)


def test_a_variant_is_called_what_its_own_study_calls_it():
    assert METHODS.title("vae") == "VAE"
    assert ABLATION.title("vae") == "no adversary (VAE)"
    assert DEVIATIONS.title("tanh-squashed") == "tanh before the distance"
    assert ABLATION.title("tanh-squashed") == "annealed, tanh, squashed"
    for study in STUDIES.values():
        titles = [study.title(label) for label in study.variants]
        assert len(set(titles)) == len(titles), study.name


def test_table1_shares_seeds_over_methods_and_the_vaes_run_over_rows(run):
    labels = [(row, name) for row in ("C1", "C3") for name in ("vae", "s-introvae")]
    cells = TABLE1.configs("checkerboard", 2, labels=labels, steps=5)
    assert [config.seed for config in cells["C3", "s-introvae"]] == [0, 1]
    assert cells["C1", "vae"] == cells["C3", "vae"]
    assert cells["C3", "s-introvae"][0].hyperparameters.beta_neg == 1.0
    assert cells.of("vae").runs == cells["C1", "vae"] * 2
    assert not cells.regroup([run]).runs


def test_every_deviation_changes_a_switch_of_the_core_from_the_supplements_reading():
    for label, variant in DEVIATIONS.variants.items():
        supplement = {"reading": "supplement"}
        config, plain = (RunConfig(variant.objective, **changes) for changes in (variant.changes, supplement))
        assert (config == plain) == (label in ("tanh", "introvae")), label
    together = DEVIATIONS.variants["released"].changes
    parts = [DEVIATIONS.variants[label].changes for label in ("reference", "tanh-squashed", "sum")]
    assert together == {key: value for part in parts for key, value in part.items()}


@pytest.mark.parametrize("dataset", SPECIFICATIONS)
def test_every_specification_is_another_run_of_as_introvae_and_of_s_introvae_where_that_has_the_choice(dataset):
    cells = SPECIFICATIONS[dataset].configs(dataset, 1).first
    theirs, ours = ({name: run for (name, each), run in cells.items() if each == method} for method in PAIR)
    assert len(set(ours.values())) == len(ours)
    taken = {name for name in CHOICES if theirs[name] != theirs[HUB]}
    assert {"live target", "fakes' reconstruction in the decoder", "log-variance within ±10", "no warm-up"} <= taken
    assert not taken & {"tanh ramp", "joint kernel", "U-statistic", "weighted by the prior", "tanh before the distance"}


def test_the_other_weights_of_the_specifications_are_those_of_their_names():
    rows = {"C2": (0.1, 0.2, 0.5), "stated C1": (0.3, 0.1, 0.9), "C1 in words": (0.3, 0.3, 0.1)}
    rows = {"checkerboard": rows, "8gaussians": {"C2": (0.5, 0.1, 0.9), "the checkerboard's C1": (0.1, 0.2, 0.2)}}
    for dataset, named in rows.items():
        cells = SPECIFICATIONS[dataset].configs(dataset, 1).first
        for (name, weights), method in itertools.product(named.items(), PAIR):
            hp = cells[name, method].hyperparameters
            assert (hp.beta_kl, hp.beta_rec, hp.beta_neg) == weights, (dataset, name)


def test_8_gaussians_has_the_stated_weights_and_the_main_papers_as_introvae():
    cells = EIGHT_GAUSSIANS.configs("8gaussians", 1)
    ours = cells["C2", "as-introvae"][0].hyperparameters
    assert (ours.beta_kl, ours.beta_rec, ours.beta_neg) == (0.5, 0.1, 0.9)
    assert (ours.schedule, ours.clock, ours.reference) == ("linear", "run", "reconstruction")
    assert cells["C3", "introvae"][0].hyperparameters.alpha == 0.9
    assert cells["C1", "vae"] != cells["C2", "vae"]
    assert cells["C1", "s-introvae"][0].recipe == TABLE1.configs("checkerboard", 1)["C1", "s-introvae"][0].recipe
