"""Schedules, draws, the checkerboard, and the checks of bad input."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asvae import checks, datasets, draws, files, losses, schedules


@pytest.mark.parametrize("name", schedules.names())
@given(progress=st.floats(0.0, 1.0), rate=st.floats(0.1, 50.0))
def test_every_schedule_stays_in_its_interval_for_floats_and_tensors(name, progress, rate):
    schedule = schedules.get(name, rate)
    c = schedule(progress)
    assert isinstance(c, float)
    assert 0.0 <= c <= 1.0
    as_tensor = schedule(torch.tensor([progress], dtype=torch.float64))
    assert as_tensor.shape == (1,)
    assert as_tensor.item() == pytest.approx(c, abs=1e-12)


def test_ramps_are_the_papers():
    assert schedules.tanh_ramp()(0.3) == pytest.approx(math.tanh(1.5))
    assert schedules.linear_ramp()(0.1) == pytest.approx(0.5)
    assert schedules.linear_ramp()(0.4) == 1.0
    assert schedules.constant(0.5)(0.9) == 0.5


@pytest.mark.parametrize("make", [schedules.tanh_ramp, schedules.linear_ramp, lambda rate: schedules.get("half", rate)])
@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan])
def test_a_ramp_needs_a_positive_rate(make, bad):
    with pytest.raises(checks.InvalidArgumentError, match=rf"^rate: got {bad}; allowed: a number above 0\.$"):
        make(bad)


def test_every_named_schedule_can_be_had():
    assert schedules.names() == ["linear", "tanh", "half", "as-only", "kl-only"]
    assert [schedules.get(name, 2.0)(0.25) for name in schedules.names()] == [0.5, math.tanh(0.5), 0.5, 0.0, 1.0]


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan, "half", True])
def test_a_constant_outside_its_interval_is_refused(bad):
    with pytest.raises(checks.InvalidArgumentError, match=r"^c: got"):
        schedules.constant(bad)


def test_draws_depend_on_seed_step_and_name_and_on_nothing_else():
    first = draws.normal(3, 7, "prior", (4, 2))
    draws.normal(3, 8, "prior", (1000,))
    assert torch.equal(first, draws.normal(3, 7, "prior", (4, 2)))
    for other in ((4, 7, "prior"), (3, 8, "prior"), (3, 7, "posterior")):
        assert not torch.equal(first, draws.normal(*other, (4, 2)))


def test_draws_of_neighbouring_steps_do_not_overlap():
    streams = torch.stack([draws.uniform(0, step, "x", (2_000,)) for step in range(4)])
    assert len(streams.flatten().unique()) > 7_990
    correlation = np.corrcoef(streams.numpy())
    assert np.abs(correlation - np.eye(4)).max() < 0.1


def test_a_lane_draws_what_it_would_draw_alone():
    lanes = draws.normal_lanes([5, 9], 2, "prior", (3, 2))
    assert torch.equal(lanes[1], draws.normal(9, 2, "prior", (3, 2)))


@pytest.mark.parametrize("name", [name for name in datasets.names() if datasets.get(name).available])
def test_every_data_set_gives_the_same_samples_for_the_same_seed_and_step(name):
    dataset = datasets.get(name)
    x = dataset.sample(16, seed=1, step=2)
    assert x.shape == (16, *dataset.shape)
    assert x.dtype == torch.float32
    assert torch.equal(x, dataset.sample(16, seed=1, step=2))
    assert not torch.equal(x, dataset.sample(16, seed=1, step=3))
    with pytest.raises(checks.InvalidArgumentError, match="n: got"):
        dataset.sample(0, seed=1)


def test_checkerboard_is_uniform_on_its_eight_squares():
    board = datasets.get("checkerboard")
    x = board.sample(80_000, seed=0)
    square = board.mode(x)
    assert (square >= 0).all()
    counts = torch.bincount(square, minlength=8)
    assert (counts - 10_000).abs().max() < 5 * math.sqrt(80_000 * 1 / 8 * 7 / 8)
    for k, centre in enumerate(board.centres):
        inside = x[square == k] - centre
        assert inside.abs().max() <= 1.0
        assert inside.mean(0).abs().max() < 0.03
        torch.testing.assert_close(inside.var(0), torch.full((2,), 1 / 3), atol=0.02, rtol=0.0)


def test_checkerboard_squares_alternate_and_edges_belong_to_one_square():
    board = datasets.get("checkerboard")
    cells = ((board.centres + 3.0) / 2.0).round().int()
    assert len({tuple(cell) for cell in cells.tolist()}) == 8
    parity = (cells.sum(1) % 2).unique()
    assert len(parity) == 1
    corner = board.centres[0] - 1.0
    assert board.mode(corner[None]).item() == 0
    assert board.mode(torch.tensor([[100.0, 0.0]])).item() == -1
    assert (board.mode(board.centres + torch.tensor([2.0, 0.0])) == -1).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.get("chessboard"), r"dataset: got 'chessboard'; allowed: 'checkerboard'"),
        (lambda: datasets.get("checkerboard", colour=1), r"unknown option .* got 'colour'"),
        (lambda: schedules.get("liner"), r"schedule: got 'liner'; .*did you mean 'linear'"),
        (lambda: schedules.get("half", -1.0), r"rate: got -1.0"),
        (lambda: schedules.linear_ramp()(-1.0), r"progress: got -1.0"),
        (lambda: schedules.constant(0.5)("a"), r"progress: got 'a'"),
        (lambda: losses.kl_divergence([0.0], [0.0]), r"mu: got 'list'; allowed: a torch.Tensor"),
        (lambda: losses.as_distance(0.0, 0.0, 0.0, 0.0), r"mu_a: got 'float'"),
        (lambda: datasets.get("checkerboard").sample(3, seed=-1), r"seed: got -1"),
        (lambda: checks.integer("steps", 2.5, 1), r"steps: got 2.5; allowed: a whole number from 1 up"),
        (lambda: checks.integer("steps", 2**63, 1), r"from 1 to 9223372036854775807\."),
        (lambda: checks.integer("steps", True, 1), r"steps: got True"),
        (lambda: checks.boolean("fresh", 1), r"fresh: got 1; allowed: True or False"),
        (lambda: checks.subset("rows", [], ["C1"]), r"rows: got \[\]; allowed: a non-empty list"),
        (lambda: checks.subset("rows", ["C1", "C1"], ["C1"]), r"rows: got .* without repeats"),
        (lambda: checks.subset("rows", "C1", ["C1"]), r"rows: got 'C1'"),
        (lambda: checks.number("rate", math.inf, 0.0), r"rate: got inf"),
    ],
)
def test_bad_input_gets_one_sentence_with_argument_value_and_what_is_allowed(call, message):
    with pytest.raises(checks.InvalidArgumentError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_record_is_read_as_it_was_written_whatever_the_locale(tmp_path):
    files.write_record(tmp_path / "record", {"cpu": "µ–处理器"})
    code = "import sys, pathlib, asvae.files as f; print(ascii(f.read_record(pathlib.Path(sys.argv[1]))['cpu']))"
    # No UTF-8 anywhere: an old machine's Latin, or what a job's environment leaves.
    plain = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    read = subprocess.run([sys.executable, "-c", code, tmp_path / "record"], env=plain, capture_output=True, text=True)
    assert read.stdout.strip() == ascii("µ–处理器"), read.stderr
