"""What a referee would ask: tables and sentences that follow the runs."""

import math
import re
from dataclasses import replace

import pytest

from asvae import RunConfig
from asvae_book.chapters import paper_vs_code, referee
from asvae_book.paper import operating
from asvae_book.paper.claims import CLAIM
from asvae_book.paper.ledger import Entry, Evidence
from asvae_book.paper.verdicts import VERDICTS, conclude
from asvae_book.studies import DEVIATIONS, TABLE1, Cells


@pytest.fixture
def made(run):
    """Make AS-IntroVAE's runs in a row of Table 1, one per (KL, largest distance), with their last scores."""

    def at(row, *pairs):
        configs = TABLE1.configs("checkerboard", len(pairs), labels=[(row, "as-introvae")])[row, "as-introvae"]
        steps = [config.steps - 3 + i for config in configs[:1] for i in range(3)]
        return [
            replace(
                run,
                config=config,
                scores=run.scores | {"kl": kl, "modes_covered": 7},
                history={"step": steps, "as_distance": [math.nan, 0.1, far], "score": [kl - 3.0, kl - 1.0, kl]},
            )
            for config, (kl, far) in zip(configs, pairs, strict=True)
        ]

    return at


def test_seeds_fall_into_two_groups_only_where_some_distances_exceed_their_bound(made):
    cells = Cells(
        {
            ("C1", "as-introvae"): made("C1", (21.0, 0.2), (26.0, 9.0), (25.5, 0.3), (21.4, 0.1)),
            ("C2", "as-introvae"): made("C2", (25.0, 9.0), (26.0, 8.0)),
            ("C3", "as-introvae"): [],
        }
    )
    two, alone, one = referee.groups_sentences(cells)
    assert two.startswith(
        "**C1**: in 1 of 4 runs the distance exceeded its bound; they have a mean KL of 26.0, the oth"
    )
    assert alone.startswith(
        "**C1, seed 2** ends at a KL of 25.5, among the runaways, although its distance never passed 0.30"
    )
    assert "although its distance never passed 0.30 " in alone
    assert "its score went from 22.5 to 25.5, and it covers 7 modes" in alone
    assert one == "**C2**: all of 2 runs exceeded the bound: one group."


@pytest.mark.slow
def test_the_rules_frequencies_add_up_in_every_row_and_power_is_for_the_printed_gap(run):
    runs = [
        replace(run, config=run.config.replace(seed=i), scores=run.scores | {"kl": 20.0 + kl, "jsd": 9.0 + jsd})
        for i, (kl, jsd) in enumerate([(0.0, 0.1), (0.2, 0.05), (0.4, 0.3), (0.1, 0.2)])
    ]
    other = [replace(each, scores=each.scores | {"kl": 2 * each.scores["kl"] - 20.0}) for each in runs]
    cells = Cells(dict.fromkeys(operating.truths()["the printed table"], runs))
    table = referee.operating_table(cells, seeds=(10,))
    assert len(table) == len(operating.truths())
    assert set(table.columns) <= set(VERDICTS)
    for _, row in table.iterrows():
        assert sum(int(share.rstrip("%")) for share in row) == pytest.approx(100, abs=2)
    power = referee.power_table(Cells({("C1", "as-introvae"): runs, ("C1", "s-introvae"): other}))
    assert list(power.index) == [("C1", "KL"), ("C1", "JSD")]
    # At C2 the best other JSD that is printed is the VAE's.
    second = referee.power_table(
        Cells({("C2", "as-introvae"): runs, ("C2", "vae"): other, ("C2", "s-introvae"): other})
    )
    assert list(second["minus"]) == ["S-IntroVAE", "VAE"]
    assert list(power["difference to find"]) == ["0.3", "0.3"]
    assert power.loc[("C1", "KL"), "seeds run"] == 4
    needed = power["seeds for 80 % power"].astype(int)
    rule, seeds = referee.findings(referee.operating_table(cells, seeds=(10, 20)), power)
    assert re.search(r"10 seeds would show it in \d+% of experiments and 20 seeds in \d+%; .* in 0%\.$", rule)
    assert "suffice in part**" in seeds
    assert f"{needed.min()} to {needed.max()} are needed: C1 KL needs {needed['C1', 'KL']} and has 4." in seeds
    assert (
        "**The seeds suffice**"
        in referee.findings(referee.operating_table(cells, seeds=(10, 20)), power.assign(**{"seeds run": 10**6}))[1]
    )


