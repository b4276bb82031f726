"""The explorer: one slider, a picture and a sentence for every setting."""

import pytest

from asvae_book.chapters import explorer
from asvae_book.studies import EXPLORER, RATES, Cells


@pytest.mark.slow
def test_the_explorer_links_one_slider_to_a_picture_for_every_setting(run):
    cells = Cells({label: [run, run] for label in EXPLORER.variants})
    widget = explorer.explorer(cells)
    slider, *stacks = widget.children
    assert slider.options == tuple(f"{rate:g}" for rate in RATES)
    assert slider.index == RATES.index(5.0)
    assert [len(stack.children) for stack in stacks] == [len(RATES)] * 2
    pictures = [child.value for stack in stacks for child in stack.children]
    assert len(set(pictures)) == len(pictures)
    assert all('alt="' in picture and "data:image/png;base64," in picture for picture in pictures)
    assert sum(map(len, pictures)) < 1_000_000
    frames = explorer.frames(cells, {"S-IntroVAE": (21.5, "#009e73")})
    assert "linear ramp of rate 1: c passes 0.95 after 95% of the run; KL" in frames["linear"][0].description
    assert all(frame.description.endswith(", S-IntroVAE 21.50.") for shown in frames.values() for frame in shown)


def test_scores_stand_beside_s_introvae_and_the_floor():
    lines = {name: value for name, (value, _) in explorer.references().items()}
    assert list(lines) == ["S-IntroVAE", "floor"]
    assert lines["floor"] == pytest.approx(17.0, abs=0.2)
    assert lines["floor"] < lines["S-IntroVAE"] < 22.0
