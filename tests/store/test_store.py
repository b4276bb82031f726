"""Stored runs come back whole or not at all, and are found by what they are."""

import errno
import hashlib
import json
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import safetensors.torch
import torch

import asvae
from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae.files import NotWrittenError, read_record, write_record
from asvae.store import runs as store
from asvae.store.sound import timing_seal
from asvae.training import sweep as sweeps
from asvae.training.images.machinery import Machinery
from tiny import TINY


def test_a_saved_run_comes_back_equal(run, tmp_path):
    store.save(run, tmp_path / "a")
    back = asvae.load(tmp_path / "a")
    assert back.config == run.config
    assert back.scores == run.scores
    assert repr(back.history) == repr(run.history)
    assert torch.equal(back.samples, run.samples)
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
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidArgumentError, match=r"path: got 'a'"):
        asvae.load(path)
    # One digit of a score, one bit of a weight: of the right size, and wrong.
    place = whole.index(b'"kl": ') + 6 if damage == "run.json" else len(whole) - 1
    digit = b"7" if whole[place : place + 1] != b"7" else b"8"
    file.write_bytes(whole[:place] + digit + whole[place + 1 :])
    with pytest.raises(InvalidArgumentError, match="changed since it was written"):
        asvae.load(path)
    with pytest.raises(InvalidArgumentError, match=r"path: got 'nowhere'"):
        asvae.load(tmp_path / "nowhere")


def test_weights_of_another_architecture_are_refused(run, tmp_path):
    store.save(run, tmp_path / "a")
    file = tmp_path / "a" / "run.json"
    record = json.loads(file.read_text())
    record["config"]["width"] = 32
    record["timing"]["sha256"] = timing_seal(record)
    write_record(file, record)
    with pytest.raises(InvalidArgumentError, match="size mismatch"):
        asvae.load(tmp_path / "a")
    state = run.networks.state()
    for wrong in (state | {"critic.weights.0": torch.zeros(1)}, {key: state[key] for key in list(state)[1:]}):
        with pytest.raises(RuntimeError, match=r"critic|Missing key"):
            run.networks.load_state(wrong)


def test_load_or_train_trains_once_and_fresh_trains_again(tmp_path):
    configs = [RunConfig("vae", seed=seed, **TINY) for seed in (0, 1)]

    def origins(configs, **options):
        runs = store.load_or_train(configs, root=tmp_path, progress=False, workers=1, **options)
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
    monkeypatch.setattr(store, "fingerprint", lambda *of: "other")
    assert place != store.locate(config)


def test_a_finished_run_is_kept_even_if_a_later_one_fails(tmp_path, monkeypatch):
    first, second = RunConfig("vae", **TINY), RunConfig("s-introvae", **TINY)
    real = sweeps.train_any

    def fail_on_second(configs, *arguments):
        if configs[0] == first:
            raise KeyboardInterrupt
        return real(configs, *arguments)

    monkeypatch.setattr(sweeps, "train_any", fail_on_second)
    with pytest.raises(KeyboardInterrupt):
        store.load_or_train([first, second], root=tmp_path, progress=False, workers=1)
    assert [path.name for path in (tmp_path / "runs").glob("[!u]*")] == [store.locate(second, tmp_path).name]


