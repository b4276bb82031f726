"""Gradients decomposed by path, as a table, in words and as figures."""

import math
from dataclasses import replace

import numpy as np
import pytest

from asvae_book.chapters import why
from asvae_book.paper import claims
from asvae_book.paper.ledger import ledger
from asvae_book.paper.measures import early_and_late
from asvae_book.studies import Cells


def test_gradients_by_route_are_summed_up_early_and_late(run):
    curve = [math.nan, *np.linspace(10.0, 1.0, 20)]
    history = {"step": list(range(21)), "grad_decoder_as": curve, "grad_decoder_kl": [2.0] * 21}
    history |= {"exp_elbo_fake": [math.nan] + [0.0] * 10 + [0.5] * 10, "as_distance": [math.nan] + [0.1] * 20}
    cells = Cells({"tanh": [replace(run, history=history)] * 3})
    early, late = early_and_late(cells["tanh"], "decoder", "as")
    assert early == pytest.approx(np.mean(curve[1:3]))
    assert late == pytest.approx(np.mean(curve[-2:]))
    table = why.routes_table(cells)
    assert table.loc[("annealed, tanh", "decoder"), "KL of fakes"] == "2 → 2"
    assert table.loc[("annealed, tanh", "encoder"), "AS-distance"] == "–"
    [said] = why.sentences(cells)
    assert "50% of the adversarial phase" in said
    for figure in (why.routes(cells), why.underflow(cells), why.distance(cells)):
        assert figure.axes


def test_the_decoders_first_gradients_are_compared_in_words(run):
    def at(route, size):
        return [replace(run, history={"step": [0, 1], f"grad_decoder_{route}": [size, size]})]

    said = why.early_pull(Cells({"as-only": at("as", 0.5), "kl-only": at("kl", 2.0)}))
    assert "the norm 0.5 where only the AS-distance is trained on and 2 where only KL is" in said
    assert said.endswith("the former is 25% of the latter.")
    assert "not made" in why.early_pull(Cells({"as-only": at("as", 0.5)}))


def test_what_fakes_send_early_is_said_of_both_players_as_m5_judges_it():
    entries = ledger([claims.M5])
    said = why.early_fakes(entries)
    [table] = [
        each.verdict.comparisons for each in entries[0].evidence if each.ground.dataset == "checkerboard" and each.runs
    ]
    for player in why.PLAYERS:
        row = table.loc["S-IntroVAE", f"AS-IntroVAE − this, {player}'s early gradient from fakes"]
        assert f"{player}'s {row['difference']} ({row['95 % interval']}, {row['says']})" in said
    assert why.early_fakes([]) == ""
