"""What is timed must compute the same: the textbook's step and formula against ours, and the whole script in small."""

import json
import sys
from pathlib import Path

import pytest
import torch

from asvae import RunConfig, files
from asvae.losses import as_distance
from asvae.training.points.lanes import Lanes

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import baseline
import speed


def test_the_textbook_step_moves_every_weight_as_ours_does(monkeypatch):
    config = RunConfig("s-introvae", width=12, depth=2, batch_size=32, steps=10, warmup=0.0, decay="linear")
    lanes = Lanes([config])
    step = baseline.TextbookStep(*baseline.plane(12, 2), config.recipe.learning_rate, (0.1, 0.2, 0.2))
    for name, net in (("encoder", step.encoder), ("decoder", step.decoder)):
        ours = lanes.networks.modules[name]
        body = ours.body if name == "encoder" else ours
        for layer, weight, bias in zip(net[::2], body.weights, body.biases, strict=True):
            layer.weight.data.copy_(weight[0].T)
            layer.bias.data.copy_(bias[0, 0])
    for i in range(3):
        drawn = {name: value[0] for name, value in lanes.draw(i).items()}
        order = ["prior", "posterior", "posterior_rec", "posterior_fake", "prior", "prior"]
        queue = iter([drawn[name] for name in order])
        with monkeypatch.context() as patch:
            patch.setattr(torch, "randn", lambda *shape, queue=queue, **where: next(queue))
            patch.setattr(torch, "randn_like", lambda like, queue=queue: next(queue))
            losses = step(drawn["x"])
        terms = lanes.step(i)
        ours = (terms["loss_encoder"].item(), terms["loss_decoder"].item())
        # The decoder's last term, γ_r times an error, is the one that ours leaves out.
        assert losses == pytest.approx(ours, rel=1e-5)
        weights = lanes.networks.modules["decoder"].weights
        for layer, weight in zip(step.decoder[::2], weights, strict=True):
            torch.testing.assert_close(layer.weight.T, weight[0], rtol=1e-4, atol=2e-6)


def test_the_plain_distance_is_ours():
    generator = torch.Generator().manual_seed(3)
    inputs = [torch.randn(9, 4, generator=generator, dtype=torch.float64) for _ in range(4)]
    torch.testing.assert_close(baseline.plain_as_distance(*inputs), as_distance(*inputs))


@pytest.mark.slow
def test_the_benchmark_runs_in_small(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(speed, "SIZES", ((16, 2),))
    monkeypatch.setattr(speed, "LANE_COUNTS", (1, 2))
    monkeypatch.setattr(speed, "seconds", lambda call, device, **_: (call(), 0.5)[1])
    monkeypatch.setattr(speed, "DATA", tmp_path)
    monkeypatch.setattr(speed.joblib, "cpu_count", lambda: 1)
    speed.main(["cpu"])
    kept = files.read_record(tmp_path / "benchmarks" / "cpu.json")
    assert {row["step"] for row in kept["steps"]} >= {"textbook S-IntroVAE, one CPU thread", "ours, as-introvae"}
    assert [row["lanes"] for row in kept["lanes"]] == [1, 2, 1, 2]
    assert kept["distances"][0]["faster"] == 1.0
    assert json.dumps(kept["provenance"])
    assert "Lanes of S-IntroVAE" in capsys.readouterr().out
