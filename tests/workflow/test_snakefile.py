"""The Snakefile on a copy of the checkout: killed and continued, done once, again after a change of numerics."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from asvae.files import read_record, write_record
from asvae.training import numerics
from asvae_book.workflow import make, plan

pytest.importorskip("snakemake")

ROOT = Path(__file__).parents[2]
SMALL = ["--config", "data=8gaussians", "steps=20", "seeds=1", "threads=1", "chapters=False"]


@pytest.fixture
def copy(tmp_path):
    """Return a copy with the results that tell what a run takes, and a function that calls Snakemake in it."""
    for name in ("asvae", "book/asvae_book", "data/golden"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    if numerics.KEPT.is_dir():  # of the same library: every process of the copy would trace it again
        shutil.copytree(numerics.KEPT, tmp_path / "data/runs/numerics")
    (tmp_path / "profiles" / "default").mkdir(parents=True)
    for name in ("Snakefile", "profiles/default/config.yaml", "pyproject.toml", "data/plan.json"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "data" / "results").mkdir()
    for pattern in ("8gaussians-quick-*-C1-seed0.json", "*-paper-*-seed0*.json"):
        for path in (ROOT / "data" / "results").glob(pattern):
            shutil.copyfile(path, tmp_path / "data" / "results" / path.name)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(tmp_path / "book"), *sys.path])}
    arguments = [sys.executable, "-m", "snakemake", "--cores", "2", "quick", *SMALL]

    def call(*more):
        ended = subprocess.run([*arguments, *more], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    def start():
        options = {"start_new_session": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(arguments, cwd=tmp_path, env=environment, **options)

    call.folder, call.start, call.environment = tmp_path, start, environment
    return call


def times(folder):
    """Return when each job was done."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "data/runs/workflow/done").glob("8gaussians-*")}


def trained(folder):
    """Return when each run was kept."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "data/runs").glob("8gaussians-*")}


@pytest.mark.slow
def test_killed_continued_done_once_and_again_after_a_change(copy):
    killed = copy.start()
    until = time.time() + 300
    while not (first := times(copy.folder)) and time.time() < until and killed.poll() is None:
        time.sleep(0.2)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert 0 < len(first) < 4
    runs = trained(copy.folder)
    copy()
    made = times(copy.folder)
    assert len(made) == 4
    # A job that was killed before Snakemake noted its end is called again, and trains nothing.
    assert runs
    assert runs.items() <= trained(copy.folder).items()
    assert "Nothing to be done" in copy()

    golden = copy.folder / "data/golden/checkerboard-s-introvae.json"
    write_record(golden, {"fingerprint": "0" * 12, "trace": read_record(golden)["trace"]})
    said = copy("--dry-run", "--quiet", "host")
    again = {line.split("=")[1].rsplit("-", 1)[0] for line in said.splitlines() if "wildcards: job=" in line}
    assert again == {"8gaussians-8gaussians-quick-s-introvae"}
    assert "rule ledger" in said


@pytest.mark.slow
def test_a_job_on_a_cluster_has_one_node_and_is_tried_again_by_the_first_process_alone(copy, monkeypatch):
    job = {"hours": 0.0, "gpu": False, "device": "cpu", "threads": 1, "processes": 1, "data": ""}
    made = {"jobs": {"broken": job}, "pages": {}, "targets": {}, "data_root": "", "budget": 0, "longest": 60}
    monkeypatch.setattr(plan, "FOLDER", copy.folder / "data/runs/workflow")
    monkeypatch.setattr(make, "make", lambda config: made)
    plan.current({}, again=False)
    path = Path(plan.spec("broken"))
    path.parent.mkdir()
    path.write_text("{}")
    # As Snakemake calls itself within a job of Slurm.
    within = "--target-jobs train:job=broken --allowed-rules train --cores 1 --force --nolock --retries 0 --mode remote"
    ended = subprocess.run(
        [sys.executable, "-m", "snakemake", *within.split()],
        cwd=copy.folder,
        env=copy.environment,
        capture_output=True,
        text=True,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert said.count("spec: got '") == 1
    assert "Trying to restart" not in said
    assert "nodes=1" in said


@pytest.mark.slow
def test_braces_in_the_name_of_a_folder_are_its_own(copy):
    assert "--data-root '/a{b}c' --budget" in copy("data_root=/a{b}c", "-n", "-p")
