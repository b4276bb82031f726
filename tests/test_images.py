"""Runs on images: kept and found again, shown or stood in for, and the chapter from the real formats to its tables."""

import subprocess
import sys
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
import torch
from tiny_data import write_celeba, write_cifar10, write_folder, write_mnist

mpl.use("Agg")

from asvae_book.chapters import images as galleries
from asvae_book.chapters import parameters as chapters
from asvae_book.chapters import showing
from asvae_book.paper import image_claims

import asvae
from asvae import RunConfig, objectives, pictures
from asvae.checks import InvalidArgumentError
from asvae.config.presets import SCALES
from asvae.store import runs as store
from asvae.store.results import find, keep, results
from asvae.training.checkpoint import place
from asvae.training.cost import estimate
from asvae.training.images.machinery import Machinery

BOOK = Path(__file__).parents[1] / "book"
SMALL = {"width": 0.125, "latent_dim": 4, "batch_size": 16, "steps": 3}


@pytest.fixture(scope="module")
def runs():
    """A run of each method on the digits, three small steps long."""
    return asvae.sweep([RunConfig(name, "digits", **SMALL) for name in objectives.names()], workers=1, progress=False)


def test_a_run_on_images_samples_reconstructs_encodes_and_interpolates(runs):
    vae, wgan = runs[0], runs[-1]
    x = torch.rand(3, 1, 16, 16)
    assert vae.sample(5).shape == (5, 1, 16, 16)
    assert torch.equal(vae.sample(5, seed=1), vae.sample(5, seed=1))
    assert vae.encode(x)[0].shape == (3, 4)
    assert vae.reconstruct(x).shape == x.shape
    way = vae.interpolate(x[0], x[1], 5)
    assert torch.allclose(way[[0, -1]], vae.reconstruct(x)[:2], atol=1e-5)
    assert wgan.sample(2).shape == (2, 1, 16, 16)
    for ask in (lambda: wgan.encode(x), lambda: wgan.reconstruct(x)):
        with pytest.raises(InvalidArgumentError, match="without an encoder"):
            ask()
    with pytest.raises(InvalidArgumentError, match=r"x: got shape \(3, 16, 16\); allowed: \(N, 1, 16, 16\)"):
        vae.encode(x[:, 0])


def test_scores_have_a_floor_and_noise_beside_them_and_their_protocol(runs):
    for run in runs:
        assert run.scores["frechet_classifier_floor"] < run.scores["frechet_classifier_noise"]
        assert np.isfinite(run.scores["sharpness"])
        assert "fid" not in run.scores
        assert run.provenance["protocol"]
        assert run.provenance["data"] == run.config.data().fingerprint
    assert np.isnan(runs[-1].scores["rec_mse"])


def test_a_kept_result_is_found_again_with_its_pictures_and_without_the_data(runs, tmp_path, monkeypatch):
    run = runs[0]
    path = keep(run, tmp_path)
    assert path.name.startswith("digits-quick-vae-published-seed0-")
    again = find([run.config], tmp_path)[run.config]
    assert torch.equal(again.samples, run.samples)
    assert again.pictures.keys() == {"real", "reconstructed", "interpolation"}
    assert torch.allclose(again.pictures["interpolation"], run.pictures["interpolation"])
    assert again.scores.keys() == run.scores.keys()
    assert again.provenance["origin"] == "loaded"
    table = results("digits", root=tmp_path)
    assert list(table["frechet_classifier"]) == [run.scores["frechet_classifier"]]


def test_a_stored_run_is_loaded_with_its_weights_and_others_are_refused(runs, tmp_path):
    store.save(runs[3], tmp_path / "a")
    again = asvae.load(tmp_path / "a")
    assert torch.equal(again.sample(3), runs[3].sample(3))
    store.save(runs[4], tmp_path / "b")
    (tmp_path / "b" / "weights.safetensors").replace(tmp_path / "a" / "weights.safetensors")
    with pytest.raises(InvalidArgumentError, match=r"path: got 'a'; allowed: the folder of a whole run"):
        asvae.load(tmp_path / "a")


def test_packed_images_come_back_to_the_byte():
    for channels in (1, 3):
        images = torch.rand(5, channels, 12, 12)
        again = pictures.unpack(pictures.pack(images), (channels, 12, 12))
        assert torch.equal(pictures.to_bytes(again), pictures.to_bytes(images))
    odd = torch.tensor([[[[-1.0, 2.0, float("nan"), 0.5]]]])
    assert pictures.to_bytes(odd).flatten().tolist() == [0, 255, 0, 128]


