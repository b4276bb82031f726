"""What only a GPU can show: captured steps, bfloat16, compiled networks, BatchNorm over processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from asvae import RunConfig, objectives
from asvae.losses import as_distance
from asvae.training.images.machinery import Machinery
from asvae.training.images.trainer import Trainer
from asvae.training.train import train_any

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

POINTS = {"steps": 40, "width": 16, "depth": 2, "batch_size": 32, "warmup": 0.25}
IMAGES = {"steps": 6, "batch_size": 16, "width": 0.125, "warmup": 0.0}


def test_captured_steps_are_the_cpus_within_rounding():
    """With a lane that diverges: it stands still, is recorded, and leaves the others alone."""
    configs = [RunConfig("as-introvae", seed=seed, **POINTS) for seed in range(3)]
    configs.append(configs[0].replace(beta_kl=1e30))
    here, there = (train_any(configs, device, lambda n: None) for device in ("cpu", "cuda"))
    for a, b in zip(here, there, strict=True):
        assert a.divergence == b.divergence
        for name in ("reconstruction", "kl_fake"):
            assert b.history.get(name) == pytest.approx(a.history.get(name), rel=1e-2)


@pytest.mark.parametrize("kernel", ["marginal", "joint"])
def test_the_distance_is_the_cpus(kernel):
    generator = torch.Generator().manual_seed(0)
    given = [torch.randn(64, 8, generator=generator, dtype=torch.float64) for _ in range(4)]
    torch.testing.assert_close(
        as_distance(*(each.cuda() for each in given), kernel=kernel).cpu(), as_distance(*given, kernel=kernel)
    )


@pytest.mark.parametrize("name", objectives.names())
def test_a_step_on_images_is_the_cpus_and_nearly_so_in_bfloat16_and_compiled(name):
    terms = {}
    for device, machinery in {
        "cpu": Machinery(precision="float32"),
        "cuda": Machinery(precision="float32", channels_last=False),
        "bfloat16": Machinery(precision="bfloat16"),
        "compiled": Machinery(precision="bfloat16", compiled=True),
    }.items():
        trainer = Trainer(RunConfig(name, "digits", **IMAGES), "cpu" if device == "cpu" else "cuda", machinery)
        terms[device] = {key: value.item() for key, value in trainer.step(0).items()}
    for device, tolerance in {"cuda": 1e-2, "bfloat16": 0.1, "compiled": 0.1}.items():
        assert terms[device] == pytest.approx(terms["cpu"], rel=tolerance, abs=tolerance), device


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_two_gpus_train_one_run(tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "asvae"]
    command += ["train", "--objective", "as-introvae", "--dataset", "digits", "--steps", "4", "--device", "cuda"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
