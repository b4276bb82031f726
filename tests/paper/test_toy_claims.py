"""T1 to T3 and M1: verdicts that follow the numbers."""

import math
from dataclasses import replace

import pytest
from scipy import stats

from asvae.store.rows import TABLE_ROWS
from asvae_book.paper.claims import CLAIM, CLAIMS, verdict_table
from asvae_book.studies import Cells
from asvae_book.studies.intervals import paired

T1, T2, T3 = (CLAIM[key] for key in ("T1", "T2", "T3"))


@pytest.fixture
def cells(run, diverged):
    """Ten seeds per cell: AS-IntroVAE ahead everywhere, IntroVAE diverged everywhere."""

    def at(offset):
        noise = (0.0, 0.1, 0.3, 0.2, 0.15, 0.25, 0.05, 0.35, 0.22, 0.12)
        better = {"on_support": 0.9 - offset / 10, "modes_covered": 8 - offset, "centroid_error": 0.1 + offset / 10}
        return [
            replace(
                run,
                config=run.config.replace(seed=seed),
                scores=run.scores
                | {"kl": 20 + offset + x, "jsd": 9 + offset + x}
                | {name: value + (-x if name != "centroid_error" else x) / 100 for name, value in better.items()},
            )
            for seed, x in enumerate(noise)
        ]

    own = {"vae": at(2.0), "s-introvae": at(0.5), "as-introvae": at(0.0)}
    every = {(row, name): runs for row in TABLE_ROWS for name, runs in own.items()}
    return Cells(every | {(row, "introvae"): [diverged] * 10 for row in TABLE_ROWS})


@pytest.mark.slow
def test_claims_that_hold_everywhere_are_reproduced(cells):
    verdicts = [claim.judge(cells).verdict for claim in (T1, T2, T3)]
    assert verdicts == ["reproduced"] * 3
    first = T1.judge(cells).comparisons.loc[("C1", "KL")]
    assert (first["best other"], first["difference"], first["says"]) == ("S-IntroVAE", "−0.50", "holds")
    assert list(verdict_table((T1, T2, T3), cells).verdict) == [
        "reproduced at quick scale with our weights",
        "reproduced at quick scale under our reading",
        "reproduced at quick scale with our weights",
    ]
    assert list(verdict_table(CLAIMS[6:8], cells).claim) == [T2.text, T3.text]
    assert list(verdict_table((T1,), cells.select([("C1", "vae")])).verdict) == ["not run"]
    assert CLAIM["M1"].judge(cells).verdict == "reproduced"


def test_one_comparison_the_other_way_turns_the_verdict(cells):
    worse = [replace(run, scores=run.scores | {"kl": run.scores["kl"] + 5.0}) for run in cells["C2", "as-introvae"]]
    verdict = T1.judge(cells | {("C2", "as-introvae"): worse})
    assert verdict.verdict == "not reproduced"
    assert list(verdict.comparisons["says"]) == ["holds", "holds", "does not hold", "holds", "holds", "holds"]


def test_one_of_many_comparisons_may_look_bad_by_chance(cells):
    """Worse at 5 % but not at 5 % over 18 comparisons: no reason to reject a claim of so many parts."""
    steps = (1.4, 0.3, 1.1, -0.4, 1.5, -0.2, 1.3, 0.6, -0.3, 1.2)
    slightly = [
        replace(run, scores=run.scores | {"kl": theirs.scores["kl"] + step})
        for run, theirs, step in zip(cells["C2", "as-introvae"], cells["C2", "s-introvae"], steps, strict=True)
    ]
    changed = cells | {("C2", "as-introvae"): slightly}
    gap = paired(*([run.scores["kl"] for run in changed["C2", name]] for name in ("as-introvae", "s-introvae")))
    assert gap.side == 1
    assert 0.05 / (3 * 2 * 3) < gap.p < 0.05
    verdict = T1.judge(changed)
    assert (verdict.verdict, verdict.comparisons.loc[("C2", "KL"), "says"]) == ("inconclusive", "leans against")
    assert gap.p == pytest.approx(stats.ttest_1samp(steps, 0.0).pvalue)


