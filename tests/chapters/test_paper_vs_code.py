"""What the deviations change: comparisons, sentences and advice that follow the runs."""

from dataclasses import replace

from asvae_book.chapters import paper_vs_code, why
from asvae_book.studies import DEVIATIONS, Cells
from asvae_book.studies.intervals import paired


def test_each_deviation_is_compared_with_the_runs_without_it(points):
    better = [replace(run, scores=run.scores | {"kl": run.scores["kl"] - 2.0}) for run in points["tanh"]]
    cells = Cells({"tanh": points["tanh"], "reference": points["half"], "sum": better})
    table = paper_vs_code.table(cells)
    assert list(table["says"]) == ["worse", "better"]
    assert table.iloc[1, 0].startswith("−2.00")
    assert "**worse**" in paper_vs_code.sentence(cells, "reference")
    assert paper_vs_code.base("introvae-decoder") == "introvae"
    said = paper_vs_code.advice(cells, cells)
    assert said[0].startswith("**On points**, AS-IntroVAE's variants by mean score, best first: 3. summed")
    assert said[-2] == "**3. summed in the encoder's turn**: on points better, on digits better."
    assert "take 3. summed in the encoder's turn**" in said[-1]
    assert paper_vs_code._says(paired([1.0] * 5, [2.0] * 5), 6, 1) == "diverged in 1 of 6"
    few = Cells({label: runs[:3] for label, runs in cells.items()})
    assert list(paper_vs_code.table(few)["says"]) == ["undecided"] * 2
    assert "too few to advise" in paper_vs_code.advice(few, few)[-1]
    assert "take the equations" in paper_vs_code.advice(cells, Cells(cells | {"sum": points["half"]}))[-1]


def test_figures_call_a_deviation_by_its_number_in_the_chapter(points):
    def at(label):
        return [replace(run, history=run.history | {"as_distance": [0.5] * 10}) for run in points[label]]

    pair = Cells({label: at(label) for label in ("tanh", "tanh-squashed")})
    titles = [axis.get_title() for axis in why.distance(pair, DEVIATIONS).axes]
    assert titles == ["annealed,\ntanh", "2. tanh before the distance"]
    assert list(paper_vs_code.groups(pair, pair)) == [
        "annealed, tanh, points",
        "2. tanh before the distance, points",
        "annealed, tanh, digits",
        "2. tanh before the distance, digits",
    ]
