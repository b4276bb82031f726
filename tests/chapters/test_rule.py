"""The picture of the rule: seeds are joined, the interval is that of the pairs, the word the rule's."""

from dataclasses import replace

import numpy as np
import pytest

from asvae_book.chapters import rule
from asvae_book.paper.published import MARGINS
from asvae_book.studies import Cells
from asvae_book.studies.intervals import over_seeds


@pytest.fixture
def cells(run):
    def at(kls):
        return [
            replace(run, config=run.config.replace(seed=seed), scores=run.scores | {"kl": kl})
            for seed, kl in enumerate(kls)
        ]

    noise = np.linspace(-0.2, 0.2, 12)
    return Cells({("C1", "s-introvae"): at(20.0 + noise), ("C1", "as-introvae"): at(20.1 + noise[::-1])})


def test_the_picture_follows_runs_pairs_and_rule(cells):
    runs, pairs, margin = rule.picture(cells, "C1").axes
    joined = [line.get_ydata().tolist() for line in runs.lines if len(line.get_xdata()) == 2]
    assert joined[0] == pytest.approx([19.8, 20.3])
    assert len(joined) == 12
    gap = over_seeds([ours - theirs for theirs, ours in joined])
    dots, mean = (line.get_ydata() for line in pairs.lines[1:3])
    assert (len(dots), list(mean)) == (12, [pytest.approx(gap.mean)])
    assert margin.patches[0].get_width() == pytest.approx(2 * MARGINS["kl"])
    assert margin.get_xlim()[1] > gap.high
    assert [text.get_text() for text in margin.texts] == [f"“{rule.says(cells, 'C1')}”"]


def test_the_word_is_the_rules(cells):
    far = Cells(
        cells
        | {
            ("C1", "as-introvae"): [
                replace(run, scores=run.scores | {"kl": run.scores["kl"] + 5.0}) for run in cells["C1", "as-introvae"]
            ]
        }
    )
    assert rule.says(far, "C1") == "does not hold"
    assert rule.says(cells, "C1") == "inconclusive"
    assert rule.says(Cells(), "C1") == "not run"
