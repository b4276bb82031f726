"""The scales of a data set: what a smaller one shares with the published settings, and where there is none."""

import pytest

from asvae import RunConfig, datasets, objectives
from asvae.checks import InvalidArgumentError
from asvae.config.presets import SCALES, scales
from asvae.store.rows import row_of

REDUCED = [name for name, recipes in SCALES.items() if "reduced" in recipes and datasets.kind(name) == "images"]


def test_mnist_cifar10_and_faces_have_a_reduced_scale():
    assert set(REDUCED) == {"mnist", "cifar10", "celeba64"}
    assert all(list(scales(dataset)) == ["quick", "reduced", "paper"] for dataset in REDUCED)


@pytest.mark.parametrize("dataset", REDUCED)
@pytest.mark.parametrize("objective", objectives.names())
def test_a_reduced_run_differs_from_the_published_one_in_size_and_rate_alone(objective, dataset):
    reduced, paper = (RunConfig(objective, dataset, scale) for scale in ("reduced", "paper"))
    assert reduced.hyperparameters == paper.hyperparameters
    assert row_of(reduced) == "published"
    of_size = ("width", "steps", "batch_size", "learning_rate", "ema")
    assert reduced.replace(scale="paper", **{name: getattr(paper.recipe, name) for name in of_size}) == paper
    assert reduced.recipe == RunConfig("vae", dataset, "reduced").recipe  # equally long for all methods
    assert 10 * reduced.steps * reduced.recipe.batch_size <= paper.steps * paper.recipe.batch_size
    assert reduced.warmup_steps == 0
    assert reduced.recipe.rate(0) == reduced.recipe.rate(reduced.steps - 1)


@pytest.mark.parametrize("dataset", ["checkerboard", "8gaussians"])
@pytest.mark.parametrize("objective", ["vae", "s-introvae", "as-introvae", "introvae"])
def test_a_reduced_run_on_points_has_a_twentieth_of_the_published_operations(objective, dataset):
    reduced, paper = (RunConfig(objective, dataset, scale) for scale in ("reduced", "paper"))
    assert reduced.hyperparameters == paper.hyperparameters

    def operations(recipe):
        return recipe.steps * recipe.batch_size * recipe.width**2 * (recipe.depth - 1)

    assert 19 <= operations(paper.recipe) / operations(reduced.recipe) <= 21


@pytest.mark.parametrize("dataset", ["digits", "celeba128"])
def test_a_data_set_without_a_reduced_scale_says_what_it_has(dataset):
    with pytest.raises(InvalidArgumentError, match=r"^scale: got 'reduced'; allowed: 'quick', 'paper'\.$"):
        RunConfig("vae", dataset, "reduced")


def test_an_average_that_never_moves_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"^ema: got 1\.0; allowed: at least 0 and below 1\.$"):
        RunConfig("vae", "digits", ema=1.0)
