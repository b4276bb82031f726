"""The file that image files are packed into: NumPy's own format, without the images that cannot be read."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from asvae import datasets
from asvae.datasets.decoding import decode
from asvae.datasets.image_files import Listing, _write_header


@pytest.fixture
def images(tmp_path):
    """A folder of twelve small images."""
    values = np.random.default_rng(0)
    for i in range(12):
        Image.fromarray(values.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(tmp_path / f"{i:02}.png")
    return tmp_path


def saved(array):
    """Return the bytes that NumPy would save an array as."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("damaged", [(), ("00.png", "05.png", "11.png")])
def test_a_pack_is_what_numpy_would_save(damaged, images):
    for name in damaged:
        (images / name).write_text("no image")
    dataset = datasets.get("folder", images, pixels=16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        listing = dataset._listing()
        assert [each.split(" (")[0] for each in sorted(dataset.skipped)] == list(damaged)
    fine = [decode(images / name, 16, grey=False) for name in listing.names if name not in damaged]
    [pack] = (images / "packed").glob("*.npy")
    assert pack.read_bytes() == saved(np.stack(fine))
    assert len(dataset.images) + len(dataset.test_images) == 12 - len(damaged)


def test_only_the_pack_its_record_and_the_lock_are_left(images):
    (images / "00.png").write_text("no image")
    with pytest.warns(UserWarning, match="1 of 12 images cannot be used and are left out: 00.png"):
        datasets.get("folder", images, pixels=16).images  # noqa: B018
    assert sorted(path.suffix for path in (images / "packed").iterdir()) == [".json", ".lock", ".npy"]


@pytest.mark.parametrize(("was", "becomes"), [(b"'|u1'", b"',u1'"), (b"16), }", b'16", }'), (b"NUMPY", b"NUMPI")])
def test_a_pack_whose_header_is_damaged_is_made_again(images, was, becomes):
    first = datasets.get("folder", images, pixels=16).images
    [pack] = (images / "packed").glob("*.npy")
    whole = pack.read_bytes()
    assert was in whole
    pack.write_bytes(whole.replace(was, becomes, 1))
    assert np.array_equal(datasets.get("folder", images, pixels=16).images, first)
    assert pack.read_bytes() == whole


@pytest.mark.parametrize("count", [1, 202_599, 10**9])
def test_the_header_of_a_pack_is_numpys_and_as_long_before_the_images_are_counted(count):
    empty, whole, numpys = io.BytesIO(), io.BytesIO(), io.BytesIO()
    _write_header(empty, (0, 3, 8, 8))
    _write_header(whole, (count, 3, 8, 8))
    many = np.broadcast_to(np.uint8(0), (count, 3, 8, 8))
    np.lib.format.write_array_header_1_0(numpys, np.lib.format.header_data_from_array_1_0(many))
    assert len(empty.getvalue()) == len(whole.getvalue())
    assert whole.getvalue() == numpys.getvalue()


def test_without_given_parts_the_last_tenth_of_the_readable_images_is_for_testing(tmp_path):
    assert Listing(tmp_path, []).split([True] * 25 + [False] * 5) == 23
    assert Listing(tmp_path, [], train=3).split([True, False, True, True]) == 2
