"""Which runs a question needs: schedules side by side, the released code's deviations, the explorer's settings.

A study maps labels to variants, a method with some hyper-parameters changed; each is run with the same seeds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from asvae import objectives
from asvae.checks import one_of, subset
from asvae.config import RunConfig
from asvae.run import Result

Cells = dict[str, list[Result]]
"""Label → the runs of its seeds."""

KEPT_SEEDS = 20
"""How many seeds of a run are looked for where it is said what is kept."""


class Variant(NamedTuple):
    """One thing that a study runs."""

    title: str
    """How figures and tables call it."""
    objective: str
    changes: Mapping[str, Any]
    """Hyper-parameters that are not the objective's own."""


SCHEDULES: dict[str, Variant] = {
    "vae": Variant("no adversary (VAE)", "vae", {}),
    "as-only": Variant("AS-distance alone", "as-introvae", {"schedule": "as-only"}),
    "half": Variant("half KL, half AS", "as-introvae", {"schedule": "half"}),
    "half-kl": Variant("half KL, no AS", "s-introvae", {"kl_share": 0.5}),
    "kl-only": Variant("KL alone (S-IntroVAE)", "s-introvae", {}),
    "linear": Variant("annealed, linear", "as-introvae", {"schedule": "linear"}),
    "annealed": Variant("annealed, tanh", "as-introvae", {}),
    "as-only-squashed": Variant("AS-distance alone, squashed", "as-introvae", {"schedule": "as-only", "squash": True}),
    "half-squashed": Variant("half KL, half AS, squashed", "as-introvae", {"schedule": "half", "squash": True}),
    "annealed-squashed": Variant("annealed, tanh, squashed", "as-introvae", {"squash": True}),
}
"""The supplement's ablation. Figure 2 names S-IntroVAE in its caption and AS-IntroVAE in the text: ``"half-kl"`` is the
first reading, ``"half"`` the second and Figure 3. Squashed: with the tanh of the released code. The VAE is no schedule
but what all of them have to beat."""

DEVIATIONS: dict[str, Variant] = {
    "annealed": SCHEDULES["annealed"],
    "reference": Variant("1. reconstructions against generated", "as-introvae", {"reference": "reconstruction"}),
    "annealed-squashed": Variant("2. tanh before the distance", "as-introvae", {"squash": True}),
    "sum": Variant("3. summed in the encoder's turn", "as-introvae", {"encoder_reduction": "sum"}),
    "released": Variant(
        "1 to 3, as released",
        "as-introvae",
        {"reference": "reconstruction", "squash": True, "encoder_reduction": "sum"},
    ),
    "introvae": Variant("IntroVAE", "introvae", {}),
    "introvae-decoder": Variant("5. IntroVAE's decoder without L_r", "introvae", {"decoder_reconstruction": False}),
}
"""What the released code does otherwise than the equations, each alone and the three of AS-IntroVAE together."""

RATES = (1.0, 2.5, 5.0, 10.0, 20.0)
"""How fast the explorer's ramps rise."""

EXPLORER: dict[str, Variant] = {
    f"{schedule}-{rate:g}": Variant(
        f"{shape}, rate {rate:g}", "as-introvae", {"schedule": schedule} | ({"rate": rate} if rate != 5.0 else {})
    )
    for schedule, shape in (("annealed", "tanh"), ("linear", "linear"))
    for rate in RATES
}
"""The annealing explorer: two shapes, several rates."""

METHODS: dict[str, Variant] = {name: Variant(objectives.get(name).label, name, {}) for name in objectives.names()}
"""Every method as published, side by side."""

STUDIES = {"ablation": SCHEDULES, "deviations": DEVIATIONS, "explorer": EXPLORER, "methods": METHODS}


def configurations(
    study: str, dataset: str, seeds: int, scale: str = "quick", labels: Sequence[str] | None = None
) -> dict[str, list[RunConfig]]:
    """Return the configurations of a study, one a seed under each label.

    Raises
    ------
    InvalidArgumentError
        If study, label, data set or scale is unknown.
    """
    variants = STUDIES[one_of("study", study, STUDIES)]
    labels = list(variants) if labels is None else subset("schedules", labels, variants)
    return {
        label: [
            RunConfig(variants[label].objective, dataset, scale, seed, **variants[label].changes)
            for seed in range(seeds)
        ]
        for label in labels
    }


def regroup(cells: dict[str, list[RunConfig]], runs: Sequence[Result]) -> Cells:
    """Return the runs of the flattened ``cells`` as cells again."""
    by_config = {run.config: run for run in runs}
    return {label: [by_config[config] for config in configs] for label, configs in cells.items()}


def title(label: str) -> str:
    """Return how figures and tables call a variant."""
    return next(variants[label].title for variants in STUDIES.values() if label in variants)