def test_alarms_are_shares_by_number_of_seeds():
    table = referee.alarms_table(seeds=(5, 10))
    assert list(table.index) == ["5 seeds", "10 seeds"]
    shares = table.map(lambda share: float(share.rstrip("%")))
    assert (shares["skewed"] > shares["normal"]).all()
    assert shares.loc["5 seeds", "normal"] < 2.0


def test_runs_on_points_that_beat_the_vae_of_their_row_are_counted_by_the_threshold(run):
    def at(name, kl, real, fake):
        history = {"step": list(range(8)), "kl_real": [real] * 8, "kl_fake": [fake] * 8}
        return replace(run, config=RunConfig(name), scores=run.scores | {"kl": kl}, history=history)

    cells = Cells(
        {
            ("C1", "vae"): [at("vae", 22.0, 3.0, 3.0)],
            ("C1", "s-introvae"): [at("s-introvae", 21.0, 3.2, 3.0), at("s-introvae", 21.5, 3.4, 3.0)],
            ("C1", "as-introvae"): [at("as-introvae", 23.0, 9.0, 3.0)],
        }
    )
    assert referee.points_sentence({"here": cells, "there": Cells()}).endswith(
        "calls sick 1 of 2 here and 0 of 0 there."
    )


def test_runs_are_counted_once_however_many_claims_they_serve(run):
    claim = CLAIM["T1"]
    evidence = [Evidence(claim, ground, (run,), conclude({}), "–", "") for ground in claim.grounds]
    entries = [Entry(claim, tuple(evidence))] * 2
    assert (
        referee.scales_sentence(entries)
        == "Runs behind the ledger: 1 at quick scale, 1 at reduced scale, 1 at paper scale."
    )


def test_tanh_before_the_decoders_kl_is_told_by_what_it_hides(run):
    def of(label, fake, seen):
        [config] = DEVIATIONS.configs("checkerboard", 1, labels=[label])[label]
        history = {"step": [0, 1], "kl_real": [4.0, 4.0], "kl_fake": [fake, fake], "decoder_kl_fake": [seen, seen]}
        history["grad_decoder_kl"] = [0.03, 0.03]
        return [replace(run, config=config, history=history, scores=run.scores | {"modes_covered": 6})]

    cells = Cells({"tanh": of("tanh", 4.1, 4.1), "tanh-squashed": of("tanh-squashed", 6.0, 0.7)})
    said = paper_vs_code.tanh_sentence(cells)
    assert (
        "without tanh the KL of fakes is 4.1, that of real data 4.0. With it the decoder's squashed KL is 0.70" in said
    )
    assert "own is 6.0 against 4.0 of real data" in said
    assert paper_vs_code.tanh_sentence(Cells({"tanh": cells["tanh"]})) == "These runs were not made."


def test_the_calibration_counts_runs_by_whether_they_beat_the_vae_of_their_data(run):
    def made(objective, seed, frechet, ratio=None):
        history = {"step": [1, 2]} | ({} if ratio is None else {"kl_real": [ratio * 8.0] * 2, "kl_fake": [8.0] * 2})
        config = RunConfig(objective, "digits", seed=seed)
        return replace(run, config=config, history=history, scores={"frechet_classifier": frechet})

    vae = made("vae", 0, 10.0)
    better = [made("s-introvae", 0, 5.0, 1.05), made("s-introvae", 1, 9.9, 1.2), made("as-introvae", 1, 9.0, 0.9)]
    worse = [made("introvae", 0, 11.0, 1.4), made("introvae", 1, 60.0, 7.0)]
    # A run that two studies hold is one run.
    said = referee.calibration_sentence([vae, *better, *better, *worse])
    for part in (
        "On images 3 introspective runs beat the VAE of their data",
        "0.90 to 1.20 times that of samples: a threshold of 1.1 would call 1 of them sick, and stop what they are",
        "; 1.5 calls 0. 2 more do not, at 1.40 to 7.00 times: 1.5 calls 1 sick.",
    ):
        assert part in said
    one = referee.calibration_sentence([vae, *better, worse[1]])
    assert one.endswith(" 1 more does not, at 7.00 times: 1.5 calls 1 sick.")
    assert referee.calibration_sentence(worse) == "No run on images beats the VAE of its data."