def with_gaps(cells, size, score="kl", row="C2"):
    """Return S-IntroVAE's runs at a row with scores that differ from ours by ``size`` and its negative by turns."""
    ours = cells[row, "as-introvae"]
    sides = [size, -size] * (len(ours) // 2)
    return [
        replace(run, scores=run.scores | {score: other.scores[score] + side})
        for run, other, side in zip(cells[row, "s-introvae"], ours, sides, strict=True)
    ]


def test_wide_intervals_are_inconclusive_and_narrow_ones_within_the_margin_no_difference(cells):
    for size, says, claim in ((1.5, "inconclusive", "inconclusive"), (0.1, "no difference", "partly")):
        verdict = T1.judge(cells | {("C2", "s-introvae"): with_gaps(cells, size)})
        assert (verdict.verdict, verdict.comparisons.loc[("C2", "KL"), "says"]) == (claim, says)


def test_where_the_paper_prints_a_tie_ours_need_only_be_not_worse(cells):
    verdict = T1.judge(cells | {("C1", "s-introvae"): with_gaps(cells, 0.1, "jsd", "C1")})
    row = verdict.comparisons.loc[("C1", "JSD")]
    assert (verdict.verdict, row["claimed"], row["says"]) == ("reproduced", "not higher", "holds")
    elsewhere = T1.judge(cells | {("C2", "s-introvae"): with_gaps(cells, 0.1, "jsd")})
    row = elsewhere.comparisons.loc[("C2", "JSD")]
    assert (elsewhere.verdict, row["claimed"], row["says"]) == ("partly", "lower", "no difference")


def test_a_finite_introvae_is_against_t2_and_one_seed_decides_nothing(cells, run):
    assert T2.judge(cells | {("C2", "introvae"): [run] * 10}).verdict == "not reproduced"
    mixed = cells["C2", "introvae"][:2] + [run] * 8
    assert T2.judge(cells | {("C2", "introvae"): mixed}).verdict == "partly"
    outside = [replace(run, scores=run.scores | {"kl": math.nan})] * 10  # no sample in the estimator's window
    assert T2.judge({cell: outside for cell in cells if cell[1] == "introvae"}).verdict == "reproduced"
    single = {cell: runs[:9] for cell, runs in cells.items()}
    assert {claim.judge(single).verdict for claim in (T1, T2, T3)} == {"inconclusive"}
    assert T2.judge(cells).comparisons.loc[("C1", "NaN"), "95 % interval"] == "69% to 100%"
    assert T1.judge({cell: [] for cell in cells}).verdict == "not run"
    assert T3.judge({("C1", "vae"): []}).verdict == "not run"


@pytest.mark.slow
def test_a_diverged_pair_is_left_out_and_counted(cells, diverged):
    more = {cell: [*runs, replace(runs[0], config=runs[0].config.replace(seed=10))] for cell, runs in cells.items()}
    cells = Cells(cells | {cell: more[cell] for cell in cells if cell[1] != "introvae"})
    runs = [replace(diverged, config=cells["C1", "as-introvae"][0].config), *cells["C1", "as-introvae"][1:]]
    verdict = T1.judge(cells | {("C1", "as-introvae"): runs})
    # The other ten are ahead as before, but a method that breaks where its opponent does not is not better.
    assert verdict.comparisons.loc[("C1", "KL"), "says"] == "inconclusive"
    assert verdict.comparisons.loc[("C1", "KL"), "seeds"] == 11
    assert verdict.comparisons.loc[("C1", "KL"), "95 % interval"].endswith(", of 10 that ended")
    broken = [replace(diverged, config=each.config) for each in cells["C1", "as-introvae"]]
    lost = T1.judge(cells | {("C1", "as-introvae"): broken})
    assert (lost.verdict, lost.comparisons.loc[("C1", "KL"), "says"]) == ("not reproduced", "does not hold")
    half = broken[:2] + cells["C1", "as-introvae"][2:]
    assert T1.judge(cells | {("C1", "as-introvae"): half}).verdict == "inconclusive"


def test_a_claim_about_all_is_not_reproduced_from_a_part(cells):
    one_row = {cell: runs for cell, runs in cells.items() if cell[0] == "C1"}
    one_rival = {cell: runs for cell, runs in cells.items() if cell[1] in ("vae", "as-introvae")}
    for part in (one_row, one_rival):
        assert T1.judge(part).verdict == "inconclusive"
    assert T2.judge(one_row).verdict == T3.judge(one_row).verdict == "inconclusive"
    assert T1.judge(one_rival).comparisons.loc[("C2", "S-IntroVAE"), "says"] == "not run"


def test_a_rival_that_always_diverged_is_never_the_best_other(cells, diverged):
    verdict = T1.judge(cells | {("C1", "vae"): [diverged] * 6})
    assert list(verdict.comparisons["best other"]) == ["S-IntroVAE"] * 6