def test_galleries_draw_every_method_and_name_what_diverged(runs):
    figure = galleries.samples(runs)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:4] == ["AS-IntroVAE", "S-IntroVAE", "WGAN-GP", "real"]
    assert len(galleries.reconstructions(runs).axes) == 5
    assert len(galleries.interpolations(runs).axes) == 4
    cells = {run.config.objective: [run] for run in runs}
    table = galleries.scores(cells)
    assert {"real against real", "noise", "WGAN-GP"} <= set(table.index)
    assert "seeds" not in table
    assert not [title for title in table.columns if "FID" in title]
    [lost] = asvae.sweep([RunConfig("vae", "digits", learning_rate=1e30, **SMALL)], progress=False)
    assert lost.diverged
    words = [text.get_text() for axis in galleries.samples([lost]).axes for text in axis.texts]
    assert any("diverged" in text for text in words)
    row = galleries.scores(cells | {"vae": [lost, *seeds(runs[0], [2.0, 4.0])]}).loc["VAE"]
    assert row["seeds"] == "3, 1 diverged"
    assert galleries.scores(cells | {"vae": seeds(runs[0], [2.0, 4.0])}).loc["WGAN-GP", "seeds"] == "1"
    assert galleries.scores({"vae": [lost]}).loc["VAE", "seeds"] == "1, 1 diverged"
    # Student's t at 97.5 % with one degree of freedom is 12.706; the standard error of 2 and 4 is 1.
    assert row["Fréchet distance"] == "3\u00a0±\u00a013"


def seeds(run, scores):
    """Return copies of a run with seeds 0, 1, ... and these distances to real images."""
    return [
        replace(run, config=run.config.replace(seed=seed), scores=run.scores | {"frechet_classifier": score})
        for seed, score in enumerate(scores)
    ]


def test_a_protocol_names_every_classifier_that_scored(runs):
    stated = runs[0].provenance["protocol"]
    other = replace(runs[1], provenance=runs[1].provenance | {"protocol": stated | {"classifier_identity": "another"}})
    said = galleries.protocol([runs[0], other])
    assert f"classifier identity: {stated['classifier_identity']} or another;" in said
    assert f"samples: {stated['samples']};" in said


def test_dots_of_scores_lie_beside_what_real_images_get(runs):
    scores = [3.0, 5.0, 4.0]
    cells = {"vae": seeds(runs[0], scores), "wgan-gp": [runs[-1]]}
    figure = galleries.score_dots(cells)
    left, right = figure.axes
    assert [text.get_text() for text in left.get_yticklabels()] == ["VAE", "WGAN-GP"]
    floor, dots, mean, *_ = [list(line.get_xdata()) for line in left.lines]
    assert floor == [runs[0].scores["frechet_classifier_floor"]] * 2
    assert (dots, mean) == (scores, [4.0])
    assert list(right.lines[0].get_xdata()) == [1.0, 1.0]


def test_every_kept_seed_of_the_same_settings_is_scored(runs, monkeypatch):
    kept = seeds(runs[0], [1.0, 2.0, 3.0])
    by_config = {run.config: run for run in kept}
    monkeypatch.setattr(
        showing, "find", lambda configs: {each: by_config[each] for each in configs if each in by_config}
    )
    [own] = seeds(runs[0], [9.0])
    cells = showing.over_seeds([own, runs[-1]])
    assert cells == {"vae": [own, *kept[1:]], "wgan-gp": [runs[-1]]}
    late = replace(own, config=own.config.replace(seed=77))
    assert [run.config.seed for run in showing.over_seeds([late])["vae"]] == [0, 1, 2, 77]
    other = replace(own, config=own.config.replace(steps=4))
    assert showing.over_seeds([other]) == {"vae": [other]}


