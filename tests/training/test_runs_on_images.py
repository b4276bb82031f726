"""Runs on images: what they can do, how they are kept and found again, and training from the real formats."""

import warnings

import numpy as np
import pytest
import torch

import asvae
from asvae import RunConfig, datasets, pictures
from asvae.checks import InvalidArgumentError
from asvae.config.presets import SCALES
from asvae.store import runs as store
from asvae.store.results import find, keep, results
from asvae.training.checkpoint import path_of
from asvae.training.images.machinery import Machinery
from tiny_data import write_celeba, write_cifar10, write_folder, write_mnist


@pytest.fixture
def runs(digits):
    """A run of each method on the digits, three small steps long."""
    return digits


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
    with pytest.raises(InvalidArgumentError, match=r"x: got '\(3, 16, 16\)'; allowed: .* of shape \(N, 1, 16, 16\)"):
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


def test_sizes_that_a_data_set_does_not_leave_open_are_refused():
    with pytest.raises(InvalidArgumentError, match=r"pixels: got 64; allowed: 28 for 'mnist', any for 'folder'"):
        RunConfig("vae", "mnist", pixels=64)
    with pytest.raises(InvalidArgumentError, match=r"pixels: got 72; allowed: a multiple of 16 for 4 channels"):
        RunConfig("vae", "folder", pixels=72)
    with pytest.raises(InvalidArgumentError, match=r"channels: got \[\]; allowed: a non-empty list of whole numbers"):
        RunConfig("vae", "digits", channels=[])
    assert RunConfig("vae", "folder", grey=True, pixels=32).data().shape == (1, 32, 32)


@pytest.mark.parametrize("dataset", [name for name in SCALES if datasets.kind(name) == "images"])
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
def test_a_stored_run_on_other_images_is_not_taken_for_one_on_these(tmp_path):
    config = RunConfig("vae", "mnist", width=0.05, latent_dim=2, batch_size=8, steps=1)
    origins = []
    for number in (0, 1, 1):
        root = tmp_path / f"files-{number}"
        if not root.exists():
            write_mnist(root, seed=number)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            options = {"root": tmp_path, "progress": False, "machinery": Machinery(data_root=str(root))}
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
    assert len({path_of([config], tmp_path, data_root=root) for root in roots}) == 3
    with pytest.raises(InvalidArgumentError, match=r"dataset: got .*'folder' with 3 training images"):
        asvae.train(config, progress=False, machinery=Machinery(data_root=roots[2]))
