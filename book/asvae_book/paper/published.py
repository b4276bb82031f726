"""Numbers as the paper prints them, for setting beside our own. Source: AS-IntroVAE, supplement, Table 1."""

import math

TABLE1: dict[tuple[str, str], tuple[float, float | None]] = {
    ("C1", "vae"): (22.1, 10.8),
    ("C1", "introvae"): (math.nan, None),
    ("C1", "s-introvae"): (20.7, 9.6),
    ("C1", "as-introvae"): (20.4, 9.6),
    ("C2", "vae"): (21.2, 9.9),
    ("C2", "introvae"): (math.nan, None),
    ("C2", "s-introvae"): (21.0, 10.0),
    ("C2", "as-introvae"): (20.6, 9.6),
    ("C3", "vae"): (21.7, 10.7),
    ("C3", "introvae"): (math.nan, None),
    ("C3", "s-introvae"): (21.2, 10.3),
    ("C3", "as-introvae"): (20.9, 9.9),
}
"""(combination, objective) → (KL, JSD) in the paper's units; lower is better. For IntroVAE it prints NaN and a dash."""

METHODS = tuple(dict.fromkeys(objective for _, objective in TABLE1))
"""Its columns, objectives by name."""

RELEASED_LOOP: dict[tuple[str, str], dict[str, float]] = {
    ("C1", "s-introvae"): {"kl": 20.3, "jsd": 9.65},
    ("C1", "vae"): {"kl": 21.7, "jsd": 10.2},
}
"""Final scores of Soft-IntroVAE's released 2-D loop, unchanged, at its defaults: checkerboard, β = (0.1, 0.2, 0.2),
30,000 steps, seed 92. Measured once, outside this repository; VAE from a single draw.

Source: ``soft_intro_vae_2d`` of ``taldatech/soft-intro-vae-pytorch``.
"""
