"""The command under a figure makes the runs that it shows: those of the smallest study that has them all."""

from types import SimpleNamespace

import pytest

from asvae_book.studies import ABLATION, COMMITTED_SEEDS, EIGHT_GAUSSIANS, METHODS, STUDIES, TABLE1
from asvae_book.studies.command import again


def shown(study, dataset, seeds=2, scale="quick", labels=None, **changes):
    cells = study.configs(dataset, seeds, scale, labels, **changes)
    return [SimpleNamespace(config=config) for config in cells.runs]


@pytest.mark.parametrize(
    ("runs", "command"),
    [
        (shown(TABLE1, "checkerboard"), "asvae sweep --scale quick --seeds 2"),
        (shown(TABLE1, "8gaussians"), "asvae sweep --scale quick --dataset 8gaussians --seeds 2"),
        (
            shown(EIGHT_GAUSSIANS, "8gaussians", 10, "reduced"),
            "asvae sweep --study 8gaussians --dataset 8gaussians --scale reduced --seeds 10",
        ),
        (
            shown(METHODS, "cifar10", 1, "paper"),
            "asvae sweep --study methods --dataset cifar10 --scale paper --device cuda --seeds 1",
        ),
        (
            shown(ABLATION, "checkerboard", 1, reading="supplement", labels=["vae", "half", "kl-only"]),
            "asvae sweep --study ablation --dataset checkerboard --set reading=supplement --seeds 1",
        ),
        (
            shown(ABLATION, "checkerboard", 2, labels=["vae"]),
            "asvae sweep --study methods --dataset checkerboard --seeds 2",
        ),
        (shown(METHODS, "checkerboard", 1, labels=["vae"])[:1] + shown(METHODS, "8gaussians", 1)[:1], ""),
        (shown(METHODS, "checkerboard", 1, steps=7), ""),
        ([], ""),
    ],
)
def test_the_runs_of_a_study_are_made_again_by_its_sweep(runs, command):
    assert again(runs) == command


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_study_is_made_again_by_a_command_that_names_a_study_with_its_runs(study):
    runs = shown(study, study.dataset, COMMITTED_SEEDS)
    words = again(runs).split()
    named = STUDIES[words[words.index("--study") + 1] if "--study" in words else "table1"]
    assert len(named.variants) <= len(study.variants)
    assert {run.config for run in runs} <= set(named.configs(study.dataset, COMMITTED_SEEDS).runs)
    assert words[-2:] == ["--seeds", str(COMMITTED_SEEDS)]
