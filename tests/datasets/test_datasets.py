"""Image data sets: the real formats through the real loaders, packing, and what a step gets."""

import errno
import functools
import gzip
import hashlib
import http.server
import os
import pickle
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import tiny_data
from asvae import checks, datasets, draws
from asvae.datasets import image_files
from asvae.datasets.image_files import ImageFiles
from asvae.datasets.images import ImageDataset, MissingDataError
from asvae.files import NotWrittenError

IMAGES = [name for name in datasets.names() if datasets.kind(name) == "images"]
SIZES = {"digits": (1438, 359), "mnist": (24, 8), "cifar10": (30, 6), "celeba64": (18, 2), "celeba128": (14, 4)}
SIZES["folder"] = (27, 3)
SIZES["celeba256"] = SIZES["celeba128"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """All of them, tiny, in one folder."""
    folder = tmp_path_factory.mktemp("images")
    tiny_data.write_mnist(folder)
    tiny_data.write_cifar10(folder)
    tiny_data.write_celeba(folder)
    tiny_data.write_folder(folder / "mine")
    return folder


@pytest.fixture
def mine(tmp_path):
    """Twenty good images in a folder."""
    for i in range(20):
        tiny_data.save_image(tmp_path / "mine" / f"{i:02d}.png", 40, 30, seed=i)
    return tmp_path / "mine"


def opened(name, root) -> ImageDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the broken image
        dataset = datasets.get(name, root=root / "mine" if name == "folder" else root)
        assert len(dataset.images)
    return dataset


def folder(root, **options):
    return datasets.get("folder", root=root, **{"pixels": 16, **options})


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_set_keeps_its_promises(name, root):
    dataset = opened(name, root)
    train, test = SIZES[name]
    assert dataset.images.shape == (train, *dataset.shape)
    assert dataset.test_images.shape == (test, *dataset.shape)
    assert dataset.images.dtype == dataset.test_images.dtype == np.uint8
    assert not dataset.images.flags.writeable
    assert not dataset.test_images.flags.writeable
    assert dataset.available
    assert dataset.source.endswith(".")
    if dataset.classes:
        assert dataset.labels.dtype == np.int64
        assert dataset.labels.shape == (train,)
        assert 0 <= dataset.labels.min() <= dataset.labels.max() < dataset.classes
    else:
        assert dataset.labels is None
    x = dataset.sample(8, seed=1, step=2)
    assert x.shape == (8, *dataset.shape)
    assert x.dtype == torch.float32
    assert 0.0 <= x.min() < x.max() <= 1.0
    assert torch.equal(x, opened(name, root).sample(8, seed=1, step=2))
    assert not torch.equal(x, dataset.sample(8, seed=1, step=1))
    assert not torch.equal(x, dataset.sample(8, seed=2, step=2))


@pytest.mark.parametrize("name", IMAGES)
def test_a_sample_is_the_images_of_its_step_mirrored_where_that_is_harmless(name, root):
    dataset = opened(name, root)
    mirrored = np.array([dataset.mirrored(8, 3, step) for step in range(40)])
    assert mirrored.any() == dataset.flip
    assert dataset.flip == (name not in ("digits", "mnist"))
    if dataset.flip:
        assert 0.35 < mirrored.mean() < 0.65
    step = int(mirrored.any(1).argmax())
    x = dataset.sample(8, 3, step)
    for i, index in enumerate(dataset.indices(8, 3, step)):
        image = dataset.images[index][..., ::-1] if mirrored[step, i] else dataset.images[index]
        assert np.array_equal((x[i] * 255).round().numpy(), image)


def test_an_epoch_visits_every_image_once_and_resumes_at_any_step(root):
    dataset = opened("cifar10", root)
    assert dataset.steps_per_epoch(10) == 3
    epochs = [[dataset.indices(10, 5, 3 * epoch + i) for i in range(3)] for epoch in range(4)]
    for epoch in epochs:
        assert sorted(np.concatenate(epoch)) == list(range(30))
    assert len({tuple(np.concatenate(epoch)) for epoch in epochs}) == 4
    assert np.array_equal(np.concatenate(epochs[2]), draws.generator(5, 2, "data/order").permutation(30))
    for step in (11, 4, 7, 0):
        assert np.array_equal(opened("cifar10", root).indices(10, 5, step), epochs[step // 3][step % 3])
    uneven = np.concatenate([dataset.indices(8, 5, step) for step in range(dataset.steps_per_epoch(8))])
    assert len(np.unique(uneven)) == len(uneven) == 24


@pytest.mark.parametrize("call", ["steps_per_epoch", "indices", "sample"])
def test_more_images_than_there_are_is_one_sentence(call, root):
    dataset = opened("mnist", root)
    arguments = (25,) if call == "steps_per_epoch" else (25, 0, 0)
    with pytest.raises(checks.InvalidArgumentError) as caught:
        getattr(dataset, call)(*arguments)
    allowed = "allowed: a whole number from 1 to 24 (the training images of 'mnist')."
    assert str(caught.value) == f"batch_size: got 25; {allowed}"
    with pytest.raises(checks.InvalidArgumentError, match="n: got 0"):
        dataset.sample(0, 0)


def test_digits_are_the_known_scans():
    digits = datasets.get("digits")
    assert digits.fingerprint == "844afa5d7d11"
    assert np.bincount(digits.labels).min() > 120
    large = digits.images[0, 0].astype(float)
    assert large.max() == 255
    # Bilinear enlargement by two keeps the mean but for the border, which is empty on most sides.
    assert digits.images.mean() / 255 == pytest.approx(4.88 / 16, abs=0.01)


@pytest.mark.parametrize("gz", [False, True])
def test_mnist_is_read_as_it_is_written(gz, tmp_path):
    tiny_data.write_mnist(tmp_path, gz=gz, seed=3)
    rng = np.random.default_rng(3)
    pixels, labels = rng.integers(0, 256, (24, 28, 28)), rng.integers(0, 10, 24)
    mnist = datasets.get("mnist", root=tmp_path)
    assert np.array_equal(mnist.images[:, 0], pixels)
    assert np.array_equal(mnist.labels, labels)
    assert np.array_equal(mnist.test_images[:, 0], rng.integers(0, 256, (8, 28, 28)))


def test_cifar_batches_follow_each_other(tmp_path):
    tiny_data.write_cifar10(tmp_path)
    cifar = datasets.get("cifar10", root=tmp_path)
    for i in range(5):
        batch = pickle.loads((tmp_path / "cifar-10-batches-py" / f"data_batch_{i + 1}").read_bytes())
        assert np.array_equal(cifar.images[6 * i : 6 * i + 6].reshape(6, 3072), batch["data"])
        assert cifar.labels[6 * i : 6 * i + 6].tolist() == batch["labels"]


def test_a_cifar_batch_runs_no_code(tmp_path):
    tiny_data.write_cifar10(tmp_path)

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    (tmp_path / "cifar-10-batches-py" / "data_batch_2").write_bytes(pickle.dumps({"data": Trap()}))
    with pytest.raises(checks.InvalidArgumentError, match=r"'cifar10' are damaged .*mkdir"):
        datasets.get("cifar10", root=tmp_path).images  # noqa: B018
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mnist", "MNIST/raw/train-images-idx3-ubyte"),
        ("mnist", "MNIST/raw/train-labels-idx1-ubyte"),
        ("cifar10", "cifar-10-batches-py/test_batch"),
    ],
)
def test_damaged_files_are_one_sentence(name, file, tmp_path):
    getattr(tiny_data, f"write_{name}")(tmp_path)
    tiny_data.cut(tmp_path / file)
    with pytest.raises(checks.InvalidArgumentError, match=f"^data_root: got .*'{name}' are damaged") as caught:
        datasets.get(name, root=tmp_path).images  # noqa: B018
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: b"<html>", lambda data: gzip.compress(b"<html>")]
)
def test_a_gzipped_file_that_is_cut_or_another_is_one_sentence(damage, tmp_path):
    tiny_data.write_mnist(tmp_path, gz=True)
    file = tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(checks.InvalidArgumentError, match=r"^data_root: got .*'mnist' are damaged .*\.$"):
        datasets.get("mnist", root=tmp_path).test_images  # noqa: B018


