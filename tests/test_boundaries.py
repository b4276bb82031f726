"""Where a slightly different program would say the same nearly always: each of these tells them apart."""

from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import tiny_data
from asvae import Machinery, RunConfig, datasets
from asvae.checks import InvalidArgumentError
from asvae.metrics import histogram_scores, points
from asvae.store.runs import locate
from asvae.training import checkpoint
from asvae.training.checkpoint import Checkpoint, family, keep, read
from asvae.training.run import Divergence
from asvae_book.paper.verdicts import compare
from tiny import TINY

BOARD = datasets.get("checkerboard")


def test_a_square_with_exactly_half_of_its_share_is_covered():
    few = torch.cat([BOARD.centres[:1], BOARD.centres[1:2].expand(15, 2)])
    assert points.support_scores(few, BOARD).modes_covered == 2


def test_scores_are_means_over_draws_and_not_medians():
    def sample(n, draw):
        return BOARD.sample(n, 9, draw) if draw != 1 else torch.zeros(n, 2)

    scored = points.score(sample, BOARD, n=300, draws=3, large=300)
    evaluation = points.EVALUATION_SEED
    each = [histogram_scores(BOARD.sample(300, evaluation, step=draw), sample(300, draw)) for draw in range(3)]
    for name in ("kl", "jsd", "jsd_textbook"):
        assert scored[name] == pytest.approx(sum(getattr(one, name) for one in each) / 3, rel=1e-9)


@pytest.mark.parametrize(("lost", "says"), [(5, "inconclusive"), (6, "does not hold")])
def test_a_method_that_lost_half_of_its_seeds_is_not_refuted_by_that(run, lost, says):
    def of(name, diverged):
        broken = Divergence(3, "encoder", "kl_real")
        configs = [RunConfig(name, seed=seed) for seed in range(10)]
        return [
            replace(run, config=config, scores={"kl": 1.0}, divergence=broken if config.seed < diverged else None)
            for config in configs
        ]

    value = lambda each: float("nan") if each.diverged else each.scores["kl"]  # noqa: E731
    assert compare(of("as-introvae", lost), of("s-introvae", 0), value, -1, "{:+.1f}", 1)["says"] == says


def test_runs_on_two_folders_of_images_have_two_places(tmp_path):
    for folder, seed in (("a", 0), ("b", 5)):
        for i in range(2):
            tiny_data.save_image(tmp_path / folder / f"{i}.png", 20, 20, seed=seed + i)
    config = RunConfig("vae", "folder", pixels=16)
    places = {locate(config, tmp_path, Machinery(str(tmp_path / folder))) for folder in "ab"}
    assert len(places) == 2


def test_a_checkpoint_whose_tensors_changed_places_is_damaged(tmp_path):
    config = RunConfig("vae", **TINY)
    state = {"a": torch.zeros(3), "b": torch.ones(3)}
    keep(Checkpoint([config], "numerics", 4, 1.0, "here", [None], [], state), tmp_path)
    [path] = tmp_path.glob("step-*")
    assert read(path).step == 4
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    # The bytes in the digest's order stay as they were: the names alone tell.
    save_file({"a": state["a"], "c": state["b"]}, path, metadata)
    with pytest.raises(InvalidArgumentError, match="changed since it was written"):
        read(path)


def test_a_checkpoint_whose_record_is_nested_without_end_is_damaged(tmp_path):
    rest = "[" * 100_000
    path = tmp_path / "step-1.safetensors"
    save_file({"a": torch.ones(3)}, path, {"rest": rest, "sha256": checkpoint._digest({"a": torch.ones(3)}, rest)})
    with pytest.raises(InvalidArgumentError, match="recursion"):
        read(path)


def test_a_checkpoint_of_another_torch_is_of_another_family(monkeypatch):
    config = RunConfig("vae", **TINY)
    before = family(config, "cpu")
    monkeypatch.setattr(checkpoint.torch, "__version__", "9.8.7+cpu")
    assert "-torch9.8.7-" in family(config, "cpu") != before
