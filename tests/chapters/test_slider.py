"""Training to look at: the frames are those of committed runs, their producer makes them again, the page draws them."""

import json
import math
import re

import numpy as np
import pytest
import torch

from asvae import RunConfig
from asvae.checks import InvalidArgumentError
from asvae.store.results import find
from asvae_book.chapters import frames, slider
from asvae_book.paper.measures import exceeded_bound
from tiny import TINY

NAMES = list(frames.FILMS)
SIZE = 2 * (frames.SAMPLES + 4 * frames.POSTERIORS)


def values(text):
    return np.frombuffer(text, np.uint8).astype(int)


@pytest.mark.parametrize("name", NAMES)
def test_a_film_is_of_two_committed_runs_of_which_one_ran_away(name):
    film = frames.load(name)
    assert film.configs == frames.FILMS[name]
    kept = find(film.configs)
    assert [exceeded_bound(kept[config]) for config in film.configs] == [False, True]
    for config, own, curves in zip(film.configs, film.frames, film.curves, strict=True):
        run, limit = kept[config], 1.1 * config.data().limit
        last = frames.quantised(run.samples[: frames.SAMPLES], -limit, limit)
        # Committed samples have two decimals.
        assert abs(values(own[-1][: 2 * frames.SAMPLES]) - values(last)).max() <= 1
        assert curves["as_distance"] == pytest.approx(run.history["as_distance"], rel=1e-3, nan_ok=True)
        assert {len(frame) for frame in own} == {SIZE}
        assert len(own) == len(film.steps)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_producer_makes_the_first_frames_again(name):
    kept, made = frames.load(name), frames.film(frames.FILMS[name], upto=130)
    assert made.steps == kept.steps[:2]
    for own, other in zip(made.frames, kept.frames, strict=True):
        # On another kind of processor equal up to rounding, which 130 steps make little of.
        assert max(abs(values(a) - values(b)).max() for a, b in zip(own, other, strict=False)) <= 2
    for own, other in zip(made.curves, kept.curves, strict=True):
        for term in ("step", "c", "kl_real"):
            assert own[term] == pytest.approx(other[term][: len(own[term])], rel=1e-2)


@pytest.mark.slow
def test_every_film_is_made_again_by_its_command(tmp_path, monkeypatch, capsys):
    films = {name: [RunConfig("as-introvae", seed=seed, **TINY)] for seed, name in enumerate(NAMES)}
    monkeypatch.setattr(frames, "FILMS", films)
    frames.main(tmp_path)
    assert [line.partition(".")[0] for line in capsys.readouterr().out.splitlines()] == NAMES
    assert {name: frames.load(name, tmp_path).configs for name in NAMES} == films


def test_a_film_that_is_kept_is_loaded_and_a_damaged_one_refused(tmp_path):
    film = frames.load(NAMES[0])
    path = frames.keep("again", film, tmp_path)
    again = frames.load("again", tmp_path)
    assert (again.steps, again.frames, again.configs) == (film.steps, film.frames, film.configs)
    path.write_text(path.read_text().replace('"steps": [1', '"steps": [2'))
    with pytest.raises(InvalidArgumentError, match=r"again\.json"):
        frames.load("again", tmp_path)


def test_a_byte_spans_the_range_and_what_lies_beyond_is_put_on_the_edge():
    assert list(frames.quantised(torch.tensor([-9.0, -1.0, 0.0, 1.0, 9.0]), -1.0, 1.0)) == [0, 0, 128, 255, 255]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_a_labelled_slider_and_fetches_nothing(name):
    film = frames.load(name)
    html = slider.player(film, name)
    assert len(html) < 250_000
    assert re.search(r'<label>Training step.*?<input type="range"', html)
    assert html.count("<svg") == html.count('role="img"') == 9
    assert "http" not in html.replace("http-equiv", "")
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])
    assert len(data["curves"][0]["c"]) == len(data["steps"]) == len(film.steps)


def test_what_is_said_names_the_bound_and_when_it_was_exceeded():
    film = frames.load("checkerboard")
    assert slider.bound(film) == pytest.approx(math.sqrt(2.0))
    assert slider.bound(frames.load("8gaussians")) == pytest.approx(1.0 / math.sqrt(math.pi))
    said = slider.sentence(film, "Board")
    assert re.search(
        r"seed 1 stays below that, at 0\.\d+ or less; seed 2 exceeds it first at step [\d,]+, where c is 0", said
    )
    assert "python -m asvae_book.chapters.frames" in slider.source(film)