def test_labels_of_other_images_are_refused(tmp_path):
    tiny_data.write_mnist(tmp_path)
    raw = tmp_path / "MNIST" / "raw"
    (raw / "train-labels-idx1-ubyte").write_bytes((raw / "t10k-labels-idx1-ubyte").read_bytes())
    with pytest.raises(checks.InvalidArgumentError, match="8 and 8 labels for 24 and 8 images"):
        datasets.get("mnist", root=tmp_path).labels  # noqa: B018


@pytest.mark.parametrize("name", IMAGES[1:])
def test_absent_data_is_one_sentence_and_only_when_used(name, tmp_path):
    dataset = datasets.get(name, root=tmp_path / "no such place")
    assert len(dataset.shape) == 3
    assert isinstance(dataset.flip, bool)
    assert dataset.classes in (0, 10)
    assert not dataset.available
    for use in (lambda: dataset.images, lambda: dataset.sample(1, 0), lambda: dataset.fingerprint):
        with pytest.raises(MissingDataError) as caught:
            use()
        message = str(caught.value)
        assert "\n" not in message
        assert f"{name!r}" in message
        assert str(tmp_path / "no such place") in message
        if name == "folder":
            assert "your own images (jpg, jpeg, png" in message
        else:
            assert f"`asvae data {name} --data-root '{tmp_path}/no such place'`" in message
    assert not (tmp_path / "no such place").exists()


