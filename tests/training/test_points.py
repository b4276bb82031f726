"""Lanes of points: which runs share a stack, its Adam, its draws, and its captured steps on a GPU."""

import subprocess
import sys
import textwrap

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from asvae import RunConfig, cpu
from asvae.checks import InvalidArgumentError
from asvae.training import memory, train
from asvae.training.points import stacking
from asvae.training.points.cuda_graphs import DrawAhead
from asvae.training.points.lane_adam import LaneAdam
from asvae.training.points.lanes import Lanes
from tiny import TINY


def test_stacks_fit_into_memory_and_split_over_workers(monkeypatch):
    configs = [RunConfig("as-introvae", seed=seed) for seed in range(10)]
    configs += [RunConfig("vae", seed=seed) for seed in range(3)]
    stacks = stacking.into_stacks(configs, workers=2, device="cpu")
    assert sorted(len(stack) for stack in stacks) == [1, 2, 5, 5]
    assert stacks[0][0].objective == "as-introvae"
    monkeypatch.setattr(stacking, "lanes_that_fit", lambda *of: 2)
    assert max(len(stack) for stack in stacking.into_stacks(configs, workers=2, device="cpu")) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{"kernel": "marginal"}, {"kernel": "joint"}, {"statistic": "weighted", "latent_dim": 4}, {"statistic": "u"}],
    ids=str,
)
def test_the_memory_estimate_is_no_less_than_what_a_step_takes(options, monkeypatch):
    free = 2 * 1024**3
    monkeypatch.setattr(memory, "free", lambda device: free)
    config = RunConfig("as-introvae", scale="paper", steps=100, **options)
    lanes = stacking.lanes_that_fit(config, "cpu", workers=1)
    code = f"""
        import resource, torch
        torch.set_num_threads(1)
        from asvae import RunConfig
        from asvae.training.points.lanes import Lanes
        config = RunConfig("as-introvae", scale="paper", steps=100, **{options})
        lanes = Lanes([config, config.replace(seed=1)])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        lanes.step(99)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 2)
    """
    used = float(subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=True).stdout)
    assert used < 0.5 * free / lanes


def test_a_lane_adam_over_the_stack_moves_as_one_over_slices_and_leaves_a_broken_lane_alone():
    """The way of a GPU, on the CPU: masked over the stack, equal but for rounding."""
    torch.manual_seed(0)
    start = [torch.randn(3, 4, 5), torch.randn(3, 1, 5)]
    adams = []
    for sliced in (True, False):
        adam = LaneAdam([torch.nn.Parameter(w.clone()) for w in start], lr=0.1, sliced=sliced)
        adams.append(adam)
    for step in range(6):
        grads = [torch.randn_like(w) for w in start]
        finite = torch.tensor([True, step < 3, True])
        grads[0][1] = grads[0][1] if step < 3 else torch.nan
        for adam in adams:
            adam.rate(0.1 / (1 + step))
            adam.step(grads, finite)
        if step == 2:
            held = [w[1].clone() for w in adams[1].weights]
    for a, b, h in zip(adams[0].weights, adams[1].weights, held, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
        assert torch.equal(b[1], h)
    again = LaneAdam([torch.nn.Parameter(w.clone()) for w in adams[1].weights], lr=0.1, sliced=False)
    again.load_state(adams[1].state())
    grads = [torch.randn_like(w) for w in start]
    for adam in (again, adams[1]):
        adam.rate(0.01)
        adam.step(grads, torch.tensor([True, False, True]))
    assert all(torch.equal(a, b) for a, b in zip(again.weights, adams[1].weights, strict=True))


def test_draws_made_ahead_are_the_steps_own_in_their_order(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    lanes = Lanes([RunConfig("s-introvae", **TINY)])
    ahead = DrawAhead(lanes.draw, last=20)
    for step in range(3, 20):
        drawn = ahead(step)
        assert all(torch.equal(value, drawn[name]) for name, value in lanes.draw(step).items())


def test_lanes_of_a_stack_share_what_they_must():
    with pytest.raises(InvalidArgumentError, match=r"^configs: got runs that differ"):
        Lanes([RunConfig("vae"), RunConfig("vae", width=3)])


class Copied(TorchDispatchMode):
    """Counts the numbers that are copied."""

    amount = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function in (torch.ops.aten.copy_.default, torch.ops.aten.clone.default, torch.ops.aten._to_copy.default):
            self.amount += args[0].numel()
        return function(*args, **(kwargs or {}))


def test_a_lane_is_taken_out_of_a_stack_without_copying_the_others():
    amounts = []
    for size in (2, 8):
        lanes = Lanes([RunConfig("as-introvae", seed=seed, **TINY) for seed in range(size)])
        with Copied() as copied:
            lane = lanes.lane(1)
        stack = lanes.networks.state()
        assert all(torch.equal(weight, stack[key][1:2]) for key, weight in lane.state().items())
        amounts.append(copied.amount)
    assert amounts[0] == amounts[1] > 0


def test_memory_is_the_least_of_the_machine_the_groups_around_a_process_and_its_own_limit(tmp_path, monkeypatch):
    (tmp_path / "own").write_text("0::/slurm/job\n")
    (tmp_path / "slurm" / "job").mkdir(parents=True)
    (tmp_path / "slurm" / "job" / "memory.max").write_text("max\n")
    (tmp_path / "slurm" / "memory.max").write_text("3000000\n")
    monkeypatch.setattr(cpu, "_GROUP", tmp_path / "own")
    monkeypatch.setattr(cpu, "_GROUPS", tmp_path)
    assert cpu._given.__wrapped__() == 3_000_000
    monkeypatch.setattr(cpu.resource, "getrlimit", lambda _: (1_000, -1))
    assert memory.total("cpu") == 1_000.0
    with pytest.raises(InvalidArgumentError, match=r"^size: got .*; allowed: what fits into the 0\.0 GB of 'cpu'"):
        train.train(RunConfig("vae", **TINY), progress=False)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        MemoryError("Unable to allocate 7.28 TiB for an array"),
    ],
)
def test_an_allocation_that_fails_is_a_sentence_and_another_error_is_not(error, monkeypatch):
    def fails(*_):
        raise error

    monkeypatch.setattr(train, "train_stack", fails)
    with pytest.raises(
        InvalidArgumentError, match=r"^size: got 'width=16, .*'; allowed: what fits into the memory of 'cpu' that is"
    ):
        train.train(RunConfig("vae", **TINY), progress=False)
    error = RuntimeError("another")
    with pytest.raises(RuntimeError, match=r"^another$"):
        train.train(RunConfig("vae", **TINY), progress=False)


def test_where_the_system_does_not_say_half_of_all_memory_counts_as_free(monkeypatch):
    assert 0.0 < memory.free("cpu") <= memory.total("cpu")
    monkeypatch.setattr(memory.Path, "read_text", lambda path: "MemTotal: 1 kB\n")
    assert memory.free("cpu") == 0.5 * memory.total("cpu")
