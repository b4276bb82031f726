"""One colour per method, whoever registers it; the shades of a study keep their methods' hues and differ."""

import colorsys
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from asvae import objectives
from asvae_book.chapters import palette
from asvae_book.studies import ABLATION, GRID, SPECIFICATIONS, STUDIES


def hue(colour):
    return colorsys.rgb_to_hls(*to_rgb(colour))[0]


def apart(colours):
    """Return how far the nearest two colours lie apart in RGB, each channel from 0 to 1."""
    return min(np.linalg.norm(np.subtract(to_rgb(a), to_rgb(b))) for a, b in combinations(colours, 2))


def test_no_two_methods_share_a_colour_and_none_has_that_of_the_truth():
    assert apart([palette.TRUTH, *map(palette.of_method, objectives.names())]) > 0.25
    assert palette.of_method("vae") == "#0072b2"
    assert palette.of_method("s-introvae") == "#009e73"


def test_a_sixth_method_gets_a_colour_by_itself(monkeypatch):
    before = [palette.of_method(name) for name in objectives.names()]
    monkeypatch.setitem(objectives._REGISTRY, "a-sixth", objectives.get("vae"))
    assert apart([palette.TRUTH, palette.of_method("a-sixth"), *before]) > 0.25
    assert [palette.of_method(name) for name in objectives.names()][:5] == before


def test_the_eighth_and_later_methods_have_colours_of_their_own(monkeypatch):
    for k in range(10):
        monkeypatch.setitem(objectives._REGISTRY, f"more-{k}", objectives.get("vae"))
    colours = [palette.of_method(name) for name in objectives.names()]
    assert len(set(colours)) == len(colours) == len(objectives.names())


COLOURED = [study for study in STUDIES.values() if study not in (*SPECIFICATIONS.values(), GRID)]


@pytest.mark.parametrize("study", COLOURED, ids=lambda study: study.name)
def test_every_variant_of_a_study_has_its_methods_hue_and_a_shade_of_its_own(study):
    colours = palette.of_study(study)
    assert list(colours) == list(study.variants)
    for label, variant in study.variants.items():
        own = palette.of_method(variant.objective)
        assert hue(colours[label]) == pytest.approx(hue(own), abs=0.01), label
        assert colours[label] == own or (variant.changes and not variant.principal), label
    assert apart(colours.values()) > 0.05


def test_the_ablation_shows_s_introvae_in_its_green_and_the_vae_in_its_blue():
    colours = palette.of_study(ABLATION)
    assert [colours[label] for label in ("vae", "kl-only", "tanh")] == ["#0072b2", "#009e73", "#d55e00"]


def test_shades_go_from_light_to_dark():
    brightness = [sum(to_rgb(shade)) for shade in palette.shades("as-introvae", 5)]
    assert brightness == sorted(brightness, reverse=True)
    assert brightness[2] > sum(to_rgb(palette.of_method("as-introvae"))) > brightness[3]
    assert palette.shades("vae", 0) == []
