"""The landing page follows the ledger and the runs: its sentence, its table, its strip, its figure, and paper.md."""

from dataclasses import replace
from pathlib import Path

import pytest

from asvae_book.chapters import index, joss, runaways
from asvae_book.paper.claims import CLAIMS
from asvae_book.paper.ledger import ledger
from asvae_book.paper.verdicts import VERDICTS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def today():
    return ledger()


def test_the_headline_names_both_toy_problems_with_the_printed_differences():
    said = index.headline()
    assert said.startswith("As the paper writes it, AS-IntroVAE ")
    assert "(printed: −0.4 to −0.3)" in said
    assert "(printed: −135.2 to −44.2)" in said


def test_every_verdict_has_a_sign_and_every_claim_a_chip(today):
    assert set(index.ICONS) == set(VERDICTS)
    chips = index.strip(today).splitlines()
    assert [chip.partition("**")[2].partition("**")[0] for chip in chips] == [claim.key for claim in CLAIMS]


def test_a_chip_shows_the_largest_scale_with_a_verdict_whatever_it_says(today):
    [t1] = [entry for entry in today if entry.claim.key == "T1"]
    quick, paper = t1.evidence[0], t1.evidence[-1]
    for verdict in ("reproduced", "not reproduced"):
        judged = replace(paper, verdict=replace(paper.verdict, verdict=verdict))
        assert index.shown(replace(t1, evidence=(quick, judged))) is judged
    assert (
        index.shown(replace(t1, evidence=(quick, replace(paper, verdict=replace(paper.verdict, verdict="not run")))))
        is quick
    )


def test_every_claim_is_in_one_experiment(today):
    keys = [key for each in index.EXPERIMENTS for key in each.keys]
    assert sorted(keys) == sorted(claim.key for claim in CLAIMS)
    rows = index.experiments(today).splitlines()[2:]
    assert len(rows) == len(index.EXPERIMENTS) + 1
    assert all(any(f"{icon} **" in row for icon in index.ICONS.values()) for row in rows)


def test_runs_past_the_bound_are_counted_by_ramp(run):
    far, near = (
        runaways.Dot(run, clock, distance, behind)
        for clock, distance, behind in (("tanh", 9e9, 4.0), ("linear", 0.2, 0.5))
    )
    said = runaways.caption({"checkerboard": [far, near]})
    assert (
        "Checkerboard: 0 of 1 (linear) and 1 of 1 (tanh) runs passed it; "
        "they lie +4.0 from the line (median), the others +0.5." in said
    )
    [axis] = runaways.scatter({"checkerboard": [far, near]}).axes
    assert axis.get_xscale() == "log"
    assert [line.get_label() for line in axis.lines][:2] == ["S-IntroVAE's mean", "√2"]


@pytest.mark.slow
def test_the_short_paper_is_todays(today):
    """`python book/refresh.py ledger` writes it again."""
    assert (ROOT / "paper.md").read_text() == joss.paper(today)
