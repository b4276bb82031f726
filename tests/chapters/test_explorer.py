"""The explorer: one slider, a picture and a sentence for every setting."""

import pytest

from asvae_book.chapters import explorer
from asvae_book.studies import EXPLORER, RATES, Cells


@pytest.mark.slow
def test_the_explorer_links_one_slider_to_a_picture_for_every_setting(run):
    cells = Cells({label: [run, run] for label in EXPLORER.variants})
    widget = explorer.explorer(cells)
    slider, *stacks = widget.children
    assert (slider.min, slider.max) == (0, len(RATES) - 1)
    assert [len(stack.children) for stack in stacks] == [len(RATES)] * 2
    pictures = [child.value for stack in stacks for child in stack.children]
    assert len(set(pictures)) == len(pictures)
    assert all('alt="' in picture and "data:image/png;base64," in picture for picture in pictures)
    assert sum(map(len, pictures)) < 1_000_000
    frames = explorer.frames(cells)
    assert "linear ramp of rate 1: c passes 0.95 after 95% of the run; KL" in frames["linear"][0].description
