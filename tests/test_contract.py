"""The names that other people's scripts call, each in a process that has loaded nothing of the library before.

Laziness can break exactly that, and no test in a process that has imported everything would see it.
"""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import asvae

ROOT = Path(asvae.__file__).parent

LINES = {
    "losses": """
        mu, x = torch.zeros(3, 2), torch.ones(3, 4)
        assert asvae.losses.kl_divergence(mu, mu).tolist() == [0.0] * 3
        assert asvae.losses.reconstruction_error(x, 0 * x).tolist() == [4.0] * 3
        for options in ({}, {"kernel": "joint", "reduction": "sum"}):
            assert asvae.losses.as_distance(mu, mu, mu, mu, **options).item() == 0.0
        loads("asvae", "asvae.checks", "asvae.losses", "asvae.losses.similarity", "asvae.losses.terms")
    """,
    "losses imported": """
        import asvae.losses
        loads("asvae", "asvae.checks", "asvae.losses", "asvae.losses.similarity", "asvae.losses.terms")
    """,
    "a loss imported": "from asvae.losses import kl_divergence; kl_divergence(torch.zeros(1, 1), torch.zeros(1, 1))",
    "schedules": """
        assert asvae.schedules.linear_ramp(5.0)(0.1) == 0.5
        assert asvae.schedules.constant(0.3)(0.9) == 0.3
        assert 0.0 < asvae.schedules.tanh_ramp(5.0)(0.1) < 0.5
        loads("asvae", "asvae.checks", "asvae.schedules")
    """,
    "metrics": """
        points = torch.rand(500, 2)
        scores = asvae.metrics.histogram_scores(points, points.numpy(), bins=10, limit=4.0)
        assert abs(scores.kl) + abs(scores.jsd) + abs(scores.jsd_textbook) < 1e-6
        leaves("asvae.config", "asvae.training", "asvae.metrics.images", "asvae.metrics.features")
    """,
    "data sets": """
        known = {"checkerboard", "8gaussians", "digits", "mnist", "cifar10", "celeba64", "celeba128", "celeba256"}
        assert known | {"folder"} <= set(asvae.datasets.names())
        assert asvae.datasets.get("checkerboard", root=None).sample(5, seed=0).shape == (5, 2)
        leaves("asvae.config", "asvae.training", "asvae.objectives")
    """,
    "objectives": """
        assert {"vae", "introvae", "s-introvae", "as-introvae", "wgan-gp"} <= set(asvae.objectives.names())
        assert asvae.objectives.get("vae").name == "vae"
        leaves("asvae.config", "asvae.training", "asvae.datasets", "asvae.metrics")
    """,
    "the core alone": """
        import asvae.config, asvae.losses, asvae.networks, asvae.objectives, asvae.schedules
        leaves("asvae.training", "asvae.store", "asvae.metrics", "asvae.cli", "asvae_book")
        leaves("torchvision", "pandas", "lightning_fabric", "matplotlib", "IPython")
    """,
    "a configuration": """
        config = asvae.RunConfig("as-introvae", "checkerboard", "paper", seed=3, steps=7, schedule="half")
        assert (config.objective, config.seed, config.steps) == ("as-introvae", 3, 7)
        assert config.hyperparameters.schedule == "half"
        leaves("asvae.training", "asvae.store")
    """,
    "training": """
        run = asvae.train(asvae.RunConfig("vae", steps=2, width=8, depth=1, batch_size=8), progress=False)
        assert run.scores["kl"] > 0.0 and run.provenance["torch"]
        assert run.sample(3, seed=0).shape == run.reconstruct(run.sample(3)).shape == (3, 2)
        mu, logvar = run.encode(run.sample(3))
        assert mu.shape == logvar.shape == (3, 2) and isinstance(run, asvae.Run)
    """,
    "a sweep": "assert asvae.sweep([], progress=False) == []",
    "what is stored": """
        try:
            asvae.load("nowhere")
        except ValueError as error:
            assert str(error).startswith("path: got 'nowhere'; allowed: the folder of a whole run"), error
        assert asvae.load_or_train([], progress=False) == []
    """,
    "results": """
        import tempfile
        with tempfile.TemporaryDirectory() as empty:
            table = asvae.results(dataset="checkerboard", scale="paper", root=empty)
        assert {"objective", "combination", "schedule", "seed", "kl", "provenance"} <= set(table.columns)
        assert table.empty
    """,
    "everything": "assert all(getattr(asvae, name) is not None for name in asvae.__all__)",
}
"""Lines of the contract, and what of the library they load at most, or leave alone."""

HEAVY = ["lightning_fabric", "torchvision", "torchmetrics", "matplotlib", "pandas", "IPython", "sklearn"]
"""What takes seconds to load, and is loaded where it is needed alone."""

SCRIPT = """
import json, os, sys, traceback
import asvae
alone = sorted(name for name in sys.modules if name.partition(".")[0] in ("torch", "numpy") or "asvae." in name)
import torch
torch.set_num_threads(1)

def ours():
    assert not set(sys.modules) & set(HEAVY), sorted(set(sys.modules) & set(HEAVY))
    return {name for name in sys.modules if name.partition(".")[0] == "asvae"}

def loads(*names):
    assert ours() <= set(names), sorted(ours() - set(names))

def leaves(*names):
    assert not [each for each in ours() if each.startswith(names)], sorted(ours())

outcome = {"alone": alone}
for name, line in LINES.items():
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            exec(line, {"asvae": asvae, "torch": torch, "loads": loads, "leaves": leaves})
            said = "fine"
        except BaseException:
            said = traceback.format_exc()
        os.write(writer, said.encode()[-4000:])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        outcome[name] = file.read()
    os.wait()
print(json.dumps(outcome))
"""


@pytest.fixture(scope="module")
def outcome():
    """What came of each line, in a fork of its own of a process that has loaded torch and nothing of the library."""
    lines = {name: textwrap.dedent(line) for name, line in LINES.items()}
    code = f"LINES, HEAVY = {lines!r}, {HEAVY!r}\n{SCRIPT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_the_library_loads_nothing_else(outcome):
    assert outcome["alone"] == []


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_contract_runs_alone(line, outcome):
    assert outcome[line] == "fine", outcome[line]


def test_the_core_stays_small():
    """Losses, schedules, networks, objectives and configurations: what a reader of the mathematics must know."""
    core = [path for room in ("losses", "networks", "objectives", "config") for path in (ROOT / room).glob("*.py")]
    assert sum(len(path.read_text().splitlines()) for path in (*core, ROOT / "schedules.py")) <= 2_000
