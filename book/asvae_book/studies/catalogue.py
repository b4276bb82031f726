"""The studies: both tables of points, the readings, the schedules, the released code, the explorer, all methods."""

from dataclasses import replace

from asvae import objectives
from asvae.store.rows import TABLE_ROWS, combination
from asvae_book.studies.grid import GRID
from asvae_book.studies.records import Label, Study, Variant
from asvae_book.studies.specification import SPECIFICATIONS

TABLE1_METHODS = ("vae", "introvae", "s-introvae", "as-introvae")
"""The columns of the paper's tables of points."""


def _table(name: str, about: str, dataset: str) -> Study:
    variants = {
        (row, method): Variant(f"{row}, {objectives.get(method).label}", method, combination(row, method, dataset))
        for row in TABLE_ROWS
        for method in TABLE1_METHODS
    }
    return Study(name, about, variants, kind="points", dataset=dataset)


TABLE1 = _table("table1", "the rows and columns of the supplement's Table 1", "checkerboard")
"""Combinations × methods. VAE has no weight that tells our combinations apart: its cells hold equal configurations."""

EIGHT_GAUSSIANS = _table("8gaussians", "the rows and columns of the main paper's Table 1", "8gaussians")
"""The stated combinations × methods. On the checkerboard: the same weights there."""


def _readings(name: str, dataset: str) -> Study:
    titles = {
        "paper": "as the paper writes it",
        "tanh": "with the code's tanh",
        "real": "real data against generated",
        "released": "as the released code",
        "supplement": "as the supplement and the code suggest",
    }
    variants = {
        (row, reading): Variant(
            f"{row}, {title}", "as-introvae", {**combination(row, "as-introvae", dataset), "reading": reading}
        )
        for row in TABLE_ROWS
        for reading, title in titles.items()
    }
    return Study(name, f"readings of AS-IntroVAE, {dataset}", variants, kind="points", dataset=dataset)


READINGS = {each: _readings(f"readings-{each}", each) for each in ("checkerboard", "8gaussians")}
"""Data set → AS-IntroVAE in every row as the paper writes it, and under the readings that stand beside it."""

_TANH = "the same, with the released code's tanh on its inputs and on the decoder's KL"


_SQUASHED = {"squash_distance": True, "squash_kl": True}

ABLATION = Study(
    "ablation",
    "schedules of c side by side",
    {
        "vae": Variant("no adversary (VAE)", "vae"),
        "as-only": Variant("AS-distance alone", "as-introvae", {"schedule": "as-only"}, "0", "Figure 1"),
        "half": Variant("half KL, half AS", "as-introvae", {"schedule": "half"}, "½", "Figures 2 and 3"),
        "half-kl": Variant(
            "half KL, no AS", "s-introvae", {"kl_share": 0.5}, "½, no AS-distance", "Figure 2, the other reading"
        ),
        "kl-only": Variant("KL alone (S-IntroVAE)", "s-introvae", {}, "1"),
        "linear": Variant(
            "annealed, linear", "as-introvae", {"schedule": "linear"}, "min(1, 5 t/T)", "the paper's ramp"
        ),
        "tanh": Variant(
            "annealed, tanh", "as-introvae", {"schedule": "tanh"}, "tanh(5 t/T)", "the released code's ramp", True
        ),
        "as-only-squashed": Variant(
            "AS-distance alone, squashed", "as-introvae", {"schedule": "as-only"} | _SQUASHED, "0", _TANH
        ),
        "half-squashed": Variant(
            "half KL, half AS, squashed", "as-introvae", {"schedule": "half"} | _SQUASHED, "½", _TANH
        ),
        "tanh-squashed": Variant(
            "annealed, tanh, squashed", "as-introvae", {"schedule": "tanh"} | _SQUASHED, "tanh(5 t/T)", _TANH
        ),
    },
)
"""The supplement's ablation. Figure 2 names S-IntroVAE in its caption and AS-IntroVAE in the text: ``"half-kl"`` is the
first reading, ``"half"`` the second and Figure 3. The VAE is no schedule but what all of them have to beat."""


def _as(schedule: str, squashed: bool = False, **changes) -> dict:
    """Return AS-IntroVAE read as the supplement has it, with another schedule or more."""
    return {"reading": "supplement", "schedule": schedule} | (_SQUASHED if squashed else {}) | changes


DEVIATIONS = Study(
    "deviations",
    "what the released code does otherwise",
    {
        "tanh": replace(ABLATION.variants["tanh"], changes=_as("tanh")),
        "reference": Variant(
            "reconstructions against generated", "as-introvae", _as("tanh", reference="reconstruction")
        ),
        "tanh-squashed": Variant("tanh before the distance", "as-introvae", _as("tanh", True)),
        "sum": Variant("summed in the encoder's turn", "as-introvae", _as("tanh", encoder_reduction="sum")),
        "released": Variant(
            "all three together",
            "as-introvae",
            _as("tanh", True, reference="reconstruction", encoder_reduction="sum"),
        ),
        "introvae": Variant("IntroVAE, Huang et al.", "introvae", {"decoder_reconstruction": True}),
        "introvae-decoder": Variant("IntroVAE's decoder without L_r", "introvae"),
    },
)
"""What the released code does otherwise than the supplement's equations, each alone and the three of AS-IntroVAE
together."""

RATES = (1.0, 2.5, 5.0, 10.0, 20.0)
"""How fast the explorer's ramps rise."""

EXPLORER = Study(
    "explorer",
    "shapes and rates of the annealing",
    {
        f"{schedule}-{rate:g}": Variant(f"{schedule}, rate {rate:g}", "as-introvae", _as(schedule, rate=rate))
        for schedule in ("tanh", "linear")
        for rate in RATES
    },
)
"""The annealing explorer: two shapes, several rates."""

METHODS = Study(
    "methods",
    "all five methods as published",
    {name: Variant(objectives.get(name).label, name) for name in objectives.names()},
)
"""Every method as published, side by side."""

STUDIES: dict[Label, Study] = {
    study.name: study
    for study in (
        *(TABLE1, EIGHT_GAUSSIANS, *READINGS.values(), *SPECIFICATIONS.values(), GRID),
        *(ABLATION, DEVIATIONS, EXPLORER, METHODS),
    )
}
"""By name."""
