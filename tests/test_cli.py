"""The ``asvae`` command by behaviour: what it makes, what it refuses, how it says so."""

import functools
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from types import SimpleNamespace

import papermill.cli
import pytest
from nbclient.exceptions import CellTimeoutError
from papermill.exceptions import PapermillExecutionError

from asvae import RunConfig, train
from asvae.cli import command
from asvae.cli.options import settings_of
from asvae.store import runs as store
from asvae.store.results import find, keep, name_of
from asvae.training.diagnostics import findings
from asvae_book import commands
from asvae_book.studies import GRID, TABLE1

SMALL = ("--set", "width=16", "--set", "depth=2", "--set", "batch_size=16")


@pytest.fixture
def asvae(monkeypatch, capfd, tmp_path):
    """Return a function that runs the command with a store of its own, and gives exit status, output and errors."""
    monkeypatch.setattr(store, "load_or_train", functools.partial(store.load_or_train, root=tmp_path))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["asvae", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            command.main()
        captured = capfd.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


def test_train_prints_scores_and_their_source(asvae):
    status, out, _ = asvae("train", "--objective", "vae", "--steps", 20, *SMALL)
    assert status == 0
    assert out.startswith("kl ")
    assert re.search(r"\ncomputed here: \d+ s of training on \w", out)
    assert "\nloaded: " in asvae("train", "--objective", "vae", "--steps", 20, *SMALL)[1]


def test_a_run_of_the_scales_own_size_is_kept_and_its_diagnoses_are_said(asvae, monkeypatch, tmp_path):
    config = RunConfig("s-introvae")
    tiny = train(config.replace(steps=20, width=16, depth=2, batch_size=16))
    sick = replace(tiny, config=config, scores=tiny.scores | {"dead_latents": 1.0})
    monkeypatch.setattr(store, "load_or_train", lambda configs, **of: [sick])
    monkeypatch.setattr(command, "keep_result", functools.partial(keep, root=tmp_path))
    status, out, _ = asvae("train", "--objective", "s-introvae", "--keep")
    assert status == 0
    path, *said = out.splitlines()
    assert path == str(tmp_path / name_of(config))
    assert find([config], tmp_path)[config].scores == sick.scores
    found = [str(each) for each in findings(sick)]
    assert found
    assert said[: len(found)] == found
    assert said[len(found)].startswith("kl ")


@pytest.mark.parametrize(
    ("has", "says"),
    [
        ({"dataset": "folder"}, "--keep: got 'folder'; allowed: a data set that others have, too."),
        ({"dataset": "mnist"}, "--keep: got '16 training images'; allowed: the 60,000 of the published data set."),
    ],
)
def test_other_data_than_the_published_are_trained_on_and_not_kept(asvae, monkeypatch, has, says):
    images = SimpleNamespace(available=True, images=range(16), whole=60_000)
    monkeypatch.setattr(RunConfig, "data", lambda *of: images)
    monkeypatch.setattr(store, "load_or_train", lambda *of, **by: pytest.fail("trained before it was refused"))
    status, _, err = asvae("train", "--dataset", has["dataset"], "--data-root", "anywhere", "--keep")
    assert status == 2
    assert err.strip().splitlines()[-1] == says


@pytest.mark.slow
def test_train_makes_a_run_on_images_and_says_where_it_lies(asvae):
    small = ("--set", "width=0.125", "--set", "channels=[8]", "--set", "latent_dim=3", "--steps", 2)
    status, out, _ = asvae("train", "--objective", "wgan-gp", "--dataset", "digits", *small)
    assert status == 0
    assert out.startswith("frechet_classifier ")
    assert "wgan-gp-quick-" in out.splitlines()[-1]


def test_data_says_what_is_in_a_data_set(asvae):
    status, out, _ = asvae("data", "digits")
    assert status == 0
    assert "1,438 training and 359 test images" in out
    assert "fingerprint 844afa5d7d11, 0 unusable" in out


def test_data_fetches_what_is_absent(asvae, monkeypatch):
    there = []
    images = SimpleNamespace(
        **{"source": "Images.", "images": range(1_200), "test_images": range(34), "fingerprint": "0" * 12},
        **{"skipped": ["a.png"], "available": False, "download": lambda: there.append("fetched")},
    )
    monkeypatch.setattr(RunConfig, "data", lambda *of: images)
    assert asvae("data", "mnist", "--data-root", "anywhere")[:2] == (
        0,
        f"Images.\n1,200 training and 34 test images\nfingerprint {'0' * 12}, 1 unusable\n",
    )
    assert there == ["fetched"]
    network = SimpleNamespace(name="Inception, by a name")
    monkeypatch.setattr(command, "inception_network", lambda download: network if download else None)
    assert asvae("data", "inception")[:2] == (0, "Inception, by a name\n")


@pytest.mark.slow
def test_sweep_makes_a_table_and_a_budget_stops_it_cleanly(asvae):
    grid = ("sweep", "--objectives", "vae,as-introvae", "--combinations", "C1,C3", "--seeds", 2, "--workers", 1, *SMALL)
    status, out, err = asvae(*grid, "--steps", 60, "--budget", "0.01s")
    assert (status, out) == (75, "")
    said = err.splitlines()[-1]
    assert said.startswith("budget: spent after ")
    assert said.endswith("of 6 runs; the same call goes on from there.")
    status, out, _ = asvae(*grid, "--steps", 60)
    assert status == 0
    assert "AS-IntroVAE" in out
    assert "±" in out
    assert "2 seeds" in out


def test_a_study_whose_methods_have_cells_of_their_own_is_run_whole_or_by_method():
    assert commands._chosen_cells(GRID, None, None) == list(GRID.variants)
    assert {column for _, column in commands._chosen_cells(GRID, None, "vae")} == {"vae"}
    assert len(commands._chosen_cells(TABLE1, "C1,C3", "vae,introvae")) == 4


@pytest.mark.parametrize("error", [ImportError("broken"), ModuleNotFoundError("no pandas", name="pandas")])
def test_a_package_of_commands_that_is_there_and_does_not_load_says_why(monkeypatch, error):
    def load():
        raise error

    point = SimpleNamespace(name="sweep", module="asvae_book.commands", load=load)
    monkeypatch.setattr(command, "entry_points", lambda group: [point])
    with pytest.raises(type(error), match=str(error)):
        command._add_commands()


def test_set_goes_before_what_a_variant_sets_and_is_said_beside_its_title(asvae):
    grid = ("sweep", "--objectives", "s-introvae", "--combinations", "C1", "--seeds", 1, "--workers", 1, *SMALL)
    status, out, _ = asvae(*grid, "--steps", 5, "--set", "beta_neg=0.5")
    assert status == 0
    assert "beta_neg 0.5" in out.splitlines()[0]
    [row] = [line for line in out.splitlines() if line.startswith("C1")]
    assert row.startswith("C1, S-IntroVAE, but for beta_neg 0.5 ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "--objective", "vea"), "objective: got 'vea'; allowed: 'vae', "),
        (("train", "--scale", "huge"), "scale: got 'huge'; allowed: 'quick', 'reduced', 'paper'."),
        (("train", "--steps", "0"), "steps: got 0; allowed: a whole number from 1 up."),
        (("train", "--set", "steps=3"), "--set: got 'steps=3'; allowed: NAME=VALUE, and for objective"),
        (("train", "--set", "self=3"), "--set: got 'self=3'; allowed: NAME=VALUE of a hyper-parameter."),
        (("sweep", "--seeds", "1", "--set", "labels=3"), "--set: got 'labels=3'; allowed: NAME=VALUE of a hyper-pa"),
        (("train", "--set", "beta_neg=" + "[" * 60_000), "beta_neg: got '[[["),
        (("train", "--steps", "9223372036854775807"), "steps: got 9223372036854775807; allowed: a whole number from 1"),
        (("run", "index", "-o", "nowhere/out.ipynb"), "; allowed: what papermill can read and write ("),
        (("run", "index", "-o", "s3://b/x.ipynb"), "--output: got 's3://b/x.ipynb'; allowed: the path of a file."),
        (("run", "index", "-o", "/dev/null", "--engine", "foo"), "can read and write (No engine named 'foo' found)."),
        (("run", "index", "-o", "/dev/null", "-k", "nope"), "can read and write (No such kernel named nope)."),
        (("run", "index", "-y", "{a: ["), "; allowed: what papermill can read and write ("),
        (("run", "index", "-f", "nowhere.yml"), "; allowed: what papermill can read and write ("),
        (("train", "--set", "squash_kl"), "--set: got 'squash_kl'; allowed: NAME=VALUE"),
        (("train", "--set", "squash_kl=maybe"), "squash_kl: got 'maybe'; allowed: True or False."),
        (("train", "--device", "gpu"), "device: got 'gpu'; allowed: 'cpu'"),
        (("sweep", "--combinations", "C9"), "combinations: got 'C9'; allowed: 'C1', 'C2', 'C3'."),
        (("sweep", "--budget", "soon"), "budget: got 'soon'; allowed: a number and s, m or h, such as 90m."),
        (("sweep", "--fresh", "--budget", "9m"), "budget: got 540.0; allowed: none beside fresh=True"),
        (("run", "chekerboard"), "chapter: got 'chekerboard'; allowed: "),
        (("train", "--bogus"), "No such option"),
        (("sweep", "--seeds", "0"), "seeds: got 0; allowed: a whole number from 1 to 10000."),
        (("sweep", "--objectives", "wgan-gp"), "objectives: got 'wgan-gp'; allowed: 'vae', "),
        (("train", "--dataset", "mnist", "--data-root", "/nowhere"), "data_root: got '/nowhere', where the files of"),
        (("train", "--dataset", "digits", "--precision", "half"), "precision: got 'half'; allowed: 'float32', 'bfloat"),
        (("train", "--dataset", "digits", "--set", "depth=3"), "unknown hyper-parameter: got 'depth'; allowed: "),
        (
            ("train", "--inception", "x", "--steps", "1"),
            "--inception: got 'x'; allowed: nothing on 'checkerboard', whi",
        ),
        (("train", "--precision", "float32"), "--precision: got 'float32'; allowed: nothing on 'checkerboard', which"),
        (("train", "--threads", "1"), "--threads: got 1; allowed: nothing on 'checkerboard', which has no images."),
        (("train", "--compile"), "--compile: got True; allowed: nothing on 'checkerboard', which has no images."),
        (("train", "--set", "schedule=half", "--set", "rate=3"), "--set: got 'rate=3'; allowed: nothing beside schedu"),
        (("results", "list", "x"), "files: got 'x'; allowed: none beside list."),
        (("train", "--data-root", "x"), "--data-root: got 'x'; allowed: nothing for 'checkerboard', which needs no fi"),
        (("train", "--dataset", "digits", "--data-root", "x"), "--data-root: got 'x'; allowed: nothing for 'digits'"),
        (("data", "digits", "--data-root", "x"), "--data-root: got 'x'; allowed: nothing for 'digits'"),
        (("data", "inception", "--data-root", "x"), "--data-root: got 'x'; allowed: nothing for 'inception', whose fi"),
        (("train", "--keep", "--steps", "2"), "--keep: got 'steps=2'; allowed: the scale's own size."),
        (("sweep", "--steps", "0"), "steps: got 0; allowed: a whole number from 1 up."),
        (("sweep", "--study", "ablation", "--steps", "0"), "steps: got 0; allowed: a whole number from 1 up."),
        (("sweep", "--dataset", "digits"), "dataset: got 'digits'; allowed: one of points, which the study 'table1'"),
        (("sweep", "--study", "ablation", "--objectives", "vae"), "objectives: got 'vae'; allowed: nothing beside the"),
        (("sweep", "--study", "methods", "--combinations", "C1"), "combinations: got 'C1'; allowed: nothing beside"),
        (("sweep", "--set", "margin=3"), "C1, VAE: unknown hyper-parameter: got 'margin'; allowed: "),
        (("sweep", "--seeds", "999999999999"), "seeds: got 999999999999; allowed: a whole number from 1 to 10000."),
        (("train", "--set", "width=200000"), "size: got 'width=200000'; allowed: what fits into the "),
        (("train", "--set", "latent_dim=1e12"), "latent_dim: got 1000000000000.0; allowed: a whole number from 1 up."),
        (("train", "--dataset", "digits", "--threads", "100000"), "threads: got 100000; allowed: a whole number from"),
        (("sweep", "--study", "foo"), "study: got 'foo'; allowed: 'table1', '8gaussians', "),
        (("data", "digitz"), "dataset: got 'digitz'; allowed: 'digits', 'mnist'"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_a_status(asvae, tmp_path, arguments, says):
    status, _, err = asvae(*arguments)
    assert status == 2
    assert says in err.strip().splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_networks_are_compiled_only_where_there_is_a_compiler(asvae, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    status, _, err = asvae("train", "--dataset", "digits", "--compile")
    assert (status, err) == (
        2,
        "--compile: got True; allowed: a machine with a C++ compiler, here 'no-such-compiler': CXX names another.\n",
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_one_sentence_and_status_74():
    code = "import sys; from asvae.cli.command import main; sys.argv = ['asvae', 'data', 'digits']; main()"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert done.stderr.startswith("output: No space left on device.\n")


@pytest.mark.parametrize(("name", "status"), [("MissingDataError", 2), ("NotWrittenError", 74), ("KeyError", None)])
def test_a_chapters_error_of_one_sentence_is_the_commands(asvae, monkeypatch, name, status):
    def fail(*_, **__):
        raise PapermillExecutionError(1, 1, "source", name, "data_root: got 'x'.", [])

    monkeypatch.setattr(papermill.cli.papermill, "main", fail)
    if status is None:
        with pytest.raises(PapermillExecutionError):
            asvae("run", "checkerboard")
    else:
        ended, _, err = asvae("run", "checkerboard")
        assert (ended, err) == (status, "data_root: got 'x'.\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_chapter_that_is_stopped_or_takes_too_long_says_so(asvae, monkeypatch, number):
    monkeypatch.setattr(papermill.cli.papermill, "main", lambda *_, **__: os.kill(os.getpid(), number))
    status, _, err = asvae("run", "checkerboard")
    assert (status, err) == (
        128 + number,
        f"{number.name}: stopped; the same command goes on from what is stored.\n",
    )
    assert signal.getsignal(number) is signal.SIG_DFL

    def late(*_, **__):
        raise CellTimeoutError("A cell timed out")

    monkeypatch.setattr(papermill.cli.papermill, "main", late)
    status, _, err = asvae("run", "checkerboard", "--execution-timeout", 1)
    assert (status, err[:49]) == (2, "--execution-timeout: got 'a cell that took longer")


def test_settings_are_values_and_times_are_seconds():
    assert settings_of(["a=0.5", "b=true", "c=False", "d=half"]) == {"a": 0.5, "b": True, "c": False, "d": "half"}
    assert settings_of(["schedule=tanh", "rate=3"]) == {"schedule": "tanh", "rate": 3}
    assert settings_of(["schedule=hlaf", "rate=3"])["rate"] == 3  # the configuration refuses the name
    assert [commands._seconds(text) for text in ("90m", "2h", "45s", "1.5m", "7")] == [5400, 7200, 45, 90, 7]


@pytest.mark.slow
def test_run_is_papermill_on_a_chapter(asvae, tmp_path):
    wanted = ("-p", "steps", "12", "-p", "seeds", "1", "-y", "{combinations: [C1], objectives: [vae]}")
    status, *_ = asvae("run", "checkerboard", "-o", tmp_path / "out.ipynb", *wanted)
    assert status == 0
    assert "1 seed" in json.dumps(json.loads((tmp_path / "out.ipynb").read_text()))
    status, _, err = asvae("run", "checkerboard", "-o", tmp_path / "bad.ipynb", "-p", "stepz", "5")
    assert status == 2
    assert err.strip().splitlines()[-1].startswith("unknown parameter: got 'stepz'; allowed: ")
    assert "Traceback" not in err
    notebook = json.loads((tmp_path / "bad.ipynb").read_text())
    [red] = [out for cell in notebook["cells"] for out in cell.get("outputs", ()) if out["output_type"] == "error"]
    assert red["traceback"] == [f"InvalidArgumentError: {red['evalue']}"]


@pytest.mark.slow
def test_without_the_book_its_commands_say_in_one_sentence_what_to_install():
    # In a process of its own: the commands are collected when the module is loaded.
    code = """
        import importlib.metadata, sys
        importlib.metadata.entry_points = lambda group: []
        sys.argv = ["asvae", "claims", "--json"]
        from asvae.cli import command
        command.main()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"command: got 'claims'; allowed: train, data; .*pip install -e.*\n", done.stderr)
