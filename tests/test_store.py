"""Stored runs come back whole or not at all; committed results are read as a table."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from conftest import TINY

import asvae
from asvae import RunConfig, metrics, store, training
from asvae.checks import InvalidArgumentError
from asvae.objectives import introvae
from asvae.results import combination_of, keep, results


def test_a_saved_run_comes_back_equal(run, tmp_path):
    store.save(run, tmp_path / "a")
    back = asvae.load(tmp_path / "a")
    assert back.config == run.config
    assert back.scores == run.scores
    assert repr(back.history) == repr(run.history)
    assert torch.equal(back.sample(10), run.sample(10))
    assert back.provenance == run.provenance | {"origin": "loaded"}
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_diverged_run_comes_back_diverged(diverged, tmp_path):
    store.save(diverged, tmp_path / "a")
    back = asvae.load(tmp_path / "a")
    assert back.divergence == diverged.divergence
    assert math.isnan(back.scores["kl"])


@pytest.mark.parametrize("damage", ["run.json", "weights.safetensors"])
def test_a_damaged_run_is_refused_by_name(run, tmp_path, damage):
    path = tmp_path / "a"
    store.save(run, path)
    file = path / damage
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(InvalidArgumentError, match=r"path: got 'a'"):
        asvae.load(path)
    with pytest.raises(InvalidArgumentError, match=r"path: got 'nowhere'"):
        asvae.load(tmp_path / "nowhere")


def test_weights_of_another_architecture_are_refused(run, tmp_path):
    store.save(run, tmp_path / "a")
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    record["config"]["width"] = 32
    (tmp_path / "a" / "run.json").write_text(json.dumps(record))
    with pytest.raises(InvalidArgumentError, match="size mismatch"):
        asvae.load(tmp_path / "a")
    state = run.networks.state()
    for wrong in (state | {"critic.weights.0": torch.zeros(1)}, {key: state[key] for key in list(state)[1:]}):
        with pytest.raises(RuntimeError, match=r"critic|Missing key"):
            run.networks.load_state(wrong)


def test_load_or_train_trains_once_and_fresh_trains_again(tmp_path):
    configs = [RunConfig("vae", seed=seed, **TINY) for seed in (0, 1)]

    def origins(configs, **options):
        runs = store.load_or_train(configs, root=tmp_path, progress=False, **options)
        assert [run.config for run in runs] == list(configs)
        return [run.provenance["origin"] for run in runs]

    assert origins(configs[:1]) == ["computed here"]
    assert origins(configs) == ["loaded", "computed here"]
    assert origins(configs) == ["loaded", "loaded"]
    assert origins(configs, fresh=True) == ["computed here", "computed here"]


def test_a_run_is_found_by_its_configuration_and_the_numerics(monkeypatch):
    config = RunConfig("vae", **TINY)
    place = store.locate(config)
    assert place == store.locate(RunConfig("vae", **TINY))
    assert place != store.locate(RunConfig("vae", **TINY | {"width": 17}))
    monkeypatch.setattr(store, "fingerprint", lambda: "other")
    assert place != store.locate(config)


def test_the_fingerprint_follows_the_numbers(monkeypatch):
    before = store.fingerprint.__wrapped__()
    assert before == store.fingerprint.__wrapped__()
    with monkeypatch.context() as patch:
        patch.setattr(introvae, "hinge", lambda kl, margin: torch.relu(margin[..., None] - kl) * 1.001)
        assert store.fingerprint.__wrapped__() != before
    with monkeypatch.context() as patch:
        patch.setattr(metrics, "EPSILON", 1e-12)
        assert store.fingerprint.__wrapped__() != before
    assert store.fingerprint.__wrapped__() == before


def test_a_finished_run_is_kept_even_if_a_later_one_fails(tmp_path, monkeypatch):
    first, second = RunConfig("vae", **TINY), RunConfig("s-introvae", **TINY)
    real = training._train_stack

    def fail_on_second(configs, *arguments):
        if configs[0] == first:
            raise KeyboardInterrupt
        return real(configs, *arguments)

    monkeypatch.setattr(training, "_train_stack", fail_on_second)
    monkeypatch.setattr(training.joblib, "cpu_count", lambda: 1)
    with pytest.raises(KeyboardInterrupt):
        store.load_or_train([first, second], root=tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == [store.locate(second, tmp_path).name]


def test_two_writers_of_one_run_leave_a_whole_run(run, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.save(run, tmp_path / "a"), range(40)))
    assert asvae.load(tmp_path / "a").scores == run.scores
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_results_are_a_table_with_scores_and_provenance(run, diverged, tmp_path):
    other = replace(run, config=run.config.replace(schedule="half"))
    for each in (run, diverged, other):
        path = keep(each, tmp_path)
    table = results("checkerboard", root=tmp_path)
    assert sorted(table.schedule.dropna()) == ["annealed", "half"]
    assert list(table.objective) == ["as-introvae", "as-introvae", "introvae"]
    assert list(table.diverged) == [False, False, True]
    assert set(table.combination) == {"own"}
    assert table.kl[0] == run.scores["kl"]
    assert table.provenance[0]["torch"] == torch.__version__
    assert results("checkerboard", "paper", root=tmp_path).empty
    assert list(results("checkerboard", "paper", root=tmp_path).columns) == list(table.columns)
    with pytest.raises(InvalidArgumentError, match=r"dataset: got 'chekerboard'.*did you mean 'checkerboard'"):
        results("chekerboard", root=tmp_path)
    path.write_text("{")
    with pytest.raises(InvalidArgumentError, match="damaged"):
        results(root=tmp_path)


def test_committed_results_can_be_read():
    table = asvae.results()
    assert not table.empty
    assert table.provenance.map(lambda source: bool(source["hardware"] and source["torch"])).all()


def test_a_cell_of_table_1_is_recognised_and_anything_else_is_not():
    cell = RunConfig("s-introvae", scale="paper", seed=4, steps=100, beta_neg=0.5)
    assert combination_of(cell) == "C2"
    assert combination_of(cell.replace(width=9)) == "own"
    assert combination_of(RunConfig("as-introvae", squash=True)) == "own"
