"""What the deviations change: comparisons, sentences and advice that follow the runs."""

from dataclasses import replace

from asvae_book.chapters import paper_vs_code, why
from asvae_book.studies import ABLATION, DEVIATIONS, Cells
from asvae_book.studies.intervals import paired


def test_each_deviation_is_compared_with_the_runs_without_it(points):
    better = [replace(run, scores=run.scores | {"kl": run.scores["kl"] - 2.0}) for run in points["tanh"]]
    cells = Cells({"tanh": points["tanh"], "reference": points["half"], "sum": better, "linear": []})
    table = paper_vs_code.table(cells)
    assert list(table["says"]) == ["better", "worse"]
    assert table.iloc[0, 0].startswith("−2.00")
    assert paper_vs_code.effect(cells, "sum").startswith("**better**, −2.00 (")
    assert "**worse**" in paper_vs_code.sentence(cells, "reference")
    assert paper_vs_code.sentence(cells, "tanh") == "not run."
    assert paper_vs_code.effect(cells, "released") == "not run"
    said = paper_vs_code.advice(cells)
    assert said.startswith("**Worth taking: a sum over pairs in the encoder's turn.** ")
    assert "; a sum over pairs in the encoder's turn: better" in said
    assert "instead of real data" not in said
    assert paper_vs_code._says(paired([1.0] * 5, [2.0] * 5), 6, 1, 5) == "diverged in 1 of 6"
    few = Cells({label: runs[:3] for label, runs in cells.items()})
    assert list(paper_vs_code.table(few)["says"]) == ["too few seeds"] * 2
    assert "too few to say" in paper_vs_code.advice(few)
    assert "No deviation is shown to be better" in paper_vs_code.advice(Cells(cells | {"sum": points["half"]}))


def test_every_comparison_is_of_variants_that_exist_and_differ():
    variants = ABLATION.variants | DEVIATIONS.variants
    assert set(paper_vs_code.TITLES) == set(paper_vs_code.PAIRS)
    for label, without in paper_vs_code.PAIRS.items():
        assert variants[label].objective == variants[without].objective
        assert variants[label].changes != variants[without].changes


def test_figures_call_a_deviation_by_its_title(points):
    def at(label):
        return [replace(run, history=run.history | {"as_distance": [0.5] * 10}) for run in points[label]]

    pair = Cells({label: at(label) for label in ("tanh", "tanh-squashed")})
    titles = [axis.get_title() for axis in why.distance(pair, DEVIATIONS).axes]
    assert titles == ["annealed,\ntanh", "tanh before the distance"]
    assert list(paper_vs_code.groups(Cells(pair | {"linear": []}))) == ["annealed, tanh", "tanh before the distance"]
