"""A stack stopped, killed or damaged half-way ends at the bits it would have had, whichever engine trains it."""

import contextlib
import functools
import itertools
import json
import multiprocessing
import random
import shutil
import time
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save

from asvae import Machinery, RunConfig, objectives
from asvae.training import checkpoint, loop
from asvae.training.images import stepper
from asvae.training.images.stepper import ImagesStepper
from asvae.training.loop import train_stack
from asvae.training.points.stepper import PointsStepper
from asvae.training.run import sample
from asvae.training.stepper import Interruption, Judged
from asvae.training.train import train_any
from plain_images import SMALL
from tiny import SOAK, TINY, same

pytestmark = pytest.mark.slow


def on_points(steps=30, seeds=3):
    """A stack through a warm-up and both falls of the rate."""
    rough = TINY | {"steps": steps, "warmup": 0.3, "decay": "steps"}
    return [RunConfig("as-introvae", seed=seed, **rough) for seed in range(seeds)]


def on_images(name="as-introvae", **changes):
    return [RunConfig(name, "digits", **SMALL | {"warmup": 0.2} | changes)]


STACKS = {
    "points": [*on_points(), on_points()[0].replace(beta_kl=1e30)],
    **{f"images {name}": on_images(name) for name in objectives.names()},
}
DIVERGES = {stack: [stack == "points" and lane == 3 for lane in range(len(STACKS[stack]))] for stack in STACKS}
"""One lane does."""
ENGINES = {"few points": on_points(6, 2), "images": on_images()}


@pytest.fixture(autouse=True)
def _only_weights(monkeypatch):
    """Scores follow from the weights, and take longer than these runs; so does a picture of curves."""
    for engine in (PointsStepper, ImagesStepper):
        monkeypatch.setattr(engine, "judge", lambda self, i, networks: Judged({}, sample(networks, 4, 0)))
    monkeypatch.setattr(stepper, "save_curves", lambda *of: None)


def _save_every_step(patch):
    patch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    patch.setattr(loop, "SAVING_SHARE", 0.0)


@pytest.fixture
def every_step(monkeypatch):
    _save_every_step(monkeypatch)


def trained(configs, folder=None, stop=None):
    """Train from what lies in ``folder``, through ``stop`` steps or to the end; return what came of it."""
    asked, told = itertools.count(1), []

    class Stop(Interruption):
        due = property(lambda self: next(asked) == stop)

    images = configs[0].kind == "images"
    engine = ImagesStepper(*configs, "cpu", Machinery()) if images else PointsStepper(configs, "cpu")
    with contextlib.closing(engine):
        runs = train_stack(engine, Stop(folder), told.append)
    state, divergences = engine.state(), engine.divergences
    return SimpleNamespace(runs=runs, told=told, amount=engine.amount, state=state, divergences=divergences)


@functools.cache
def uninterrupted(stack):
    return trained((STACKS | ENGINES)[stack])


def agree(a, b):
    """Whether two trainings end alike: in weights, moments and averages, curves, divergences and samples."""
    equal = a.state.keys() == b.state.keys() and a.divergences == b.divergences
    equal = equal and all(torch.equal(value, b.state[key]) for key, value in a.state.items())
    pairs = list(zip(a.runs, b.runs, strict=True))
    return equal and all(same(*pair) and torch.equal(*(run.samples for run in pair)) for pair in pairs)


