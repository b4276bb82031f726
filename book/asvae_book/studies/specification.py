"""The specification curve's runs: one choice changed at a time, AS-IntroVAE and S-IntroVAE at the same weights."""

from typing import Any

from asvae import objectives
from asvae.config.recipes import field_names
from asvae.store.rows import combination
from asvae_book.studies.records import Study, Variant

HUB = "as the paper writes it"
"""The specification that all others differ from in one choice."""

CHOICES: dict[str, dict[str, Any]] = {
    "tanh ramp": {"schedule": "tanh"},
    "clock after the warm-up": {"clock": "adversarial"},
    "real against generated": {"reference": "real"},
    "no (2π)^-½": {"kernel_constant": False},
    "joint kernel": {"kernel": "joint"},
    "U-statistic": {"statistic": "u"},
    "weighted by the prior": {"statistic": "weighted"},
    "tanh before the distance": {"squash_distance": True},
    "tanh before the decoder's KL": {"squash_kl": True},
    "summed in the encoder's turn": {"encoder_reduction": "sum"},
    "live target": {"live_target": True},
    "fakes' reconstruction in the decoder": {"decoder_fake_rec": True},
    "log-variance within ±10": {"logvar_limit": 10.0},
    "no warm-up": {"warmup": 0.0},
    "the released code": {"reading": "released"},
    "the supplement": {"reading": "supplement"},
}
"""Name → what it changes; S-IntroVAE takes over what it has."""

ROWS = {
    "checkerboard": {"C2": "C2", "C3": "C3", "stated C1": "stated-C1", "C1 in words": "in-words-C1"},
    "8gaussians": {"C2": "C2", "C3": "C3", "C1 in words": "in-words-C1", "the checkerboard's C1": "assumed-C1"},
}
"""Data set → the other weights that are tried, with the paper's reading."""

PAIR = ("s-introvae", "as-introvae")


def _changes(objective: str, changes: dict[str, Any]) -> dict[str, Any]:
    shared = ("reading", "logvar_limit", "warmup", *field_names(objectives.get(objective).hyperparameters))
    return {name: value for name, value in changes.items() if name in shared}


def _study(dataset: str) -> Study:
    specifications = {HUB: ("C1", {})} | {name: ("C1", changes) for name, changes in CHOICES.items()}
    specifications |= {title: (row, {}) for title, row in ROWS[dataset].items()}
    variants = {
        (name, objective): Variant(
            f"{name}, {objectives.get(objective).label}",
            objective,
            combination(row, objective, dataset) | _changes(objective, changes),
        )
        for name, (row, changes) in specifications.items()
        for objective in PAIR
    }
    return Study(
        f"specifications-{dataset}", f"one choice changed at a time, {dataset}", variants, "points", dataset=dataset
    )


SPECIFICATIONS = {dataset: _study(dataset) for dataset in ROWS}
"""Data set → its study; labels are (specification, objective). Runs that a choice does not touch are the hub's own."""
