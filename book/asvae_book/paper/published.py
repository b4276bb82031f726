"""Numbers as the paper prints them, for setting beside our own. Source: AS-IntroVAE, PMLR 189, and its supplement."""

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

GAUSSIANS: dict[tuple[str, str], tuple[float, float | None]] = {
    ("C1", "vae"): (220.2, 110.1),
    ("C1", "introvae"): (192.4, 56.0),
    ("C1", "s-introvae"): (50.2, 16.9),
    ("C1", "as-introvae"): (3.4, 5.6),
    ("C2", "vae"): (220.3, 110.0),
    ("C2", "introvae"): (191.1, 68.0),
    ("C2", "s-introvae"): (136.5, 36.6),
    ("C2", "as-introvae"): (1.3, 4.4),
    ("C3", "vae"): (220.2, 109.8),
    ("C3", "introvae"): (64.0, 53.0),
    ("C3", "s-introvae"): (46.2, 9.6),
    ("C3", "as-introvae"): (2.0, 7.1),
}
"""The same of the main paper's Table 1, 8 Gaussians."""

POINTS = {"checkerboard": TABLE1, "8gaussians": GAUSSIANS}
"""Data set → its printed table."""


METHODS = tuple(dict.fromkeys(objective for _, objective in TABLE1))
"""The columns of these tables, objectives by name."""

OTHERS = METHODS[:-1]
"""What AS-IntroVAE is compared with there."""


def gap_to_best(dataset: str, row: str, score: int) -> float:
    """Return AS-IntroVAE's printed KL (``score`` 0) or JSD (1) minus the best other method's; 0 for a tie."""
    table = POINTS[dataset]
    return table[row, "as-introvae"][score] - table[row, best_other(dataset, row, score)][score]


def best_other(dataset: str, row: str, score: int) -> str:
    """Return the objective with the best printed KL (``score`` 0) or JSD (1) but AS-IntroVAE; of two the first."""
    printed = {name: POINTS[dataset][row, name][score] for name in OTHERS}
    numbers = {name: value for name, value in printed.items() if value is not None and not math.isnan(value)}
    return min(numbers, key=numbers.get)


def _smallest_gap(score: int) -> float:
    gaps = [abs(gap_to_best("checkerboard", row, score)) for row in ("C1", "C2", "C3")]
    return round(min(gap for gap in gaps if gap > 0.0), 1)


MARGINS = {"kl": _smallest_gap(0), "jsd": _smallest_gap(1)}
"""The largest differences on points that count as none: the smallest that the supplement's Table 1 prints between
AS-IntroVAE and the best other method, its tie left out. Other measures have no margin: nothing printed could set one.
"""

FID: dict[str, dict[str, float]] = {
    "mnist": {"wgan-gp": 139.02, "s-introvae": 98.84, "as-introvae": 96.16},
    "cifar10": {"wgan-gp": 434.11, "s-introvae": 275.20, "as-introvae": 271.69},
    "celeba128": {"wgan-gp": 160.53, "s-introvae": 140.35, "as-introvae": 130.74},
    "celeba256": {"wgan-gp": 170.79, "s-introvae": 143.33, "as-introvae": 129.61},
}
"""The main paper's Table 2: FID of generated images, lower is better."""

RECONSTRUCTION: dict[str, dict[str, tuple[float, float, float]]] = {
    "mnist": {"s-introvae": (20.282, 0.885, 0.011), "as-introvae": (21.014, 0.898, 0.009)},
    "cifar10": {"s-introvae": (19.300, 0.599, 0.019), "as-introvae": (19.445, 0.620, 0.019)},
    "oxford": {"s-introvae": (15.372, 0.348, 0.049), "as-introvae": (20.168, 0.604, 0.013)},
    "celeba128": {"s-introvae": (17.818, 0.561, 0.018), "as-introvae": (22.924, 0.801, 0.006)},
    "celeba256": {"s-introvae": (22.422, 0.790, 0.007), "as-introvae": (23.156, 0.758, 0.006)},
}
"""The main paper's Table 3: PSNR (dB), SSIM and MSE of reconstructions."""


def printed_gap(table: dict, data: str, other: str, score: int | None = None) -> float | None:
    """Return AS-IntroVAE minus ``other`` as ``FID`` or ``RECONSTRUCTION`` print it; ``None`` without a print.

    ``score`` is the place of a score where a cell has several.
    """
    row = table.get(data, {})
    if other not in row:
        return None
    ours, theirs = (row[name] if score is None else row[name][score] for name in ("as-introvae", other))
    return ours - theirs


RELEASED_LOOP: dict[tuple[str, str], dict[str, float]] = {
    ("C1", "s-introvae"): {"kl": 20.3, "jsd": 9.65},
    ("C1", "vae"): {"kl": 21.7, "jsd": 10.2},
}
"""Final scores of Soft-IntroVAE's released 2-D loop, unchanged, at its defaults: checkerboard, β = (0.1, 0.2, 0.2),
30,000 steps, seed 92. Measured once, outside this repository; VAE from a single draw.

Source: ``soft_intro_vae_2d`` of ``taldatech/soft-intro-vae-pytorch``.
"""
