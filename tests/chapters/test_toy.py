"""The toy problems' tables, figures and sentences, on both data sets, with cells that were not run."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import asvae
from asvae import RunConfig, datasets
from asvae.checks import InvalidArgumentError
from asvae.metrics import points as metrics
from asvae.store.rows import row_of
from asvae_book.chapters import figures, palette, show, toy_claims, toy_figures, toy_scales, toy_sentences, toy_tables
from asvae_book.chapters import toy as toys
from asvae_book.chapters.parameters import ToyParameters
from asvae_book.paper import published
from asvae_book.paper.claims import CLAIM, CLAIMS
from asvae_book.paper.ledger import ledger
from asvae_book.studies import EIGHT_GAUSSIANS, READINGS, TABLE1, Cells

BOARD, GAUSSIANS = toys.TOYS["checkerboard"], toys.TOYS["8gaussians"]
BOTH = pytest.mark.parametrize("toy", [BOARD, GAUSSIANS], ids=list(toys.TOYS))


@pytest.fixture
def cells(run, diverged):
    return Cells({("C1", "vae"): [], ("C1", "introvae"): [diverged], ("C1", "as-introvae"): [run, run]})


@pytest.fixture(scope="module")
def floor():
    return metrics.floor(BOARD.data, draws=3, large=1_000)


@BOTH
def test_every_printed_cell_has_its_run_on_the_same_data(toy):
    assert list(toy.study.variants) == list(toy.printed) == list(toy.other.variants)
    assert toy.study.dataset == toy.dataset
    assert toy.words.keys() in (set(), toy.printed.keys())
    assert [claim.key for claim in toy.claims] == [key for key in toy.keys if key in CLAIM]
    with pytest.raises(InvalidArgumentError, match=r"dataset: got 'digits'; allowed: 'checkerboard', '8gaussians'"):
        toys.get("digits")


def test_the_stated_weights_are_the_stated_ones_on_the_checkerboard_too():
    on_board = BOARD.other.configs("checkerboard", 1)
    rows = [on_board[row, "s-introvae"][0] for row in ("C1", "C2", "C3")]
    weights = [tuple(getattr(each.hyperparameters, f"beta_{key}") for key in ("kl", "rec", "neg")) for each in rows]
    assert weights == [(0.3, 0.1, 0.9), (0.5, 0.1, 0.9), (0.7, 0.2, 0.9)]
    assert [row_of(each) for each in rows] == ["stated-C1", "stated-C2", "stated-C3"]
    assert on_board["C1", "s-introvae"] != TABLE1.configs("checkerboard", 1)["C1", "s-introvae"]
    assert list(toy_tables.weights_table(GAUSSIANS, ["C2"]).loc["C2"]) == [0.5, 0.1, 0.9]
    assert list(toy_tables.weights_table(BOARD, ["C2"]).loc["C2"]) == [0.1, 0.2, 0.5]


@pytest.fixture
def asked(monkeypatch):
    """What a page looked for and what it would have trained."""
    trained = []

    def no_training(study, dataset, seeds, *others, **options):
        trained.append((study.name, dataset, seeds, options["steps"]))
        return show.Found(Cells(), "")

    monkeypatch.setattr(toys, "find_or_train", no_training)
    return trained


def test_without_a_number_of_seeds_a_page_shows_what_is_committed_and_trains_nothing(asked):
    given = {"scale": "quick", "combinations": ("C1",), "objectives": ("vae", "s-introvae"), "device": "cpu"}
    p = ToyParameters(dataset="checkerboard", steps=None, seeds=None, fresh=False, **given)
    assert [len(runs) for runs in toys.runs(BOARD, p).values()] == [20, 20]
    assert asked == []
    toys.runs(BOARD, replace(p, seeds=3))
    toys.runs(GAUSSIANS, replace(p, dataset="8gaussians", steps=7))
    assert asked == [("table1", "checkerboard", 3, None), ("8gaussians", "8gaussians", 1, 7)]


def test_missing_cells_are_named_and_the_command_that_makes_them(cells):
    command = toys.command(BOARD.other, "checkerboard", "quick")
    assert command == "`asvae sweep --study 8gaussians --dataset checkerboard --seeds 10`"
    assert toys.missing(cells).startswith("**Not run yet**: C1 VAE. With a number of `seeds`")
    assert toys.missing(cells.there) == ""


def test_the_table_sets_ours_above_the_printed_value_beside_the_floor(cells, floor, run):
    table = toy_tables.printed_table(BOARD, cells, floor)
    assert table.loc[("C1", "KL", "here"), "truth"] == f"{floor['kl']:.2f}"
    assert table.loc[("C1", "KL", "here"), "AS-IntroVAE"] == f"{run.scores['kl']:.2f}"
    assert table.loc[("C1", "KL", "here"), "IntroVAE"] == "NaN"
    assert table.loc[("C1", "KL", "here"), "VAE"] == "not run"
    assert table.loc[("C1", "JSD", "printed"), "AS-IntroVAE"] == "9.6"
    assert table.loc[("C1", "KL", "printed"), "IntroVAE"] == "NaN"
    printed = toy_tables.printed_table(GAUSSIANS, cells, floor, released=True)
    assert list(printed.loc[("C1", "KL", "printed")]) == ["–", "220.2", "192.4", "3.4"]
    assert "released loop" not in printed.index.get_level_values(2)
    loop = toy_tables.printed_table(BOARD, Cells({("C1", "s-introvae"): []}), released=True)
    assert loop.loc[("C1", "KL", "here"), "S-IntroVAE"] == "not run"
    assert loop.loc[("C1", "KL", "released loop"), "S-IntroVAE"] == "20.30"


def test_the_floor_stands_beside_one_draws_noise_the_ceiling_and_the_printed_differences(floor):
    table = toy_tables.floor_table(BOARD, floor)
    assert table.KL.iloc[0] == f"{floor['kl']:.2f}"
    assert list(table.KL.iloc[4:]) == ["-0.30", "-0.40", "-0.30"]
    assert list(table.JSD.iloc[4:]) == ["0.00", "-0.40", "-0.40"]
    assert list(toy_tables.floor_table(GAUSSIANS, floor).KL.iloc[4:]) == ["-46.80", "-135.20", "-44.20"]


@BOTH
def test_a_model_that_shares_no_cell_with_the_truth_scores_the_ceiling_wherever_it_is(toy):
    data, far = toy.data, toys.nothing_in_common(toy.data)
    # The entropy of the truth's own histogram, and the logarithm of ε for the model's.
    real = data.sample(5_000, metrics.EVALUATION_SEED)
    counts, *_ = np.histogram2d(*real.double().T.numpy(), bins=100, range=[[-data.limit, data.limit]] * 2)
    area = (2.0 * data.limit / 100) ** 2
    density = counts[counts > 0] / counts.sum() / area
    assert far.kl == pytest.approx((density * (np.log(density) - np.log(metrics.EPSILON))).sum() / 100, rel=1e-6)
    assert far.kl > metrics.histogram_scores(real, data.sample(5_000, 1), limit=data.limit).kl


def test_the_printed_vae_of_8_gaussians_is_at_the_ceiling_and_the_checkerboards_is_not(floor):
    said = " ".join(toy_sentences.truth_sentences(GAUSSIANS, floor | {"kl_draw_sd": 0.15}))
    assert "The VAE's printed 220.2 to 220.3 are that." in said
    assert "are 44.2 to 135.2: one evaluation ranks two models" in said
    assert "times 6.25 " in said
    said = " ".join(toy_sentences.truth_sentences(BOARD, floor | {"kl_draw_sd": 0.4}))
    assert "ceiling" not in said
    assert "are 0.3 to 0.4 in KL: the size of **one draw's noise**, 0.40, so" in said
    assert "times 1.562 " in said


def test_the_printed_tables_are_the_papers():
    assert [published.TABLE1["C1", name] for name in ("vae", "s-introvae", "as-introvae")] == [
        (22.1, 10.8),
        (20.7, 9.6),
        (20.4, 9.6),
    ]
    assert all(math.isnan(published.TABLE1[row, "introvae"][0]) for row in ("C1", "C2", "C3"))
    assert len(published.TABLE1) == len(published.GAUSSIANS) == 12


def test_one_diverged_seed_makes_its_cell_nan_and_says_how_many(cells, run, diverged):
    assert toy_tables.summary([run, diverged], "kl") == f"NaN (1 of 2; else {run.scores['kl']:.2f})"
    said = toy_sentences.diverged_sentence(cells)
    different = len({run.config for run in cells.runs})
    assert different < len(cells.runs)
    assert said.startswith(
        f"1 of {different} runs became non-finite: C1 IntroVAE, seed {diverged.config.seed}, at step "
    )
    assert f"step {diverged.divergence.step:,}" in said
    assert toy_sentences.diverged_sentence(Cells({("C1", "vae"): [run]})) == "0 of 1 runs became non-finite."


def test_modes_are_counted_beside_the_papers_words(cells, run, diverged):
    board = toy_tables.modes_table(BOARD, cells)
    assert board.loc[("C1", "IntroVAE"), "samples on the squares"] == "–"
    assert board.loc[("C1", "IntroVAE"), "seeds"] == "1, 1 diverged"
    one_lost = toy_tables.modes_table(BOARD, Cells({("C1", "vae"): [run, diverged]})).iloc[0]
    assert one_lost["squares covered"] == f"{run.scores['modes_covered']:.1f}"
    assert board.loc[("C1", "VAE"), "squares covered"] == "not run"
    assert "the paper says" not in board.columns
    gaussians = toy_tables.modes_table(GAUSSIANS, cells)
    assert gaussians["the paper says"].tolist() == ["one isolated point", "a trace around a point", "all eight"]
    assert gaussians.loc[("C1", "AS-IntroVAE"), "modes covered"] == f"{run.scores['modes_covered']:.1f}"
    assert gaussians.loc[("C1", "AS-IntroVAE"), "seeds"] == "2"
    none = replace(run, scores=run.scores | {"modes_covered": 0, "centroid_error": math.nan})
    some = replace(run, scores=run.scores | {"modes_covered": 2, "centroid_error": 0.25})
    for runs, said in (([none, some], "0.250"), ([none], "–")):
        assert toy_tables.modes_table(BOARD, Cells({("C1", "vae"): runs})).iloc[0]["centroid error"] == said


def test_published_settings_with_another_reading_are_told_beside_s_introvae():
    full = TABLE1.find("checkerboard", scale="paper")
    said = toy_sentences.otherwise_sentence(BOARD, full)
    kept = asvae.results("checkerboard", "paper")
    for row in kept[kept["reading"] != "paper"].itertuples():
        assert f"{row.combination} {row.kl:.1f} (seed {row.seed})" in said
    assert said.startswith("**Runs at these settings with other readings**, KL: AS-IntroVAE, `supplement`: C1 ")
    assert "; S-IntroVAE beside them: C1 " in said
    tables = Cells({("C1", "vae"): [], ("C1", "s-introvae"): []})
    assert toy_sentences.larger_sentence(tables) == ""


def test_training_has_a_panel_per_method_with_both_kls_and_a_logarithm_only_where_one_runs_away(run, diverged):
    def at(name, kl):
        history = {"step": [0, 1, 2], "kl_real": [0.1, 3.0, kl], "kl_fake": [0.2, 3.0, kl]}
        return replace(run, config=RunConfig(name), history=history)

    far, lost = at("as-introvae", 1e6), replace(diverged, history=at("introvae", 5.0).history)
    figure = toy_figures.training([at("vae", 5.0), at("s-introvae", 5.0), far, lost])
    shown = [axis for axis in figure.axes if axis.get_visible()]
    assert [axis.get_title() for axis in shown[:4]] == [
        f"{name}: KL, nats" for name in ("VAE", "S-IntroVAE", "AS-IntroVAE", "IntroVAE")
    ]
    assert [axis.get_yscale() for axis in shown[:4]] == ["linear", "linear", "log", "linear"]
    real, fake = shown[0].lines
    assert (real.get_linestyle(), fake.get_linestyle()) == ("-", "--")
    assert fake.get_ydata().tolist() == [0.2, 3.0, 5.0]
    assert [line.get_marker() for line in shown[3].lines] == ["None", "x", "None", "x"]


def test_the_reduced_scale_is_set_beside_the_released_loop_and_the_printed_gap(made):
    def at(name, *kls, seconds):
        return [
            replace(run, provenance=run.provenance | {"seconds": seconds})
            for run in made(TABLE1, ("C1", name), kls, "checkerboard")
        ]

    reduced = Cells(
        {
            ("C1", "s-introvae"): at("s-introvae", 20.4, 20.6, seconds=180.0),
            ("C1", "vae"): at("vae", 21.9, 22.1, seconds=60.0),
        }
    )
    full = Cells({("C1", "s-introvae"): at("s-introvae", 20.1, seconds=3_600.0)})
    said = toy_scales.stands_in(BOARD, reduced, full)
    assert said.startswith("At C1 S-IntroVAE scores a KL of 20.50\u00a0±\u00a01.27 (2 seeds), the released loop 20.3; ")
    assert "S-IntroVAE minus VAE is −1.50 (−1.50 to −1.50), printed −1.4." in said
    assert said.endswith("A run takes 3 min, 1/20 of what it takes at the published settings.")
    assert toy_scales.stands_in(BOARD, reduced, Cells()).endswith("A run takes 3 min.")
    assert toy_scales.stands_in(BOARD, Cells(), full) == ""
    assert toy_scales.stands_in(GAUSSIANS, reduced, full) == ""


def test_readings_stand_below_s_introvae_with_paired_differences(made):
    study = READINGS["8gaussians"]
    soft = made(EIGHT_GAUSSIANS, ("C1", "s-introvae"), (10.0, 20.0, 30.0), "8gaussians")
    paper = made(study, ("C1", "paper"), (math.nan, 21.0, 33.0), "8gaussians")
    cells = Cells({label: [] for label in study.variants}) | {("C1", "paper"): paper}
    table = toy_tables.readings_table(study, Cells(cells), Cells({("C1", "s-introvae"): soft}))
    assert list(table.loc["C1"].index)[:3] == ["S-IntroVAE", "as the paper writes it", "with the code's tanh"]
    assert table.loc[("C1", "S-IntroVAE"), "KL"].startswith("20.00")
    assert table.loc[("C1", "as the paper writes it"), "minus S-IntroVAE"].startswith("+2.00 (")
    assert list(table.loc[("C1", "as the released code")]) == ["not run", "not run", "0"]
    assert len(table) == 3 * (1 + len(study.variants) // 3)


@pytest.fixture
def annealed(run):
    """Runs at C1, of which two distances exceeded their bound and one has no curve; one more at C2."""

    def at(row, name, seed, kl, distance=None):
        [config] = TABLE1.configs("checkerboard", 1, labels=[(row, name)])[row, name]
        curve = {} if distance is None else {"as_distance": [math.nan, distance]}
        scores = run.scores | {"kl": kl}
        return replace(run, config=config.replace(seed=seed), scores=scores, history={"step": [0, 1]} | curve)

    ours = [at("C1", "as-introvae", *each) for each in ((0, 20.0, 0.1), (1, 30.0, 1.5), (2, 32.0, 9e9), (3, 90.0))]
    return Cells(
        {
            ("C1", "s-introvae"): [at("C1", "s-introvae", 0, 21.0)],
            ("C1", "as-introvae"): ours,
            ("C2", "as-introvae"): [at("C2", "as-introvae", 0, 25.0)],
        }
    )


def test_runs_whose_distance_exceeded_its_bound_are_counted_where_it_was_noted_and_scored_apart(annealed):
    said = toy_sentences.exceeded_sentence(annealed, "the quick scale")
    assert said.endswith("at C1 in 2 of 3 runs (KL: where it did 31.0, where it did not 20.0, S-IntroVAE 21.0).")
    assert toy_sentences.exceeded_sentence(annealed.select([("C2", "as-introvae")]), "any scale") == ""
    stayed = Cells({("C1", "as-introvae"): annealed["C1", "as-introvae"][:1]})
    assert toy_sentences.exceeded_sentence(stayed, "the quick scale").endswith("scale, in all of 1 runs.")


def test_findings_follow_the_runs(annealed, cells, floor):
    compared, verdicts, bound = toy_sentences.findings(BOARD, annealed)
    assert compared.startswith("**At the quick scale AS-IntroVAE is not shown to be better or worse than S-IntroVAE")
    assert "C1 S-IntroVAE 21.0, AS-IntroVAE 43.0." in compared
    assert "**T1**, " in verdicts
    at_reduced = {
        at: [replace(run, config=run.config.replace(scale="reduced")) for run in runs] for at, runs in annealed.items()
    }
    full = Cells(
        {
            at: [replace(run, config=run.config.replace(scale="paper")) for run in runs]
            for at, runs in annealed.of("s-introvae").items()
        }
    )
    both, longer, _ = toy_sentences.findings(BOARD, annealed, Cells(at_reduced), full)
    assert both == (f"{compared} At the reduced scale, AS minus S in KL: C1 −1.00 (1 seed, too few seeds to decide).")
    assert longer.count("at the quick scale") == verdicts.count("at the quick scale") == 3
    assert longer.count("at the reduced scale") == 2  # T2 is of IntroVAE, which was not run there
    assert "paper scale" not in longer  # one method alone is not judged
    assert bound == toy_sentences.exceeded_sentence(annealed, "the quick scale")
    truth, *_ = toy_sentences.truth_sentences(BOARD, floor)
    assert truth.startswith("**Read every score against its floor.** The truth itself scores a KL of ")
    assert toy_sentences.tie_sentence(BOARD).startswith("**At C1 the printed JSD is a tie** (9.6 and 9.6)")
    assert toy_sentences.introvae_sentence(cells).startswith("**IntroVAE became non-finite in 1 of 1 runs**")
    assert toy_sentences.introvae_sentence(annealed) == ""
    bad = replace(annealed["C1", "as-introvae"][2], config=RunConfig("introvae"))
    outside = replace(bad, scores=bad.scores | {"kl": math.nan})
    said = toy_sentences.introvae_sentence(Cells({("C1", "introvae"): [bad, outside]}))
    assert "in 0 of 2 runs" in said
    assert "in 1 more no sample lies in the estimator's window" in said
    assert toy_tables.summary([bad, outside], "kl").startswith("NaN (1 of 2; else ")
    worst = {("C1", "introvae"): [bad], ("C1", "s-introvae"): annealed["C1", "s-introvae"]}
    assert toy_sentences.introvae_sentence(Cells(worst)).endswith("; it has the worst KL at C1.")
    worst["C1", "introvae"] = [bad, outside]
    assert toy_sentences.introvae_sentence(Cells(worst)).endswith("; it has the worst KL at C1.")
    assert toy_sentences.findings(GAUSSIANS, Cells({("C1", "vae"): []})) == []
    assert "of a printed 3.4 only" in toy_sentences.truth_sentences(GAUSSIANS, floor)[0]


def test_means_in_sentences_are_over_the_runs_that_have_a_score(annealed, diverged):
    own = annealed["C1", "as-introvae"]
    lost, vae = replace(diverged, config=own[0].config.replace(seed=9)), RunConfig("vae")
    with_lost = Cells({**annealed, ("C1", "as-introvae"): [*own, lost], ("C1", "vae"): [replace(own[3], config=vae)]})
    assert (
        "C1 VAE 90.0, S-IntroVAE 21.0, AS-IntroVAE 43.0 (4 of 5 runs)." in toy_sentences.findings(BOARD, with_lost)[0]
    )
    worse = Cells({**annealed, ("C1", "as-introvae"): [lost], ("C1", "vae"): [replace(own[0], config=vae)]})
    compared = toy_sentences.compared_sentence(BOARD, worse)
    assert compared.endswith("C1 VAE 20.0, S-IntroVAE 21.0, AS-IntroVAE – (0 of 1 runs). At C1 the VAE has the lowest.")
    # A method that lost a run still competes with the others.
    beaten = Cells(
        {**worse, ("C1", "s-introvae"): [replace(lost, config=own[1].config), replace(own[0], scores={"kl": 9.0})]}
    )
    assert "lowest." not in toy_sentences.compared_sentence(BOARD, beaten)
    assert ", C2 " in toy_sentences.modes_sentence(GAUSSIANS, with_lost, "any scale")
    assert "(4 of 5 runs) (“all eight”)" in toy_sentences.modes_sentence(GAUSSIANS, with_lost, "any scale")


def test_the_papers_words_stand_beside_the_modes_that_were_covered(annealed, run):
    said = toy_sentences.modes_sentence(GAUSSIANS, annealed, "the quick scale")
    assert said.startswith("**Modes covered, of 8**, at the quick scale")
    covered = run.scores["modes_covered"]
    assert f"S-IntroVAE C1 {covered:.1f} (“two data points”); AS-IntroVAE C1 {covered:.1f} (“all eight”), C2 " in said
    board = toy_sentences.modes_sentence(BOARD, annealed, "any scale")
    assert board.startswith("**Squares covered, of 8**, at any scale, means over seeds: S-IntroVAE C1 ")
    assert "“" not in board
    assert toy_sentences.modes_sentence(GAUSSIANS, annealed.of("vae"), "any scale") == ""


def test_weights_that_do_not_fit_the_printed_vae_are_named(made):
    def vae(*kls):
        runs = {("C1", "vae"): kls[0], ("C2", "vae"): kls[1]}
        return Cells({at: made(EIGHT_GAUSSIANS, at, (kl,), kl_draw_sd=0.4) for at, kl in runs.items()})

    said = toy_sentences.fit_sentence(BOARD, vae(40.0, 21.9))
    assert said.startswith(
        "**With these weights the VAE's scores do not fit at C1** what is printed: C1 40.0 for 22.1; "
    )
    for far, fit in (
        (1.5, "fit**"),
        (-1.5, "fit**"),
        (1.7, "do not fit at C1**"),
    ):  # four times one draw's noise are 1.6
        assert f"scores {fit} what" in toy_sentences.fit_sentence(BOARD, vae(22.1 + far, 21.9))
    assert toy_sentences.fit_sentence(BOARD, Cells({("C1", "vae"): []})) == ""
    assert "within 1.7, a fit excludes collapse" in toy_sentences.fit_sentence(BOARD, vae(22.0, 21.9))
    assert "excludes" not in toy_sentences.fit_sentence(GAUSSIANS, vae(220.0, 219.9))


@BOTH
def test_every_verdict_of_the_ledger_that_links_here_is_shown(toy):
    shown = toy_claims.evidence(toy, ledger(root=Path("nowhere")))
    wanted = [
        (claim.key, ground.scale, ground.reading)
        for claim in CLAIMS
        for ground in claim.grounds
        if ground.section.startswith(f"{toy.dataset}#")
    ]
    assert [(entry.claim.key, each.ground.scale, each.ground.reading) for entry, each in shown] == wanted
    assert set(toy.keys) <= {key for key, *_ in wanted}


def test_claims_about_faces_are_said_with_what_was_measured_here(run):
    entries = ledger([CLAIM["T1"], CLAIM["M4"]], root=Path("nowhere"))
    assert toy_claims.stand_ins(BOARD, entries) == []
    t1, m4 = entries
    ran = replace(m4, evidence=tuple(replace(each, runs=(run,)) for each in m4.evidence))
    [said] = toy_claims.stand_ins(BOARD, [t1, ran])
    assert said.startswith(f"**M4**, {CLAIM['M4'].text}: **not run**")


@BOTH
def test_a_table_with_gaps_is_drawn_and_printed(toy, run, floor):
    gaps = Cells({("C1", "vae"): [run], ("C2", "as-introvae"): [run]})
    texts = [text.get_text() for axis in toy_figures.samples_grid(gaps, toy.data).axes for text in axis.texts]
    assert texts == ["not run", "not run"]
    assert toy_figures.score_dots(toy, gaps, floor)
    assert toy_tables.printed_table(toy, gaps).loc[("C2", "KL", "here"), "VAE"] == "not run"


@BOTH
def test_the_papers_figure_draws_every_cell_and_says_what_diverged_or_was_not_run(toy, cells, run, diverged):
    figure = toy_figures.samples_grid(cells, toy.data)
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert any(f"NaN at step {diverged.divergence.step:,}" in text for text in texts)
    assert "not run" in texts
    assert [axis.get_title() for axis in figure.axes] == ["truth", "VAE", "IntroVAE", "AS-IntroVAE"]
    assert len(figure.axes[3].lines[0].get_xydata()) == len(run.samples) == 1_000
    assert figure.axes[3].get_xlabel().endswith(f"\n{run.scores['modes_covered']} of 8")
    assert len(figure.axes[2].lines[0].get_xydata()) == len(figure.axes[1].lines[0].get_xydata()) == 0
    weights = {"checkerboard": "0.1, 0.2, 0.2", "8gaussians": "0.3, 0.1, 0.9"}[toy.dataset]
    assert (figure.axes[0].get_ylabel(), figure.axes[0].get_xlabel()) == ("C1", weights)


def test_the_median_seed_stands_for_a_cell_and_the_diverged_come_last(made, diverged):
    runs = made(EIGHT_GAUSSIANS, ("C1", "as-introvae"), (30.0, 10.0, 20.0))
    assert [run.scores["kl"] for run in toy_figures.median_first(runs)] == [20.0, 10.0, 30.0]
    assert toy_figures.median_first([diverged, *runs])[-1].diverged
    outside = replace(runs[0], scores=runs[0].scores | {"kl": math.nan})
    assert toy_figures.median_first([runs[0], outside, *runs[1:]])[0].scores["kl"] == 20.0
    assert toy_figures.median_first([]) == []


SCORED = {"s-introvae": (20.0, 21.0), "as-introvae": (21.0, 23.0)}


def test_differences_are_paired_and_stand_beside_the_printed_ones(made):
    rows = {name: made(TABLE1, ("C1", name), scores) for name, scores in SCORED.items()}
    cells = Cells({("C1", name): runs for name, runs in rows.items()})
    found = toy_figures.gaps(cells)
    assert list(found) == [("C1", "s-introvae")]
    assert found["C1", "s-introvae"].mean == pytest.approx(1.5)
    [axis] = toy_figures.differences(BOARD, cells).axes
    [diamond] = [line for line in axis.lines if line.get_marker() == "D"]
    assert diamond.get_xdata()[0] == pytest.approx(20.4 - 20.7)
    far = Cells(cells | {("C1", "introvae"): made(TABLE1, ("C1", "introvae"), (60.0, 61.0))})
    titles = [[text.get_text() for text in axis.get_yticklabels()] for axis in toy_figures.differences(BOARD, far).axes]
    assert titles == [["C1, minus S-IntroVAE"], ["C1, minus IntroVAE"]]


@BOTH
def test_scores_are_dots_beside_the_printed_diamonds(toy, cells, floor, made):
    dots = toy_figures.score_dots(toy, cells, floor)
    assert [text.get_text() for axis in dots.axes for text in axis.texts] == ["NaN", "NaN"]
    names = [text.get_text() for text in dots.legends[0].get_texts()]
    assert names == ["truth against truth", "VAE", "IntroVAE", "AS-IntroVAE", "printed in the paper"]
    drawn = [line for line in dots.axes[0].lines if line.get_marker() == "D" and len(line.get_ydata())]
    values = {to_rgb(line.get_markeredgecolor()): line.get_ydata()[0] for line in drawn}
    assert values[to_rgb(palette.of_method("as-introvae"))] == toy.printed["C1", "as-introvae"][0]
    assert toy_figures.score_dots(GAUSSIANS, Cells({("C1", "vae"): []}), floor).axes[0].get_yscale() == "log"


def test_curves_leave_out_terms_that_no_run_has(run, diverged):
    curves = figures.curves([run, diverged], {"kl_real": "KL", "reconstruction": "error", "no_such_term": "nothing"})
    assert [axis.get_title() for axis in curves.axes] == ["KL", "error"]


def test_the_pages_data_are_the_librarys():
    assert [toy.data.title for toy in toys.TOYS.values()] == [datasets.title(name) for name in toys.TOYS]
