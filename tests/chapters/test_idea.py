"""The first chapter: its numbers by integration and by search, its code the core's own, its drawing and its answers."""

import math
import re

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats

from asvae import RunConfig
from asvae.objectives import introspective
from asvae.store.rows import ROWS
from asvae.training import diagnostics
from asvae_book.chapters import exercises, idea, turns
from asvae_book.studies import EIGHT_GAUSSIANS, EXPLORER, TABLE1


def integral(a, b, v):
    """Return √(2π) times the integral of the squared difference of two mixtures."""

    def gap(z):
        q_a, q_b = (np.mean([stats.norm.pdf(z, m, math.sqrt(v)) for m in means]) for means in (a, b))
        return (q_a - q_b) ** 2

    return math.sqrt(2.0 * math.pi) * integrate.quad(gap, -9.0, 10.0, points=[*a, *b], limit=400)[0]


@pytest.mark.parametrize("v", [1.0, 0.5, 0.125, 0.015625])
def test_the_worked_example_is_the_integral_by_hand_and_by_the_core(v):
    assert idea.by_hand(idea.A, idea.B, v)["distance"] == pytest.approx(integral(idea.A, idea.B, v), rel=1e-6)
    assert idea.by_core(idea.A, idea.B, v) == pytest.approx(idea.by_hand(idea.A, idea.B, v)["distance"], rel=1e-12)


def test_the_equation_of_the_worked_example_says_what_its_fractions_are():
    shown = dict(re.findall(r"(aa|ab|d) (\d\.\d{4})", _named(idea.hand_equation())))
    aa, ab = (1 + math.exp(-1)) / (2 * math.sqrt(2)), (3 * math.exp(-0.25) + math.exp(-2.25)) / (4 * math.sqrt(2))
    assert shown == {"aa": f"{aa:.4f}", "ab": f"{ab:.4f}", "d": f"{2 * aa - 2 * ab:.4f}"}


def _named(equation):
    values = re.findall(r"= (\d\.\d{4})", equation)
    return " ".join(f"{name} {value}" for name, value in zip(("aa", "ab", "d"), values, strict=True))


def test_halving_variances_passes_the_square_root_of_two_which_larger_ones_cannot():
    v = idea.passes()
    assert integral(idea.A, idea.B, v) > math.sqrt(2.0) > integral(idea.A, idea.B, 2.0 * v)
    wide = torch.distributions.Uniform(0.0, 2.0)
    torch.manual_seed(0)
    for _ in range(50):
        (mu_a, mu_b), (a, b) = 5.0 * torch.randn(2, 8, 1), wide.sample((2, 8, 1))
        assert idea.as_distance(mu_a, a, mu_b, b) <= math.sqrt(2.0)
    table = idea.worked_table()
    assert list(table["distance"]) == list(table["the core"])


@pytest.mark.parametrize("row", ROWS["assumed"])
def test_the_equilibrium_is_where_the_drawn_loss_is_smallest(row):
    config = RunConfig("s-introvae", "checkerboard", **ROWS["assumed"][row])
    least = optimize.minimize_scalar(lambda k: idea.balance_loss(config, k), bounds=(0.0, 20.0), method="bounded").x
    assert diagnostics.equilibrium(config) == pytest.approx(least, abs=1e-3)


def test_the_code_that_is_shown_is_the_cores_without_its_docstring():
    shown = idea.source(introspective.encoder_pieces, introspective.decoder_loss)
    assert "fakes = (x_hat.detach(), fake.detach())" in shown
    assert '"""' not in shown
    assert shown.count("\ndef ") == 2


def test_the_tables_are_of_committed_runs():
    balance = idea.balance_table(TABLE1.find("checkerboard"))
    assert list(balance.index) == ["C1", "C2", "C3"]
    assert all(abs(float(row["KL of data"]) - float(row["KL of samples"])) < 0.1 for _, row in balance.iterrows())
    cells = EIGHT_GAUSSIANS.find("8gaussians").select([("C1", "vae"), ("C1", "s-introvae")])
    collapse = idea.collapse_table(cells, {"vae": "VAE", "s-introvae": "S-IntroVAE"})
    assert list(collapse["dead latents"]) == ["100%", "0%"]
    equal = idea.equal_kls()
    assert equal["KL of each in a"].nunique() == equal["KL of each in b"].nunique() == 1
    assert list(equal["AS-distance"] == "0.000") == [True, False]


def test_every_figure_is_drawn_within_the_pages_width():
    figures = [idea.realness(), idea.thresholds(), idea.balance(ROWS["assumed"]), idea.mixtures(), idea.clocks()]
    assert all(figure.get_size_inches()[0] <= 6.2 for figure in figures)


def test_both_turns_are_drawn_and_described():
    drawing = turns.drawing()
    assert drawing.count("<svg") == drawing.count('role="img"') == 2
    assert drawing.count("stop-gradient</text>") == 1
    assert len(set(re.findall(r'id="([^"]+)"', drawing))) == 4
    for text in re.findall(r'aria-label="([^"]+)"', drawing):
        assert "encoder" in text


@pytest.mark.parametrize("constant", [1.0, exercises.CONSTANT])
def test_below_the_crossing_the_distances_force_is_the_larger(constant):
    v, h = exercises.crossing(constant), 1e-4

    def force(at):
        up, down = (_from_prior(at * math.exp(side * h)) for side in (1, -1))
        return constant * abs(up - down) / (2 * h)

    assert force(0.8 * v) > 0.5 * (1.0 - 0.8 * v)
    assert force(1.2 * v) < 0.5 * (1.0 - 1.2 * v)


def _from_prior(v):
    """Return √(2π) times the integral of the squared difference of N(0, v) and N(0, 1)."""

    def gap(z):
        return (stats.norm.pdf(z, 0.0, math.sqrt(v)) - stats.norm.pdf(z)) ** 2

    area, _ = integrate.quad(gap, -10.0, 10.0, points=[-0.5, 0.0, 0.5], limit=400, epsabs=1e-12)
    return math.sqrt(2.0 * math.pi) * area


def test_the_marginal_kernel_does_not_see_opposite_diagonals():
    apart = exercises.equal_marginals()
    assert apart["marginal"] == pytest.approx(0.0, abs=1e-6)
    assert apart["joint"] > 1.0


def test_the_answers_are_folded_and_have_the_numbers_of_committed_runs():
    assert exercises.answer("so").startswith("<details><summary>Answer</summary>")
    table = exercises.rates(EXPLORER.find("checkerboard"))
    assert "| rate 1 " in table
    assert re.search(r"rate 1 .*\| [1-9] of \d", table)
    old = [config.replace(reading="supplement") for config in TABLE1.configs("checkerboard", 20)["C1", "as-introvae"]]
    said = exercises.exception(old, 8)
    assert "(seed 8)" in said
    assert "| seed 8 (1)" in said
