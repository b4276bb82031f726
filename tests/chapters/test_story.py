"""The sentences that the landing page begins with follow the runs."""

from dataclasses import replace

import pytest

from asvae_book.chapters import story
from asvae_book.studies import EIGHT_GAUSSIANS, Cells


@pytest.fixture
def cells(run):
    """Two rows: in C1 AS-IntroVAE is ahead by 2 and 4, in C2 only S-IntroVAE was run."""

    def at(*scores):
        return [
            replace(run, config=run.config.replace(seed=seed), scores=run.scores | {"kl": score})
            for seed, score in enumerate(scores)
        ]

    rows = {("C1", "s-introvae"): at(50.0, 60.0), ("C1", "as-introvae"): at(48.0, 56.0)}
    return Cells(rows | {("C2", "s-introvae"): at(9.0)})


def test_a_row_is_said_with_what_is_printed_and_a_paired_difference(cells, diverged):
    said = story.table_sentence(EIGHT_GAUSSIANS, cells)
    assert "C1 S-IntroVAE 55.0 (printed 50.2), AS-IntroVAE 52.0 (printed 3.4), difference −3.0 (−15.7 to +9.7)" in said
    assert "C2" not in said
    lost = Cells({label: [replace(diverged, config=each.config) for each in runs] for label, runs in cells.items()})
    assert story.table_sentence(EIGHT_GAUSSIANS, lost) == story.table_sentence(EIGHT_GAUSSIANS, Cells()) == ""


def test_every_toy_problem_with_runs_has_a_sentence_about_its_readings():
    assert [said.partition("**:")[0] for said in story.reading_sentences()] == [
        "**Checkerboard, under every reading",
        "**8 Gaussians, under every reading",
    ]