def test_sentences_rank_methods_and_say_whose_data_the_claim_is_about(runs):
    by_name = {run.config.objective: run for run in runs}
    cells = {
        "as-introvae": seeds(by_name["as-introvae"], [5.0, 5.1, 5.2, 5.3, 5.4]),
        "s-introvae": seeds(by_name["s-introvae"], [6.0, 6.1, 6.3, 6.3, 6.4]),
        "wgan-gp": seeds(by_name["wgan-gp"], [7.0, 7.1, 7.3, 7.3, 7.4]),
    }
    rank, said = image_claims.sentences(cells)
    assert list(image_claims.comparisons(cells)["says"]) == ["holds", "holds"]
    assert rank.endswith("best first): AS-IntroVAE 5.2; S-IntroVAE 6.22; WGAN-GP 7.22.")
    assert said.startswith(f"{image_claims.CLAIM}, as G1, G2, G3, G4 claim of other data or sizes: on digits at quick")
    assert "**reproduced** (S-IntroVAE: AS-IntroVAE − this, Fréchet distance, classifier features −1.02 (" in said

    def moved(**changes):
        return {
            name: [replace(run, config=RunConfig(name, "mnist", "paper", run.config.seed, **changes)) for run in group]
            for name, group in cells.items()
        }

    assert image_claims.sentences(moved())[1].startswith(f"**G3**, {image_claims.CLAIM}: on MNIST at paper scale **rep")
    assert "claim of other data or sizes: on MNIST" in image_claims.sentences(moved(steps=9))[1]
    assert "**not run**" in image_claims.sentences({"vae": [runs[0]]})[1]


def test_absent_data_are_stood_in_for_and_said_to_be(monkeypatch, tmp_path, runs):
    monkeypatch.setattr(showing, "load_or_train", lambda configs, **options: [replace(runs[0], config=configs[0])])
    shown = showing.shown(["vae"], "mnist", "quick", 0, data_root=str(tmp_path))
    assert [run.config for run in shown.runs] == [RunConfig("vae", "digits")]
    assert f"The files of `mnist` are not in `{tmp_path}`" in shown.missing
    assert "`digits`" in shown.missing
    write_mnist(tmp_path)
    shown = showing.shown(["vae"], "mnist", "quick", 0, data_root=str(tmp_path))
    assert not shown.missing
    assert [run.config for run in shown.runs] == [RunConfig("vae", "mnist")]
    assert "not trained on a CPU" in showing.shown(["vae"], "mnist", "paper", 0, data_root=str(tmp_path)).missing


def test_commands_fetch_first_and_train_on_a_gpu():
    said = showing.commands(["vae", "wgan-gp"], "celeba128", "paper", 3, data_root="/my data").splitlines()
    assert said[0] == "asvae data celeba128 --data-root '/my data'"
    assert said[2].startswith(
        "asvae train --objective wgan-gp --dataset celeba128 --scale paper --seed 3 --device cuda"
    )
    assert showing.commands(["vae"], "digits", "quick") == "asvae train --objective vae --dataset digits --scale quick"


def test_the_cost_counts_operations_by_hand():
    config = RunConfig("vae", "digits", channels=(2,), latent_dim=3, batch_size=4, width=1.0)
    sides = {16: 0, 8: 0}
    # Encoder: 5×5 convolution at 16, one block of two 3×3 at 8, linear. Decoder: back the same way, its 5×5 last.
    sides[16] += 2 * 25 * 2 + 2 * (2 * 2 * 9 * 2)
    sides[8] += 2 * (2 * 2 * 9 * 2) * 2
    forward = sum(flops * side * side for side, flops in sides.items()) + 2 * 128 * 6 + 2 * 3 * 128
    first = 2 * 25 * 2 * 256
    # Backward is twice the forward pass, but nobody asks for the gradient of the data; the decoder's last 5×5 counts.
    sides_last = 2 * 25 * 2 * 256
    assert estimate(config).flops == 4 * (3 * (forward + sides_last) - first)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dataset": "checkerboard"}, "dataset: got 'checkerboard'; allowed: 'digits', 'mnist'"),
        ({"objectives": ["gan"]}, "objectives: got 'gan'; allowed: "),
        ({"scale": "large"}, "scale: got 'large'; allowed: 'quick', 'paper'"),
        ({"seed": -1}, "seed: got -1; allowed: a whole number from 0 up"),
        ({"data_root": 3}, "data_root: got 3; allowed: a folder, or None for data/images"),
        ({"device": "tpu"}, "device: got 'tpu'; allowed: 'cpu'"),
    ],
)
def test_bad_parameters_of_the_chapter_are_answered_in_one_sentence(changes, says):
    good = {"dataset": "digits", "objectives": ["vae"], "scale": "quick", "seed": 0, "steps": None}
    good |= {"device": "cpu", "data_root": None, "fresh": False}
    assert chapters.ImagesParameters(**good).objectives == ("vae",)
    with pytest.raises(InvalidArgumentError) as refused:
        chapters.ImagesParameters(**good | changes)
    assert str(refused.value).startswith(says)


