"""A sixth objective, a second data set of points, a study and a claim, each one record: all that follows, follows."""

import functools
import json
import math
import sys
from dataclasses import dataclass

import pytest
import torch

import asvae
from asvae import datasets, draws, objectives
from asvae.checks import option
from asvae.config import PointsRecipe, RunConfig, presets
from asvae.datasets.points import PointsDataset
from asvae.losses import as_distance, reconstruction_error, reparameterize
from asvae.objectives import Loss, Objective, Player
from asvae.objectives.hyperparameters import Hyperparameters
from asvae.store import runs as store
from asvae_book.chapters import palette
from asvae_book.paper.claims import UNAVAILABLE, Claim, Ground
from asvae_book.paper.ledger import as_json, as_text, ledger
from asvae_book.paper.verdicts import compare, conclude
from asvae_book.studies import STUDIES, Study, Variant

SMALL = PointsRecipe(steps=24, width=16, depth=2, batch_size=16, learning_rate=1e-3, decay="linear")


@dataclass(frozen=True)
class ToyHyperparameters(Hyperparameters):
    """Weights of the toy."""

    beta_rec: float = option(0.2, low=0.0)
    beta_as: float = option(1.0, low=0.0)


def toy_loss(networks, x, draws, hp, progress, shared):
    mu, logvar = networks.encode(x)
    x_hat = networks.decode(reparameterize(mu, logvar, draws["posterior"]))
    error = reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    prior = torch.zeros_like(mu[..., :1, :])
    apart = as_distance(mu, logvar, prior, prior)
    return Loss(hp.beta_rec * error + hp.beta_as * apart, {"reconstruction": error, "as_distance": apart}, {})


TOY = Objective(
    name="toy",
    label="Toy",
    hyperparameters=ToyHyperparameters,
    players=(Player("vae", ("encoder", "decoder"), toy_loss),),
    draws=("posterior",),
    warms_up=False,
)


class Ring(PointsDataset):
    """Five discs on a circle."""

    name, title = "ring", "ring of discs"
    limit, region, side, modes = 2.0, "disc", 0.5, "discs"

    def __init__(self):
        turns = torch.arange(5) * (2.0 * math.pi / 5)
        self.centres = torch.stack([turns.cos(), turns.sin()], dim=1)

    def sample(self, n, seed, step=0):
        which = (draws.uniform(seed, step, "data/ring", (n,)) * 5).long()
        return self.centres[which] + 0.05 * draws.normal(seed, step, "data/ring/noise", (n, 2))


STUDY = Study(
    "toy-study",
    "the toy at two weights, and a VAE",
    {
        "weak": Variant("weak", "toy", {"beta_as": 0.1}),
        "strong": Variant("strong", "toy", {"beta_as": 2.0}),
        "vae": Variant("VAE", "vae"),
    },
    kind="points",
)


def judge(cells):
    return conclude(
        {("weak", "KL"): compare(cells["weak"], cells["strong"], lambda run: run.scores["kl"], -1, "{:+.2f}", 1)}
    )


CLAIM = Claim(
    "X1",
    "a weak AS-distance scores better than a strong one",
    place="nowhere",
    shown="nothing",
    program=UNAVAILABLE,
    study=STUDY,
    labels=("weak", "strong"),
    grounds=(Ground("ring", "quick", "extending#the-toy"),),
    judge=judge,
)


@pytest.fixture
def entered(monkeypatch):
    """Enter the four records where a contributor would."""
    monkeypatch.setitem(objectives._REGISTRY, "toy", TOY)
    monkeypatch.setitem(datasets._REGISTRY, "ring", Ring)
    monkeypatch.setitem(presets.SCALES, "ring", {"quick": SMALL, "paper": SMALL})
    monkeypatch.setitem(STUDIES, STUDY.name, STUDY)


def test_a_data_set_without_recipes_takes_those_of_its_kind(monkeypatch):
    monkeypatch.setitem(datasets._REGISTRY, "ring", Ring)
    assert RunConfig("vae", "ring").recipe == RunConfig("vae", "checkerboard").recipe
    assert datasets.title("ring") == "ring of discs"
    assert datasets.kind("ring") == "points"


@pytest.mark.parametrize("name", [*objectives.names(), "toy"])
def test_every_objective_trains_on_the_new_points_and_is_scored(entered, name):
    run = asvae.train(RunConfig(name, "ring"), progress=False)
    assert not run.diverged
    assert run.sample(3).shape == (3, 2)
    assert 0.0 <= run.scores["on_support"] <= 1.0
    assert 0 <= run.scores["modes_covered"] <= 5
    assert math.isfinite(run.scores["kl"])


def test_the_truth_covers_all_of_its_own_modes(entered):
    from asvae.metrics import points

    floor = points.floor(Ring(), draws=2)
    assert floor["modes_covered"] == 5
    # Normal noise of 0.05 in a disc of radius 0.25: five standard deviations.
    assert floor["on_support"] > 0.999


@pytest.mark.slow
def test_the_toy_runs_on_images_too(entered):
    tiny = {"width": 1 / 16, "latent_dim": 4, "batch_size": 8, "steps": 3}
    run = asvae.train(RunConfig("toy", "digits", **tiny), progress=False)
    assert not run.diverged
    assert run.scores["frechet_classifier"] > 0.0


@pytest.mark.slow
def test_sweep_table_results_and_ledger_take_in_study_and_claim(entered, monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(store, "load_or_train", functools.partial(store.load_or_train, root=tmp_path))
    options = ["--study", "toy-study", "--dataset", "ring", "--seeds", "5", "--workers", "1"]
    monkeypatch.setattr(sys, "argv", ["asvae", "sweep", *options])
    from asvae.cli.command import app

    app(standalone_mode=False)
    printed = capfd.readouterr().out
    assert "toy-study on ring of discs" in printed
    assert all(title in printed for title in ("weak", "strong", "VAE"))

    table = asvae.results("ring", root=tmp_path / "results")
    assert len(table) == 15
    assert set(table.objective) == {"toy", "vae"}
    assert table.current.all()

    [entry] = ledger([CLAIM], root=tmp_path / "results")
    assert entry.verdict != "not run"
    [json_entry] = json.loads(as_json([entry]))
    assert (json_entry["claim"], json_entry["evidence"][0]["runs"]) == ("X1", 10)
    assert json_entry["evidence"][0]["command"] == "asvae sweep --study toy-study --dataset ring --seeds 10"
    assert "X1  a weak AS-distance" in as_text([entry])


def test_the_toy_has_a_colour_of_its_own(entered):
    colours = [palette.of_method(name) for name in objectives.names()]
    assert len(set(colours)) == len(colours) == 6
