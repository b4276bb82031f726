"""Parameters of chapters: good ones pass, bad ones are answered in one sentence."""

import datetime
import math

import pytest

from asvae.checks import InvalidArgumentError
from asvae_book.chapters.parameters import (
    AblationParameters,
    ImagesParameters,
    SpeedParameters,
    StudyParameters,
    ToyParameters,
)

TOY = {
    "dataset": "checkerboard",
    "scale": "quick",
    "steps": None,
    "seeds": 1,
    "combinations": ["C1"],
    "objectives": ["vae", "as-introvae"],
    "device": "cpu",
    "fresh": False,
}
IMAGES = {
    "dataset": "digits",
    "objectives": ["vae"],
    "scale": "quick",
    "seed": 0,
    "steps": None,
    "device": "cpu",
    "data_root": None,
    "fresh": False,
}
ABLATION = {
    "scale": "quick",
    "dataset": "checkerboard",
    "seeds": 5,
    "schedules": ["half", "tanh"],
    "reading": "supplement",
    "device": "cpu",
    "data_root": None,
    "fresh": False,
}


def test_good_parameters_pass_among_what_a_notebook_also_holds():
    namespace = TOY | {
        "_hidden": 1,
        "In": [],
        "Out": {},
        "math": math,
        "ToyParameters": object,
        "exit": print,
    }
    p = ToyParameters.check(namespace)
    assert p.combinations == ("C1",)
    assert p.steps is None
    assert ToyParameters(**TOY | {"seeds": None}).seeds is None
    # The same kernel again, with results alongside the parameters and one of these changed.
    again = ToyParameters.check(namespace | {"floor": {}, "cells": [], "seeds": 3})
    assert again.seeds == 3


def test_a_list_that_a_command_line_gave_as_text_is_a_list():
    assert AblationParameters(**ABLATION | {"schedules": '["half", "tanh"]'}).schedules == ("half", "tanh")
    with pytest.raises(InvalidArgumentError, match=r"^schedules: got '\[half\]'; allowed: a non-empty list"):
        AblationParameters(**ABLATION | {"schedules": "[half]"})


def test_a_missing_parameter_is_named():
    with pytest.raises(InvalidArgumentError, match=r"^parameters: got .* all of dataset, scale, steps"):
        ToyParameters.check({key: value for key, value in TOY.items() if key != "seeds"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 500}, r"^unknown parameter: got 'step'; .*'steps'.*did you mean 'steps'"),
        ({"verbose": False}, r"^unknown parameter: got 'verbose'"),
        ({"stepz": datetime.date(2020, 1, 1)}, r"^unknown parameter: got 'stepz'"),
        ({"steps": datetime.date(2020, 1, 1)}, r"^steps: got datetime.date"),
        ({"steps": "500"}, r"^steps: got '500'; allowed: a whole number from 1 up"),
        ({"steps": 0}, r"^steps: got 0"),
        ({"seeds": 1.5}, r"^seeds: got 1.5"),
        ({"seeds": -2}, r"^seeds: got -2"),
        ({"dataset": "digits"}, r"^dataset: got 'digits'; allowed: 'checkerboard', '8gaussians'"),
        ({"scale": "full"}, r"^scale: got 'full'; allowed: 'quick', 'reduced', 'paper'"),
        ({"combinations": ["C4"]}, r"^combinations: got 'C4'; allowed: 'C1', 'C2', 'C3'"),
        ({"objectives": ["vea"]}, r"^objectives: got 'vea'; .*did you mean 'vae'"),
        ({"objectives": ["wgan-gp"]}, r"^objectives: got 'wgan-gp'; allowed: 'vae', "),
        ({"objectives": "vae"}, r"^objectives: got 'vae'; allowed: a non-empty list"),
        ({"fresh": "no"}, r"^fresh: got 'no'"),
        ({"device": "gpu"}, r"^device: got 'gpu'"),
    ],
)
def test_a_bad_parameter_is_one_sentence(change, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        ToyParameters.check(TOY | change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("chapter", "good", "change", "says"),
    [
        (ImagesParameters, IMAGES, {"dataset": "checkerboard"}, "dataset: got 'checkerboard'; allowed: 'digits', "),
        (ImagesParameters, IMAGES, {"objectives": ["gan"]}, "objectives: got 'gan'; allowed: "),
        (ImagesParameters, IMAGES, {"scale": "large"}, "scale: got 'large'; allowed: 'quick', 'paper'"),
        (ImagesParameters, IMAGES, {"seed": -1}, "seed: got -1; allowed: a whole number from 0 up"),
        (ImagesParameters, IMAGES, {"data_root": 3}, "data_root: got 3; allowed: a folder, or None for data/images"),
        (ImagesParameters, IMAGES, {"device": "tpu"}, "device: got 'tpu'; allowed: 'cpu'"),
        (AblationParameters, ABLATION, {"dataset": "faces"}, "dataset: got 'faces'; allowed: 'checkerboard', "),
        (AblationParameters, ABLATION, {"scale": 1}, "scale: got 1; allowed: 'quick', "),
        (AblationParameters, ABLATION, {"schedules": []}, "schedules: got []; allowed: a non-empty list "),
        (StudyParameters, {"seeds": 5, "device": "cpu", "fresh": False}, {"seeds": 0}, "seeds: got 0; allowed: "),
        (SpeedParameters, {"device": "cuda"}, {"device": "tpu"}, "device: got 'tpu'; allowed: 'cpu', 'cuda'"),
    ],
)
def test_bad_parameters_of_every_chapter_are_answered_in_one_sentence(chapter, good, change, says):
    chapter(**good)
    with pytest.raises(InvalidArgumentError) as refused:
        chapter(**good | change)
    assert str(refused.value).startswith(says)