def test_sizes_that_a_data_set_does_not_leave_open_are_refused():
    with pytest.raises(InvalidArgumentError, match=r"pixels: got 64; allowed: 28 for 'mnist', any for 'folder'"):
        RunConfig("vae", "mnist", pixels=64)
    with pytest.raises(InvalidArgumentError, match=r"pixels: got 72; allowed: a multiple of 16 for 4 channels"):
        RunConfig("vae", "folder", pixels=72)
    with pytest.raises(InvalidArgumentError, match=r"channels: got \[\]; allowed: a non-empty list of whole numbers"):
        RunConfig("vae", "digits", channels=[])
    assert RunConfig("vae", "folder", grey=True, pixels=32).data().shape == (1, 32, 32)


@pytest.mark.parametrize("dataset", [name for name in SCALES if name != "checkerboard"])
def test_every_image_data_set_has_scales_that_describe_networks_of_its_shape(dataset):
    for scale, recipe in SCALES[dataset].items():
        config = RunConfig("as-introvae", dataset, scale)
        assert config.data().shape[1:] == (recipe.pixels, recipe.pixels)
        assert RunConfig(**config.to_dict()) == config
    assert SCALES[dataset]["paper"].width == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "write"), [("cifar10", write_cifar10), ("celeba128", write_celeba), ("folder", write_folder)]
)
def test_a_run_trains_from_the_real_format(dataset, write, tmp_path):
    write(tmp_path)
    small = {"width": 0.05, "latent_dim": 4, "batch_size": 4, "steps": 2}
    run = asvae.train(
        RunConfig("as-introvae", dataset, **small), progress=False, machinery=Machinery(data_root=str(tmp_path))
    )
    assert not run.diverged
    assert np.isfinite(run.scores["frechet_classifier"])
    assert run.provenance["skipped"] == (1 if dataset == "folder" else 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "write"),
    [
        ("mnist", partial(write_mnist, train=80, test=20)),
        ("cifar10", partial(write_cifar10, each=16)),
        ("celeba128", partial(write_celeba, count=40)),
    ],
)
def test_papermill_runs_the_chapter_on_a_data_sets_own_files(dataset, write, tmp_path):
    write(tmp_path / "files")
    command = [sys.executable, "-m", "papermill", str(BOOK / "images.ipynb"), "out.ipynb", "-p", "dataset", dataset]
    command += ["-p", "data_root", str(tmp_path / "files"), "-p", "scale", "quick", "-p", "steps", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    out = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    text = "".join(str(output.get("data", {})) for cell in out.cells for output in cell.get("outputs", []))
    assert "These runs are of the data set that was asked for." in text
    assert "Not run here" not in text
    assert "5 runs" in text


def test_a_stored_run_on_other_images_is_not_taken_for_one_on_these(tmp_path):
    config = RunConfig("vae", "mnist", width=0.05, latent_dim=2, batch_size=8, steps=1)
    origins = []
    for number in (0, 1, 1):
        root = tmp_path / f"files-{number}"
        if not root.exists():
            write_mnist(root, seed=number)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            options = {"root": tmp_path / "runs", "progress": False, "machinery": Machinery(data_root=str(root))}
            [run] = store.load_or_train([config], **options)
        origins.append(run.provenance["origin"])
        said = any("data: got a stored run on" in str(each.message) for each in told)
        assert said == (len(origins) == 2)
    assert origins == ["computed here", "computed here", "loaded"]


def test_folders_have_places_of_their_own_and_too_few_images_are_refused_before_training(tmp_path):
    config = RunConfig("vae", "folder", width=0.05, latent_dim=2, batch_size=2, steps=1, pixels=16)
    for number, count in enumerate((30, 30, 4)):
        write_folder(tmp_path / str(number), count=count, seed=number)
    roots = [str(tmp_path / str(number)) for number in range(3)]
    assert len({place([config], tmp_path, data_root=root) for root in roots}) == 3
    with pytest.raises(InvalidArgumentError, match=r"dataset: got .*'folder' with 3 training images"):
        asvae.train(config, progress=False, machinery=Machinery(data_root=roots[2]))


def test_kept_runs_are_shown_beside_the_names_of_those_that_are_missing(monkeypatch, runs, tmp_path):
    there = replace(runs[0], config=RunConfig("vae", "mnist", "paper"))
    monkeypatch.setattr(showing, "find", lambda configs: {there.config: there})
    shown = showing.shown(["vae", "wgan-gp"], "mnist", "paper", 0, data_root=str(tmp_path))
    assert shown.runs == [there]
    assert shown.missing.startswith("**WGAN-GP: not run here.**")
