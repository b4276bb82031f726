"""The studies: Table 1, the schedules, the released code's deviations, the explorer's settings, all methods."""

from asvae import objectives
from asvae.config.presets import COMBINATIONS, MAIN_PAPER, STATED_COMBINATIONS, combination
from asvae_book.studies.records import Label, Study, Variant

TABLE1_METHODS = ("vae", "introvae", "s-introvae", "as-introvae")
"""The columns of the paper's tables of points."""

TABLE1 = Study(
    "table1",
    "the rows and columns of Table 1",
    {
        (row, name): Variant(f"{row}, {objectives.get(name).label}", name, combination(row, name))
        for row in COMBINATIONS
        for name in TABLE1_METHODS
    },
    kind="points",
)
"""Combinations × methods. VAE has no weight that tells our combinations apart: its cells hold equal configurations."""

EIGHT_GAUSSIANS = Study(
    "8gaussians",
    "the main paper's table of 8 Gaussians",
    {
        (row, name): Variant(
            f"{row}, {objectives.get(name).label}",
            name,
            combination(row, name, STATED_COMBINATIONS) | (MAIN_PAPER if name == "as-introvae" else {}),
        )
        for row in STATED_COMBINATIONS
        for name in TABLE1_METHODS
    },
    kind="points",
)
"""The stated combinations × methods, AS-IntroVAE as the main paper has it."""

_TANH = "the same, with the released code's tanh"

ABLATION = Study(
    "ablation",
    "schedules of c side by side",
    {
        "vae": Variant("no adversary (VAE)", "vae"),
        "as-only": Variant("AS-distance alone", "as-introvae", {"schedule": "as-only"}, "0", "Figure 1"),
        "half": Variant("half KL, half AS", "as-introvae", {"schedule": "half"}, "½", "Figures 2 and 3"),
        "half-kl": Variant(
            "half KL, no AS", "s-introvae", {"kl_share": 0.5}, "½, 1 − c of nothing", "Figure 2, the other reading"
        ),
        "kl-only": Variant("KL alone (S-IntroVAE)", "s-introvae", {}, "1"),
        "linear": Variant(
            "annealed, linear",
            "as-introvae",
            {"schedule": "linear"},
            "min(1, 5 t/T)",
            "a mode of the released code",
        ),
        "annealed": Variant("annealed, tanh", "as-introvae", {}, "tanh(5 t/T)", "the paper's method"),
        "as-only-squashed": Variant(
            "AS-distance alone, squashed", "as-introvae", {"schedule": "as-only", "squash": True}, "0", _TANH
        ),
        "half-squashed": Variant(
            "half KL, half AS, squashed", "as-introvae", {"schedule": "half", "squash": True}, "½", _TANH
        ),
        "annealed-squashed": Variant("annealed, tanh, squashed", "as-introvae", {"squash": True}, "tanh(5 t/T)", _TANH),
    },
)
"""The supplement's ablation. Figure 2 names S-IntroVAE in its caption and AS-IntroVAE in the text: ``"half-kl"`` is the
first reading, ``"half"`` the second and Figure 3. Squashed: with the tanh of the released code. The VAE is no schedule
but what all of them have to beat."""

DEVIATIONS = Study(
    "deviations",
    "what the released code does otherwise",
    {
        "annealed": ABLATION.variants["annealed"],
        "reference": Variant("1. reconstructions against generated", "as-introvae", {"reference": "reconstruction"}),
        "annealed-squashed": Variant("2. tanh before the distance", "as-introvae", {"squash": True}),
        "sum": Variant("3. summed in the encoder's turn", "as-introvae", {"encoder_reduction": "sum"}),
        "released": Variant(
            "1 to 3, as released",
            "as-introvae",
            {"reference": "reconstruction", "squash": True, "encoder_reduction": "sum"},
        ),
        "introvae": Variant("IntroVAE", "introvae"),
        "introvae-decoder": Variant("5. IntroVAE's decoder without L_r", "introvae", {"decoder_reconstruction": False}),
    },
)
"""What the released code does otherwise than the equations, each alone and the three of AS-IntroVAE together."""

RATES = (1.0, 2.5, 5.0, 10.0, 20.0)
"""How fast the explorer's ramps rise."""

EXPLORER = Study(
    "explorer",
    "shapes and rates of the annealing",
    {
        f"{schedule}-{rate:g}": Variant(
            f"{shape}, rate {rate:g}", "as-introvae", {"schedule": schedule} | ({"rate": rate} if rate != 5.0 else {})
        )
        for schedule, shape in (("annealed", "tanh"), ("linear", "linear"))
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
    study.name: study for study in (TABLE1, EIGHT_GAUSSIANS, ABLATION, DEVIATIONS, EXPLORER, METHODS)
}
"""By name."""
