"""Images and folders that cannot be used: counted, named, each with its reason, and never waited for."""

import os
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

import tiny_data
from asvae import datasets
from asvae.checks import InvalidArgumentError
from asvae.files import read_record, write_record


def folder(root):
    return datasets.get("folder", root=root, pixels=16)


@pytest.fixture
def mine(tmp_path):
    for i in range(4):
        tiny_data.save_image(tmp_path / f"{i}.png", 20, 20, seed=i)
    return tmp_path


def _soon(call):
    """Return what ``call`` returns; fail where it waits for what is no file."""
    done = []
    looks = threading.Thread(target=lambda: done.append(call()), daemon=True)
    looks.start()
    looks.join(30)
    assert done, "it waits"
    return done[0]


def _pixels(values, dtype):
    return lambda path: Image.fromarray(np.full((20, 20), values, dtype=dtype)).save(path)


def _deep(value, opaque=False):
    """Write a PNG with 16 bits per colour, all of one value, ``opaque`` with an alpha, which Pillow cannot write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixel = [value] * 3 + [65535] * opaque
    rows = (b"\0" + struct.pack(f">{len(pixel)}H", *pixel) * 20) * 20
    header = struct.pack(">IIBBBBB", 20, 20, 16, 6 if opaque else 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("float.tiff", _pixels(0.5, np.float32), "floating-point pixels"),
        ("negative.tiff", _pixels(-5, np.int32), "grey from -5 to -5"),
        ("dark-colours.png", _deep(200), "colours up to 0, of no known range; 16 bits reach 65535"),
        ("dark-opaque.png", _deep(4_000, opaque=True), "colours up to 3840, of no known range; 16 bits reach 65535"),
        ("dark.png", _pixels(4_000, np.uint16), "grey from 4000 to 4000, of no known range; 16 bits reach 65535"),
        ("large.tiff", _pixels(70_000, np.int32), "grey from 70000"),
        ("pipe.png", os.mkfifo, "not a file"),
        ("empty.png", lambda path: path.touch(), "cannot identify image file this file"),
    ],
)
def test_an_image_that_would_be_black_or_is_none_is_named_with_the_reason(mine, name, make, reason):
    make(mine / name)
    with pytest.warns(UserWarning, match="folder: 1 of 5 images cannot be used and are left out: ") as caught:
        [skipped] = _soon(lambda: folder(mine).skipped)
    assert skipped.startswith(name)
    assert reason in skipped
    assert skipped in str(caught[0].message)


def test_a_link_to_a_folder_is_named_and_not_followed(mine):
    (mine / "linked").symlink_to(mine)
    with pytest.warns(UserWarning, match=r"1 of 5 .*: linked/ \(a link to a folder"):
        assert len(folder(mine).images) == 3


def test_a_decompression_bomb_is_called_one(mine, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    tiny_data.save_image(mine / "bomb.png", 64, 64)
    with pytest.warns(UserWarning, match=r"bomb.png \(Image size \(4096 pixels\) .* decompression bomb"):
        assert len(folder(mine).skipped) == 1


@pytest.fixture
def closed(monkeypatch):
    """Return a function that makes a folder one that this user may not read, also where root tests."""
    may, scandir = set(), os.scandir

    def guarded(path="."):
        if os.fspath(path) in may:
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    return lambda path: may.add(os.fspath(path))


def test_a_subfolder_that_cannot_be_read_is_named(mine, closed):
    tiny_data.save_image(mine / "sub" / "lost.png", 20, 20)
    closed(mine / "sub")
    with pytest.warns(UserWarning, match=r"1 of 5 .*: sub/ \(Permission denied\)"):
        assert folder(mine).skipped == ["sub/ (Permission denied)"]


@pytest.mark.parametrize("name", ["folder", "mnist", "celeba64"])
def test_a_data_root_that_cannot_be_read_is_not_called_empty(name, tmp_path, closed):
    closed(tmp_path)
    with pytest.raises(
        InvalidArgumentError, match=r"which cannot be read \(.*: Permission denied\); allowed: a folder"
    ):
        datasets.get(name, tmp_path).images  # noqa: B018


def test_celebas_images_that_cannot_be_read_are_not_replaced_by_others(tmp_path, closed, monkeypatch):
    tiny_data.write_celeba(tmp_path, count=20)
    for i in range(4):
        tiny_data.save_image(tmp_path / f"{i}.png", 178, 218)
    closed(tmp_path / "celeba" / "img_align_celeba")
    dataset = datasets.get("celeba128", tmp_path)
    monkeypatch.setattr(dataset, "_fetch", lambda root: pytest.fail("fetched"))
    for look in (lambda: dataset.images, dataset.download):
        with pytest.raises(InvalidArgumentError, match=r"cannot be read \(.*img_align_celeba: Permission denied\)"):
            look()


def test_the_place_of_celebas_partition_is_printed_without_what_a_terminal_would_obey(tmp_path):
    tiny_data.write_celeba(tmp_path / "a\x1b[31m", count=20)
    (tmp_path / "a\x1b[31m" / "celeba" / "img_align_celeba" / "000001.jpg").unlink()
    with pytest.warns(UserWarning, match="1 of 20 images in .* are absent") as caught:
        datasets.get("celeba128", tmp_path / "a\x1b[31m").images  # noqa: B018
    assert str(caught[0].message).isprintable()


def test_a_name_is_printed_without_what_a_terminal_would_obey(mine):
    (mine / "a\x1b[31m\nb.png").touch()
    with pytest.warns(UserWarning, match="left out: a�\\[31m�b.png") as caught:
        [skipped] = folder(mine).skipped
    assert (skipped + str(caught[0].message)).isprintable()
    error = InvalidArgumentError("file: got \x1b]0;owned\x07\n; allowed: none.")
    assert str(error).isprintable()


@pytest.mark.parametrize("change", [{"train": None}, {"train": 0}, {"train": 4}, {"train": "3"}, {"file": "../x.npy"}])
def test_a_record_of_a_pack_that_cannot_be_is_made_again(mine, change):
    fingerprint = folder(mine).fingerprint
    [record] = (mine / "packed").glob("*.json")
    entries = read_record(record) | change
    write_record(record, {key: value for key, value in entries.items() if value is not None and key != "sha256"})
    assert len(folder(mine).images) == 3
    assert folder(mine).fingerprint == fingerprint