@pytest.mark.parametrize("share", ["the first step", "a third", "all steps but one", "all steps"])
@pytest.mark.parametrize("stack", STACKS)
def test_a_stopped_stack_goes_on_to_the_same_bits(stack, share, tmp_path):
    configs, whole = STACKS[stack], uninterrupted(stack)
    amount, steps = whole.amount, configs[0].steps
    assert [each is not None for each in whole.divergences] == DIVERGES[stack]
    assert whole.told == [0] + [amount] * steps
    stop = {"the first step": 1, "a third": steps // 3, "all steps but one": steps - 1, "all steps": steps}[share]
    stopped = trained(configs, tmp_path, stop)
    assert stopped.runs is None
    assert checkpoint.newest(tmp_path).step == stop
    resumed = trained(configs, tmp_path)
    assert resumed.told == [amount * stop] + [amount] * (steps - stop)
    assert agree(resumed, whole)
    assert any(not torch.equal(value, whole.state[key]) for key, value in stopped.state.items()) == (stop < steps)


@pytest.mark.parametrize("lanes", [(3, 1), (0,)])
def test_some_lanes_of_a_stopped_stack_go_on_without_the_others(lanes, tmp_path):
    configs, whole = STACKS["points"], uninterrupted("points")
    trained(configs, tmp_path / "all", 10)
    some = [configs[lane] for lane in lanes]
    checkpoint.keep(checkpoint.newest(tmp_path / "all").select(some), tmp_path / "some")
    resumed = trained(some, tmp_path / "some")
    assert resumed.told[0] == 10 * len(some)
    assert all(same(run, whole.runs[lane]) for run, lane in zip(resumed.runs, lanes, strict=True))
    assert resumed.divergences == [whole.divergences[lane] for lane in lanes]


@pytest.mark.parametrize("engine", ENGINES)
def test_work_that_is_due_before_it_begins_leaves_nothing(engine, tmp_path):
    told = []
    assert train_any(ENGINES[engine], "cpu", told.append, Interruption(tmp_path, deadline=0.0)) is None
    assert told == []
    assert not list(tmp_path.iterdir())


def _damaged(path, damage):
    """Return what a disk may make of a state: cut, one bit changed, its record changed, a weight gone, all gone."""
    data = path.read_bytes()
    if damage == "cut":
        return data[: len(data) // 2]
    if damage == "bit":
        return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]
    if damage == "empty":
        return b""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    state = load(data)
    if damage == "weight":
        state.pop(next(iter(state)))
    else:
        metadata["rest"] = json.dumps(json.loads(metadata["rest"]) | {"step": 5})
    return save(state, metadata)


@pytest.fixture(scope="module", params=ENGINES)
def stopped(request, tmp_path_factory):
    """An engine, and a folder with the states of its stack after three and four steps."""
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        _save_every_step(patch)
        trained(ENGINES[request.param], folder, 4)
    assert sorted(path.stem for path in folder.glob("step-*")) == ["step-000000003", "step-000000004"]
    return request.param, folder


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "weight", "record"])
def test_a_damaged_state_is_named_and_the_one_before_is_used(stopped, damage, tmp_path):
    engine, states = stopped
    shutil.copytree(states, tmp_path, dirs_exist_ok=True)
    configs, path = ENGINES[engine], tmp_path / "step-000000004.safetensors"
    path.write_bytes(_damaged(path, damage))
    with pytest.warns(UserWarning, match=r"step-000000004\.safetensors.*The one before is used"):
        resumed = trained(configs, tmp_path)
    assert resumed.told[0] == 3 * resumed.amount
    assert agree(resumed, uninterrupted(engine))


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("engine", ENGINES)
def test_states_that_cannot_be_used_do_not_push_out_those_that_can(engine, tmp_path, monkeypatch):
    """Numerics or images changed meanwhile: the run begins again, and its own states count, however far others are."""
    configs = ENGINES[engine]
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "fingerprint", lambda *of: "other")
        trained(configs, tmp_path, 5)
    with pytest.warns(UserWarning, match="it belongs to another run, to other numerics"):
        begun = trained(configs, tmp_path, 2)
    assert begun.told == [0, begun.amount]
    assert sorted(path.stem for path in tmp_path.glob("step-*")) == ["step-000000001", "step-000000002"]
    resumed = trained(configs, tmp_path)
    assert resumed.told[0] == 2 * resumed.amount
    assert agree(resumed, uninterrupted(engine))


@pytest.mark.parametrize("engine", ENGINES)
def test_another_runs_state_is_not_taken(engine, tmp_path):
    configs = ENGINES[engine]
    trained(configs, tmp_path, 3)
    others = [config.replace(seed=7) for config in configs[:1]] + configs[1:]
    with pytest.warns(UserWarning, match="it belongs to another run"):
        begun = trained(others, tmp_path)
    assert begun.told[0] == 0
    assert agree(begun, trained(others))
    assert not agree(begun, uninterrupted(engine))


def _train(configs, folder, pipe):
    """What a process does that is killed; it saves itself every step."""
    loop.CHECKPOINT_SECONDS, loop.SAVING_SHARE = 0.0, 0.0
    train_any(configs, "cpu", pipe.send, Interruption(folder))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_killed_again_and_again_ends_with_the_same_bits(engine, tmp_path):
    """Some kills meet it writing."""
    configs = [config.replace(steps=60 * SOAK) for config in ENGINES[engine]]
    moments, begun = random.Random(3), []
    fork = multiprocessing.get_context("fork")
    for part in range(1, 3 * SOAK + 1):
        reader, writer = fork.Pipe(duplex=False)
        child = fork.Process(target=_train, args=(configs, tmp_path, writer))
        child.start()
        writer.close()
        # The first number says how much has passed before, each further one belongs to a step.
        told, amount = reader.recv(), reader.recv()
        begun.append(told // amount)
        for _ in range(begun[-1] + 1, 15 * part):
            assert reader.recv() == amount
        time.sleep(0.02 * moments.random())
        child.kill()
        child.join()
    resumed = trained(configs, tmp_path)
    begun.append(resumed.told[0] // amount)
    # What is told has been saved.
    assert [done >= 15 * part for part, done in enumerate(begun)] == [True] * (3 * SOAK + 1)
    assert begun[0] == 0
    assert begun[-1] < 60 * SOAK
    assert agree(resumed, trained(configs))