def test_a_home_that_nobody_has_is_the_name_of_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert datasets.get("mnist", root="~/x").root == tmp_path / "x"
    with pytest.raises(MissingDataError, match=r"^data_root: got '~nosuchuser/x', where the files .* are absent"):
        datasets.get("mnist", root="~nosuchuser/x").images  # noqa: B018


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A server on this machine with tiny MNIST files, and torchvision told to fetch them there."""
    import torchvision

    tiny_data.write_mnist(tmp_path / "served", gz=True)
    files = tmp_path / "served" / "MNIST" / "raw"
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=files)
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        known = torchvision.datasets.MNIST
        monkeypatch.setattr(known, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        sums = [(name, hashlib.md5((files / name).read_bytes()).hexdigest()) for name, _ in known.resources]
        monkeypatch.setattr(known, "resources", sums)
        yield files
        server.shutdown()


def test_a_download_is_checked_and_done_once(mirror, tmp_path):
    mnist = datasets.get("mnist", root=tmp_path / "new")
    mnist.download()
    assert mnist.images.shape == (24, 1, 28, 28)
    for file in mirror.iterdir():
        file.unlink()
    mnist.download()


@pytest.mark.parametrize("damage", ["absent", "changed"])
def test_a_failed_download_is_one_sentence(damage, mirror, tmp_path):
    for file in mirror.iterdir():
        if damage == "absent":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes() + b"!")
    with pytest.raises(MissingDataError, match=r"^data_root: got .* download of 'mnist' failed \(") as caught:
        datasets.get("mnist", root=tmp_path / "new").download()
    assert "\n" not in str(caught.value)


def test_what_is_there_is_not_downloaded_again(root, monkeypatch):
    import torchvision

    monkeypatch.setattr(torchvision.datasets.CIFAR10, "url", "http://127.0.0.1:9/refused")
    opened("cifar10", root).download()


def test_what_cannot_be_downloaded_says_where_to_put_files(tmp_path):
    with pytest.raises(MissingDataError, match=f"put your own images .* into {tmp_path}"):
        datasets.get("folder", root=tmp_path).download()
    datasets.get("digits").download()
    datasets.get("checkerboard").download()
    assert datasets.get("checkerboard").available


def test_celeba_is_whole_or_absent_however_its_download_ends(tmp_path, monkeypatch):
    import torchvision

    told = []

    class Served:
        """What torchvision does: fetch the files that are not there yet, then extract image by image."""

        def __init__(self, root, download):
            place = root / "celeba"
            place.mkdir(exist_ok=True)
            for name in ("img_align_celeba.zip", "list_eval_partition.txt"):
                if not (place / name).is_file():
                    told.append(name)
                    (place / name).write_text("000001.jpg 0\n000002.jpg 0\n000003.jpg 2\n")
            for i in (1, 2, 3):
                tiny_data.save_image(place / "img_align_celeba" / f"{i:06d}.jpg", 178, 218)
                if self.stops and i == 2:
                    raise KeyboardInterrupt

    monkeypatch.setattr(torchvision.datasets, "CelebA", Served)
    place = tmp_path / "celeba"
    (place / "img_align_celeba").mkdir(parents=True)
    (place / "own.txt").write_text("mine")
    dataset = datasets.get("celeba128", root=tmp_path)
    Served.stops = True
    with pytest.raises(KeyboardInterrupt):
        dataset.download()
    assert not dataset.available
    fetched = ["img_align_celeba.zip", "list_eval_partition.txt"]
    assert sorted(path.name for path in place.iterdir()) == [*fetched, "own.txt"]
    Served.stops = False
    dataset.download()
    assert (len(dataset.images), len(dataset.test_images)) == (2, 1)
    assert sorted(path.name for path in place.iterdir()) == ["img_align_celeba", *fetched, "own.txt"]
    assert not any(path.is_symlink() for path in place.iterdir())
    assert told == fetched
    assert (place / "own.txt").read_text() == "mine"


def test_what_lies_in_the_place_of_celebas_images_is_left_alone(tmp_path):
    (tmp_path / "celeba" / "img_align_celeba").mkdir(parents=True)
    (tmp_path / "celeba" / "img_align_celeba" / "own.txt").write_text("mine")
    with pytest.raises(MissingDataError, match=r"download of 'celeba128' failed \(.*not empty"):
        datasets.get("celeba128", root=tmp_path).download()
    assert (tmp_path / "celeba" / "img_align_celeba" / "own.txt").read_text() == "mine"


def test_celeba_is_the_central_square(tmp_path):
    canvas = np.zeros((218, 178, 3), dtype=np.uint8)
    canvas[20:198] = [200, 100, 50]
    canvas[109:198] += 20
    place = tmp_path / "celeba" / "img_align_celeba"
    place.mkdir(parents=True)
    for i in range(2):
        Image.fromarray(canvas).save(place / f"{i}.png")
    for name, pixels in (("celeba128", 128), ("celeba256", 256)):
        image = datasets.get(name, root=tmp_path).images[0]
        assert image.shape == (3, pixels, pixels)
        for channel, value in zip(image, (200, 100, 50), strict=True):
            assert (channel[: pixels // 2 - 4] == value).all()
            assert (channel[pixels // 2 + 4 :] == value + 20).all()


def test_celeba_splits_officially_or_by_file_order(tmp_path):
    tiny_data.write_celeba(tmp_path, count=20, partition=True)
    official = datasets.get("celeba128", root=tmp_path)
    assert (len(official.images), len(official.test_images)) == (14, 4)
    plain = datasets.get("celeba128", root=tmp_path / "celeba" / "img_align_celeba")
    assert plain.fingerprint == official.fingerprint
    (tmp_path / "celeba" / "list_eval_partition.txt").unlink()
    ordered = datasets.get("celeba128", root=tmp_path)
    assert (len(ordered.images), len(ordered.test_images)) == (18, 2)
    assert np.array_equal(ordered.images[:14], official.images)
    assert np.array_equal(ordered.test_images, official.test_images[-2:])


def test_celebas_split_survives_unreadable_images(tmp_path):
    tiny_data.write_celeba(tmp_path, count=20)
    for i in (3, 20):
        tiny_data.cut(tmp_path / "celeba" / "img_align_celeba" / f"{i:06d}.jpg")
    dataset = datasets.get("celeba128", root=tmp_path)
    with pytest.warns(UserWarning, match="2 of 18 images cannot be used"):
        dataset.images  # noqa: B018
    assert (len(dataset.images), len(dataset.test_images)) == (13, 3)


def test_celebas_partition_holds_for_png_too_and_is_checked(tmp_path):
    tiny_data.write_celeba(tmp_path, count=20)
    for file in (tmp_path / "celeba" / "img_align_celeba").iterdir():
        file.rename(file.with_suffix(".png"))
    assert len(datasets.get("celeba128", root=tmp_path).images) == 14
    (tmp_path / "celeba" / "list_eval_partition.txt").write_text("000001.jpg\n")
    with pytest.raises(checks.InvalidArgumentError, match=r"list_eval_partition.txt: got 'not enough values"):
        datasets.get("celeba128", root=tmp_path).images  # noqa: B018


def test_celebas_partition_with_two_parts_of_one_image_is_refused(tmp_path):
    tiny_data.write_celeba(tmp_path, count=20)
    with (tmp_path / "celeba" / "list_eval_partition.txt").open("a") as file:
        file.write("000001.jpg 0\n000002.png 2\n")
    with pytest.raises(checks.InvalidArgumentError, match=r"partition.txt: got '000002.png in parts 0 and 2'; allowed"):
        datasets.get("celeba128", root=tmp_path).images  # noqa: B018


def test_celeba_says_when_files_of_the_partition_are_absent(tmp_path):
    tiny_data.write_celeba(tmp_path, count=20)
    place = tmp_path / "celeba" / "img_align_celeba"
    (place / "000001.jpg").unlink()
    with pytest.warns(UserWarning, match="celeba128: 1 of 20 images in .* are absent"):
        assert len(datasets.get("celeba128", root=tmp_path).images) == 13
    for i in range(17, 21):
        (place / f"{i:06d}.jpg").unlink()
    with (
        pytest.warns(UserWarning, match="5 of 20"),
        pytest.raises(checks.InvalidArgumentError, match="13 training and 0 test images"),
    ):
        datasets.get("celeba128", root=tmp_path).images  # noqa: B018


def test_the_first_faces_are_those_numbered_up_to_ten_thousand_whatever_else_lies_there(tmp_path):
    tiny_data.write_celeba(tmp_path, count=20)
    whole = datasets.get("celeba64", root=tmp_path)
    assert (len(whole.images), len(whole.test_images)) == (18, 2)  # the official split is of all 202,599
    place = tmp_path / "celeba" / "img_align_celeba"
    for other in ("010001.jpg", "000000.jpg", "face.jpg", "²1.jpg"):
        tiny_data.save_image(place / other, 178, 218, seed=99)
    assert datasets.get("celeba64", root=tmp_path).fingerprint == whole.fingerprint
    tiny_data.save_image(place / "010000.jpg", 178, 218, seed=99)
    more = datasets.get("celeba64", root=tmp_path)
    assert (len(more.images), len(more.test_images)) == (19, 2)
    assert np.array_equal(more.images[:18], whole.images)
    assert datasets.title("celeba64") == "CelebA, first 10,000, 64 pixels"
    assert more.whole == 9_000


def test_the_first_faces_are_found_at_half_size(tmp_path):
    canvas = np.zeros((109, 89, 3), dtype=np.uint8)
    canvas[10:99] = [200, 100, 50]
    for i in range(1, 11):
        path = tmp_path / "celeba-half" / f"{i:06d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(canvas).save(path)
    faces = datasets.get("celeba64", root=tmp_path)
    assert (len(faces.images), len(faces.test_images)) == (9, 1)
    for channel, value in zip(faces.images[0], (200, 100, 50), strict=True):
        assert (channel == value).all()
    assert not datasets.get("celeba128", root=tmp_path).available
    # The published images come first.
    tiny_data.write_celeba(tmp_path, count=20)
    assert len(datasets.get("celeba64", root=tmp_path).images) == 18


def test_an_unreadable_image_is_counted_named_and_skipped(tmp_path):
    tiny_data.write_folder(tmp_path)
    (tmp_path / "a" / "._000.jpg").write_bytes(b"what some systems put beside an image")
    (tmp_path / "c" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with open(os.fsencode(tmp_path) + b"/c/caf\xe9.png", "wb") as file:
        file.write(b"an old name, not in UTF-8")
    dataset = folder(tmp_path)
    with pytest.warns(UserWarning, match=r"folder: 3 of 33 images cannot be used .*: ") as caught:
        dataset.images  # noqa: B018
    assert len(dataset.images) + len(dataset.test_images) == 30
    assert sum(each.category is UserWarning for each in caught) == 1
    names, reasons = zip(*(each[:-1].split(" (") for each in sorted(dataset.skipped)), strict=True)
    assert names == ("b/broken.jpg", "c/caf?.png", "c/gone.png")
    assert [reason.split()[0] for reason in reasons] == ["Truncated", "cannot", "No"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert folder(tmp_path).skipped == dataset.skipped


def test_a_folder_without_two_readable_images_is_one_sentence(tmp_path):
    tiny_data.save_image(tmp_path / "one.png", 20, 20)
    (tmp_path / "other.png").write_bytes(b"no image")
    with (
        pytest.warns(UserWarning, match="1 of 2 images"),
        pytest.raises(checks.InvalidArgumentError, match=r"^data_root: .* \(it has 1 image\)"),
    ):
        folder(tmp_path).images  # noqa: B018
    assert not list(tmp_path.rglob("*.npy"))


def first(path, **options):
    """Return the only kind of image in a folder that holds copies of one."""
    Image.open(path).load()
    (path.parent / f"copy{path.suffix}").write_bytes(path.read_bytes())
    return folder(path.parent, **options).images[0]


def test_grey_and_colour_convert_into_each_other(tmp_path):
    (tmp_path / "c").mkdir()
    Image.new("RGB", (30, 20), (255, 0, 0)).save(tmp_path / "c" / "red.png")
    red = first(tmp_path / "c" / "red.png")
    assert (red == np.array([255, 0, 0], dtype=np.uint8)[:, None, None]).all()
    assert (folder(tmp_path / "c", grey=True).images == 76).all()
    (tmp_path / "g").mkdir()
    Image.new("L", (30, 20), 90).save(tmp_path / "g" / "grey.png")
    assert (first(tmp_path / "g" / "grey.png") == 90).all()
    assert folder(tmp_path / "g").shape == (3, 16, 16)
    assert folder(tmp_path / "g", grey=True).shape == (1, 16, 16)


def test_transparent_parts_are_white_and_sixteen_bits_keep_their_upper_half(tmp_path):
    (tmp_path / "t").mkdir()
    Image.new("RGBA", (20, 20), (10, 20, 30, 0)).save(tmp_path / "t" / "clear.png")
    assert (first(tmp_path / "t" / "clear.png") == 255).all()
    (tmp_path / "d").mkdir()
    Image.fromarray(np.full((20, 20), 0x8042, dtype=np.uint16)).save(tmp_path / "d" / "deep.png")
    assert (first(tmp_path / "d" / "deep.png", grey=True) == 0x80).all()


def test_orientation_in_exif_is_respected(tmp_path):
    canvas = np.zeros((32, 32, 3), dtype=np.uint8)
    canvas[:16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter: what was above is then to the right
    Image.fromarray(canvas).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    image = first(tmp_path / "turned.jpg")[0]
    assert image[:, :6].max() < 10
    assert image[:, 10:].min() > 245


def test_resizing_is_antialiased(tmp_path):
    stripes = np.zeros((256, 320), dtype=np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    image = first(tmp_path / "stripes.png", grey=True)
    assert image.min() > 120
    assert image.max() < 135


def test_a_large_photograph_keeps_its_content(tmp_path):
    detail = np.random.default_rng(0).integers(0, 256, (100, 140)).astype(np.uint8)
    large = Image.fromarray(detail).resize((1400, 1000), Image.Resampling.BICUBIC)
    large.save(tmp_path / "large.jpg", quality=95)
    large.save(tmp_path / "large.png")
    small = folder(tmp_path, pixels=200, grey=True)
    difference = small.images[0].astype(int) - small.test_images[0]
    assert np.abs(difference).mean() < 1.5


def packs(root):
    return sorted((root / "packed").glob("*.npy"))


def counted(monkeypatch):
    """Return a list that grows with every image decoded."""
    seen, decode = [], image_files.decode
    monkeypatch.setattr(
        image_files, "decode", lambda path, *rest, **more: seen.append(path) or decode(path, *rest, **more)
    )
    return seen


def test_images_are_decoded_once_and_again_when_files_change(mine, monkeypatch):
    seen = counted(monkeypatch)
    dataset = folder(mine)
    before = dataset.fingerprint
    assert (len(dataset.images), len(dataset.test_images), len(seen)) == (18, 2, 20)
    assert isinstance(dataset.images, np.memmap)
    assert folder(mine).fingerprint == before
    assert len(seen) == 20
    tiny_data.save_image(mine / "deeper" / "new.png", 50, 50, seed=99)
    assert len(folder(mine).images) == 19
    assert len(seen) == 41
    (mine / "deeper" / "new.png").unlink()
    assert folder(mine).fingerprint == before
    tiny_data.save_image(mine / "00.png", 40, 30, seed=77)
    changed = folder(mine)
    assert changed.fingerprint != before
    assert len(packs(mine)) == 1
    assert len(dataset.images[:].tobytes()) == 18 * 3 * 256  # what was mapped before is still there


def test_sizes_and_kinds_have_their_own_packs(mine):
    prints = {folder(mine, pixels=pixels, grey=grey).fingerprint for pixels in (16, 24) for grey in (False, True)}
    assert len(prints) == len(packs(mine)) == 4


@pytest.mark.parametrize("damage", ["cut", "grown", "flipped", "rotten", "removed", "record"])
def test_a_damaged_pack_is_made_again(damage, mine):
    dataset = folder(mine)
    train, test = dataset.images.tobytes(), dataset.test_images.tobytes()
    [pack] = packs(mine)
    data, written = bytearray(pack.read_bytes()), pack.stat().st_mtime_ns
    if damage in ("cut", "grown"):
        pack.unlink()
        pack.write_bytes(data[:-100] if damage == "cut" else data + b"more")
        os.utime(pack, ns=(written, written))
    elif damage in ("flipped", "rotten"):
        data[-100] ^= 255
        pack.write_bytes(data)
        if damage == "rotten":
            os.utime(pack, ns=(written, written))
    elif damage == "removed":
        pack.unlink()
    else:
        [record] = (mine / "packed").glob("*.json")
        record.write_text(record.read_text().replace('"train": 18', '"train": 17'))
    again = folder(mine)
    assert (again.images.tobytes(), again.test_images.tobytes()) == (train, test)
    assert packs(mine) == [pack]
    assert len(pack.read_bytes()) == len(data)


def test_a_copied_pack_is_used_once_its_pixels_are_verified(mine, monkeypatch):
    fingerprint = folder(mine).fingerprint
    os.utime(packs(mine)[0], (1, 1))
    seen = counted(monkeypatch)
    assert folder(mine).fingerprint == fingerprint
    assert not seen


def test_a_root_that_cannot_be_written_to_is_packed_elsewhere(mine, tmp_path, monkeypatch):
    (mine / "packed").write_text("in the way")
    monkeypatch.setattr(image_files, "DATA", tmp_path / "data")
    seen = counted(monkeypatch)
    other = tmp_path / "other"
    tiny_data.save_image(other / "1.png", 20, 20)
    tiny_data.save_image(other / "2.png", 20, 20)
    (other / "packed").write_text("in the way")
    assert len(folder(mine).images) == 18
    assert len(folder(other).images) == 1
    assert len(folder(mine).images) == 18
    assert len(seen) == 22
    assert len(list((tmp_path / "data" / "images" / "packed").glob("*.npy"))) == 2
    (tmp_path / "data").rename(tmp_path / "moved")
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(checks.InvalidArgumentError, match=r"^data_root: got .* can be written to"):
        folder(mine).images  # noqa: B018


def test_a_full_disk_is_one_sentence_before_anything_is_written(mine, monkeypatch):
    monkeypatch.setattr(image_files.shutil, "disk_usage", lambda _: image_files.shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(checks.InvalidArgumentError, match=r"^disk space in .*: got '0.0 GB'; allowed: at least"):
        folder(mine).images  # noqa: B018
    assert not packs(mine)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_disk_that_fills_up_while_packing_is_one_sentence(mine, monkeypatch, number):
    def full(handle):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(image_files.os, "fsync", full)
        with pytest.raises(NotWrittenError, match=rf"^folder-3x16x16.json: .* \({os.strerror(number)}\); what was"):
            folder(mine).images  # noqa: B018
    assert not [file for file in (mine / "packed").iterdir() if file.suffix != ".lock"]


def test_what_a_killed_packing_left_is_removed_by_the_next(mine, monkeypatch):
    gone, named, write = subprocess.Popen([sys.executable, "-c", ""]), [], ImageFiles._write
    gone.wait()
    monkeypatch.setattr(ImageFiles, "_write", lambda self, path, *rest: named.append(path) or write(self, path, *rest))
    folder(mine, pixels=32).images  # noqa: B018
    left = Path(str(named[0]).replace(f"-{os.getpid()}-", f"-{gone.pid}-"))
    left.write_bytes(b"half a pack")
    assert left != named[0]
    assert len(folder(mine).images) == 18
    assert not left.exists()


def test_an_interrupted_packing_leaves_no_pack(mine, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(image_files, "decode", interrupted)
        with pytest.raises(KeyboardInterrupt):
            folder(mine).images  # noqa: B018
    assert not [file for file in (mine / "packed").iterdir() if file.suffix != ".lock"]
    assert len(folder(mine).images) == 18


def test_several_packers_at_once_decode_once(mine, monkeypatch):
    seen, decode, together = [], image_files.decode, threading.Barrier(4)

    def slowly(path, *rest, **more):
        seen.append(path)
        time.sleep(0.02)
        return decode(path, *rest, **more)

    def packer(_):
        together.wait()
        return folder(mine)._load().fingerprint  # Python 3.11 lets one thread at a time into a cached property

    monkeypatch.setattr(image_files, "decode", slowly)
    with ThreadPoolExecutor(4) as pool:
        prints = set(pool.map(packer, range(4)))
    assert len(prints) == len(packs(mine)) == 1
    assert len(seen) == 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.get("folder", pixels=4), r"^pixels: got 4; allowed: a whole number from 8 to 1024"),
        (lambda: datasets.get("folder", grey=1), r"^grey: got 1; allowed: True or False"),
        (lambda: datasets.get("mnist", pixels=32), r"^unknown option of data set 'mnist': got 'pixels'; allowed: none"),
        (lambda: datasets.get("digits").indices(4, -1, 0), r"^seed: got -1"),
        (lambda: datasets.get("digits").mirrored(4, 0, -1), r"^step: got -1"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(checks.InvalidArgumentError, match=message):
        call()


def _edit(path, change):
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        # 24 images of 28x28 are 24 of 14x56 as well, and NumPy would work out a -1.
        (
            "train-images-idx3-ubyte",
            lambda data: data.__setitem__(slice(8, 16), bytes([0, 0, 0, 14, 0, 0, 0, 56])),
            "14",
        ),
        ("train-images-idx3-ubyte", lambda data: data.__setitem__(slice(4, 8), b"\xff" * 4), "-1"),
        (
            "t10k-images-idx3-ubyte",
            lambda data: data.__setitem__(slice(4, 8), bytes(4)),
            "ubyte holds 6272 bytes in",
        ),
        ("train-labels-idx1-ubyte", lambda data: data.__setitem__(8, 200), "labels from 0 to 200 of 10 classes"),
    ],
)
def test_mnist_in_other_shapes_or_with_other_labels_is_refused_before_a_run(tmp_path, name, change, reason):
    tiny_data.write_mnist(tmp_path)
    _edit(tmp_path / "MNIST" / "raw" / name, change)
    with pytest.raises(checks.InvalidArgumentError, match=r"^data_root: got .*'mnist' are damaged") as caught:
        datasets.get("mnist", root=tmp_path).images  # noqa: B018
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": np.zeros((6, 32, 32, 3), np.uint8)}, r"holds uint8 of shape \(6, 32, 32, 3\) for 6 labels"),
        ({"data": np.zeros((3, 6144), np.uint8)}, r"holds uint8 of shape \(3, 6144\) for 6 labels"),
        ({"data": np.zeros((6, 3072))}, "holds float64 of shape"),
        ({"labels": [0] * 5}, r"holds uint8 of shape \(6, 3072\) for 5 labels"),
        ({"labels": [0, 1, 2, 3, 4, 99]}, "holds labels other than whole numbers from 0 to 9"),
        ({"labels": [0, 1, 2, 3, 4, float("nan")]}, "holds labels other than whole numbers from 0 to 9"),
        ({"labels": [0, 1, 2, 3, 4, 0.5]}, "holds labels other than whole numbers from 0 to 9"),
        ({"labels": [], "data": np.zeros((6, 3072), np.uint8)[:1]}, "holds uint8 of shape"),
    ],
)
@pytest.mark.parametrize("file", ["data_batch_3", "test_batch"])
def test_cifar_in_other_shapes_or_with_other_labels_names_the_batch(tmp_path, file, change, reason):
    tiny_data.write_cifar10(tmp_path)
    path = tmp_path / "cifar-10-batches-py" / file
    path.write_bytes(pickle.dumps(pickle.loads(path.read_bytes()) | change, protocol=2))
    with pytest.raises(checks.InvalidArgumentError, match=rf"'cifar10' are damaged \(ValueError: {file} {reason}"):
        datasets.get("cifar10", root=tmp_path).images  # noqa: B018


def test_a_path_that_cannot_be_one_is_refused():
    class Bytes:
        def __fspath__(self):
            return b"x"

    for path in ("a\0b", Bytes(), 3):
        with pytest.raises(checks.InvalidArgumentError, match=r"^root: got .*; allowed: the path of a folder\.$"):
            datasets.get("mnist", root=path)