def test_two_writers_of_one_run_leave_a_whole_run(run, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.save(run, tmp_path / "a"), range(40)))
    assert asvae.load(tmp_path / "a").scores == run.scores
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("before", [False, True])
def test_a_run_that_cannot_be_put_in_its_place_says_why_and_leaves_what_was_there(run, tmp_path, monkeypatch, before):
    real = os.replace
    if before:
        store.save(run, tmp_path / "a")

    def broken(source, target):
        if str(source).endswith("/run"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(
        NotWrittenError, match=rf"^a: cannot be written to .* \({os.strerror(errno.EIO)}\); what was there is whole\.$"
    ):
        store.save(replace(run, scores={"kl": 1.0}), tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"] * before
    if before:
        assert store.load(tmp_path / "a").scores == run.scores


def test_without_weights_committed_results_come_first_then_stored_runs_and_the_rest_is_trained(tmp_path, monkeypatch):
    configs = [RunConfig("vae", seed=seed, **TINY) for seed in (0, 1)]
    # As if these small runs were the scale's own recipe: only such runs are committed.
    monkeypatch.setattr(RunConfig, "overrides", property(lambda config: {}))

    def origins():
        found = store.load_or_train(configs, weights=False, root=tmp_path, progress=False, workers=1)
        assert [result.config for result in found] == configs
        return [result.provenance["origin"] for result in found], found

    assert origins()[0] == ["computed here"] * 2
    kept = {path.name: path.read_text() for path in (tmp_path / "results").iterdir()}
    assert len(kept) == 2
    monkeypatch.setattr(store, "sweep", lambda configs, **_: pytest.fail("trained") if configs else [])
    monkeypatch.setattr(store, "load", lambda path: pytest.fail("loaded"))
    assert not any(hasattr(result, "networks") for result in origins()[1])
    monkeypatch.undo()
    monkeypatch.setattr(RunConfig, "overrides", property(lambda config: {}))
    monkeypatch.setattr(store, "sweep", lambda configs, **_: pytest.fail("trained") if configs else [])
    for path in (tmp_path / "results").iterdir():
        path.unlink()
    assert all(hasattr(result, "networks") for result in origins()[1])
    assert {path.name: path.read_text() for path in (tmp_path / "results").iterdir()} == kept


@pytest.mark.parametrize(("changes", "joins"), [({"warmup": 0.0, "logvar_limit": 5.0}, True), ({"width": 9}, False)])
def test_another_reading_joins_the_committed_results_and_another_size_does_not(tmp_path, monkeypatch, changes, joins):
    config = RunConfig("vae", **TINY)
    changed = config.replace(**changes)
    # As if the small recipe were the scale's own.
    own = config.to_dict()
    differs = property(lambda self: {key: value for key, value in self.to_dict().items() if value != own[key]})
    monkeypatch.setattr(RunConfig, "overrides", differs)
    store.load_or_train([changed], weights=False, root=tmp_path, progress=False, workers=1)
    assert (tmp_path / "results").is_dir() == joins


def test_with_weights_committed_results_are_not_enough(tmp_path, monkeypatch):
    config = RunConfig("vae", **TINY)
    monkeypatch.setattr(RunConfig, "overrides", property(lambda config: {}))
    options = {"root": tmp_path, "progress": False, "workers": 1}
    store.load_or_train([config], weights=False, **options)
    [run] = store.load_or_train([config], **options)
    assert run.provenance["origin"] == "loaded"
    assert hasattr(run, "networks")


def test_no_run_whose_recipe_is_its_own_is_committed(tmp_path):
    store.load_or_train([RunConfig("vae", **TINY)], weights=False, root=tmp_path, progress=False, workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


@pytest.mark.parametrize("change", [lambda w: w * math.nan, lambda w: w.int(), lambda w: w.bfloat16()])
def test_weights_that_are_no_numbers_or_of_another_type_are_no_run(run, tmp_path, change):
    store.save(run, tmp_path / "a")
    weights = safetensors.torch.load_file(tmp_path / "a" / "weights.safetensors")
    data = safetensors.torch.save({name: change(each) for name, each in weights.items()})
    (tmp_path / "a" / "weights.safetensors").write_bytes(data)
    kept = read_record(tmp_path / "a" / "run.json")
    write_record(tmp_path / "a" / "run.json", kept | {"weights": hashlib.sha256(data).hexdigest()})
    with pytest.raises(InvalidArgumentError, match=r"^path: got 'a'; allowed: the folder of a whole run \(weights"):
        store.load(tmp_path / "a")


@pytest.fixture
def of_images(run, tmp_path):
    """Store a run on images without training it; return its configuration and where its data would lie."""

    def stored(*dataset):
        config, machinery = RunConfig("vae", *dataset), Machinery(data_root=str(tmp_path / "none"))
        nothing = torch.zeros(0, *config.data().shape)
        fields = {"samples": nothing, "pictures": {}, "networks": config.networks()}
        scores = {"sharpness": 1.0, "sharpness_sd_real": 0.2}
        fields |= {"scores": scores | {"frechet_classifier": 5.0, "frechet_classifier_floor": 0.1}}
        store.save(replace(run, config=config, **fields), store.locate(config, tmp_path / "runs", machinery))
        return config, machinery

    return stored


def test_a_stored_run_whose_data_are_absent_is_loaded_without_a_word_and_not_committed(of_images, tmp_path, recwarn):
    config, machinery = of_images("mnist")
    options = {"machinery": machinery, "root": tmp_path, "progress": False}
    [run] = store.load_or_train([config], weights=False, **options)
    assert run.provenance["origin"] == "loaded"
    assert not [str(each.message) for each in recwarn]
    assert not (tmp_path / "results").exists()


def test_a_run_stored_without_fid_says_so_where_the_inception_weights_are_given(of_images, tmp_path, recwarn):
    config, machinery = of_images("digits")
    options = {"root": tmp_path, "progress": False}
    store.load_or_train([config], machinery=machinery, **options)
    assert not recwarn
    with pytest.warns(UserWarning, match=r"^inception: 1 of 1 stored runs .* without FID; fresh=True .* anew\.$"):
        store.load_or_train([config], machinery=replace(machinery, inception="weights.pth"), **options)


@pytest.mark.parametrize("fresh", [False, True])
def test_asked_to_stop_a_fresh_call_says_that_the_next_must_not_be_fresh(fresh, tmp_path, monkeypatch):
    def stopped(*of, **by):
        raise sweeps.StoppedError("SIGTERM: stopped; the same call goes on from what is stored.", 15)

    monkeypatch.setattr(store, "sweep", stopped)
    with pytest.raises(sweeps.StoppedError) as caught:
        store.load_or_train([RunConfig("vae", **TINY)], fresh=fresh, root=tmp_path)
    assert str(caught.value) == f"SIGTERM: stopped; the same call{', not fresh,' * fresh} goes on from what is stored."
    assert caught.value.number == 15


def test_a_run_whose_weights_are_a_pipe_is_refused_and_not_waited_for(run, tmp_path):
    store.save(run, tmp_path / "run")
    weights = tmp_path / "run" / "weights.safetensors"
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(InvalidArgumentError, match=r"no file weights\.safetensors"):
        asvae.load(tmp_path / "run")


@pytest.mark.parametrize("name", ["fresh", "weights"])
def test_an_answer_that_is_neither_yes_nor_no_is_refused(name, tmp_path):
    with pytest.raises(InvalidArgumentError, match=rf"^{name}: got 'no'; allowed: True or False\.$"):
        asvae.load_or_train([RunConfig(steps=2)], root=tmp_path, **{name: "no"})
