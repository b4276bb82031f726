"""One grid of weights for every method on 8 Gaussians, with one budget: what is the method, what the weights."""

from itertools import product

from asvae import objectives
from asvae.config.recipes import field_names
from asvae.training.run import Result
from asvae_book.studies.measures import headline
from asvae_book.studies.records import Cells, Label, Study, Variant

METHODS = ("vae", "s-introvae", "as-introvae")

BETA_KL = (0.02, 0.05, 0.15, 0.3)
BETA_NEG = (0.3, 0.9, 2.7)

CHOSEN_ON = 3
"""Seeds 0, 1, … on which the best weights are chosen; the later ones judge them."""


def _study() -> Study:
    variants: dict[Label, Variant] = {}
    for beta_kl, beta_neg, method in product(BETA_KL, BETA_NEG, METHODS):
        weights = {"beta_kl": beta_kl, "beta_rec": 0.2, "beta_neg": beta_neg}
        fields = field_names(objectives.get(method).hyperparameters)
        own = {name: value for name, value in weights.items() if name in fields}
        title = ", ".join(f"{name} {value:g}" for name, value in own.items())
        variants.setdefault((title, method), Variant(f"{objectives.get(method).label}, {title}", method, own))
    about = "every method over one grid of weights, 8 Gaussians"
    return Study("grid-8gaussians", about, variants, kind="points", dataset="8gaussians")


GRID = _study()
"""Labels are (weights, objective). The VAE has no β_neg: it takes part with fewer cells."""


def best(cells: Cells[Result], objective: str) -> Label | None:
    """Return the label with the lowest mean score over the seeds that choose; weights at which one diverged are out."""
    means = {}
    for label, runs in cells.of(objective).items():
        scores = [headline(run) for run in runs if run.config.seed < CHOSEN_ON]
        if len(scores) == CHOSEN_ON and all(score == score for score in scores):
            means[label] = sum(scores) / CHOSEN_ON
    return min(means, key=means.get, default=None)
