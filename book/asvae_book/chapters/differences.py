"""Paper against code, difference by difference: what the one writes, what the other does, whether it matters.

The code is ``LOUEY233/AS-IntroVAE`` at its last commit, e1f60d8 of May 2023; lines are of ``A_VAE.py`` where no file is
named.
"""

from dataclasses import dataclass

import pandas as pd

from asvae_book.chapters import paper_vs_code
from asvae_book.studies import Cells

READINGS = "around the paper's reading, where it was run: [Readings](readings.ipynb)"
UNMEASURED = "not measured"


@dataclass(frozen=True)
class Difference:
    """One difference, in Markdown."""

    what: str
    paper: str
    code: str
    switch: str
    """What does here as the code, or as the paper where the default is the code's."""
    matters: str
    """Whether it does, or where to see it."""
    label: str = ""
    """The variant of :data:`asvae_book.chapters.paper_vs_code.PAIRS` that measures it, if there is one."""


DIFFERENCES = (
    Difference(
        "The ramp",
        "Linear, $c = \\min(1, 5i/T)$: eq. 9, §5.1.",
        "$\\tanh(5i/T)$: line 158 passes `mode='tanh'`. The file's own purpose line (5, 6) says “linear decay”, and "
        "`get_coef` (`utils.py`, 206–212) has that mode.",
        '`schedule="tanh"`',
        READINGS,
        "tanh",
    ),
    Difference(
        "The clock",
        "$i$ and $T$ count all iterations: eq. 9.",
        "The same, but a resumed run counts from 0 again (line 117); `A_VAE.py` accepts a warm-up, `num_vae`, and has "
        "none.",
        'none; with a warm-up there is a third clock, `clock="adversarial"`',
        READINGS,
    ),
    Difference(
        "tanh on $\\mu$ and $\\log\\sigma^2$",
        "The distance is of means and variances as they are: eq. 8.",
        "Both pass through tanh first (197–200, 244–247). In the decoder's turn the KL is of the same values (249, "
        "250), so it cannot exceed 0.86 nats per dimension.",
        "`squash_distance=True`, `squash_kl=True`",
        f"each alone, {READINGS}",
        "tanh-squashed",
    ),
    Difference(
        "Mean or sum over pairs",
        "An expectation: eq. 7.",
        "The decoder averages (251); the encoder asks for `reduce='none'` (202), which sums over $B \\cdot B \\cdot D$ "
        "entries (`utils.py`, 214–221, 251–254).",
        '`encoder_reduction="sum"`',
        READINGS,
        "sum",
    ),
    Difference(
        "The kernel's constant",
        "$(2\\pi)^{-n/2}$: eq. 8.",
        "None (`utils.py`, 214–221).",
        "`kernel_constant=False`",
        READINGS,
    ),
    Difference(
        "The distance in the decoder",
        "Inside the sum over both fakes, so twice: eq. 9.",
        "Once beside two KLs (253–255).",
        "none: here as in the code",
        UNMEASURED,
    ),
    Difference(
        "The fakes' reconstruction in the decoder",
        "Weight $\\gamma = 1$: eq. 9, §5.1.",
        "$10^{-8}$ in both releases (line 48), below single precision beside the rest.",
        "`decoder_fake_rec=True` is the paper's; the default is the code's",
        READINGS,
    ),
    Difference(
        "The reconstruction as a target",
        "Not stated.",
        "In the encoder's turn the fakes enter the network detached (184, 185) and are compared with its output "
        "undetached (190, 193): a gradient reaches the encoder through the target. So in `S_VAE.py` (208, 211).",
        "`live_target=True`",
        READINGS,
    ),
    Difference(
        "Log-variances",
        "Not stated.",
        "Not bounded.",
        "`logvar_limit=0`, the default on points; on images they are bounded by ±10 here",
        READINGS,
    ),
    Difference(
        "Weights of images",
        "0.5 for KL and 1.0 for reconstruction of real images, 0.5 for both of fakes: §5.1.",
        "`train.sh`: $\\beta_{kl}$ 1 or 0.5, $\\beta_{rec}$ 1 for real images and fakes alike, $\\beta_{neg}$ 256 or "
        "1,024.",
        "`beta_kl`, `beta_rec`, `beta_neg`, `fake_rec`; the defaults are the code's",
        UNMEASURED,
    ),
    Difference(
        "BatchNorm when sampling",
        "Not stated.",
        "No program calls `.eval()`: samples and reconstructions are made with the statistics of their own batch.",
        "none: here statistics estimated again on prior draws, nearly the same and the same for any batch; "
        "[what it changes](images.ipynb#what-batchnorm-changes)",
        UNMEASURED,
    ),
    Difference(
        "Averaged weights (EMA)",
        "“Is applied”: §5.1.",
        "In `A_VAE.py` alone, of the decoder, for pictures during training (282–288); checkpoints and the last "
        "pictures are of the plain weights (131–135, 318–326).",
        "`ema`; here of every method on images",
        UNMEASURED,
    ),
    Difference(
        "Equal budgets",
        "150 epochs (§5.1); methods are compared without a word on their settings.",
        "`train.sh` gives the methods different epochs, latents, batches and weights: [below](#unequal-budgets).",
        "here all methods have the same",
        UNMEASURED,
    ),
    Difference(
        "IntroVAE's weights",
        "Both hinges count alike, and so do both KLs of the decoder: eq. 3.",
        "`I_VAE.py`, 198–203: the factor 0.5·`beta_neg` is on the hinge of the generated sample alone, that of the "
        "reconstruction has the weight 1, and either is a hinge of the batch's mean KL. Line 230: 0.5·`beta_kl` on the "
        "decoder's KLs.",
        "none: here a hinge per sample, and $\\alpha$ on both",
        UNMEASURED,
    ),
    Difference(
        "2-Wasserstein",
        "The distance is “based on” it: abstract, §4.",
        "No such term; nor is there one in eqs. 5 to 8.",
        "none",
        "words alone: [Theorem 1](why.ipynb#theorem-1)",
    ),
)


def table(points: Cells) -> str:
    """Return all differences in Markdown, one row each, with what the runs say where they measure it."""
    rows = [
        {
            "": f"**{each.what}**",
            "the paper writes": each.paper,
            "the code does": f"{each.code} *Switch:* {each.switch}.",
            "does it matter": _matters(each, points),
        }
        for each in DIFFERENCES
    ]
    return _markdown(rows)


def _matters(each: Difference, points: Cells) -> str:
    if not each.label:
        return f"{each.matters[0].upper()}{each.matters[1:]}."
    return f"Around the supplement's reading, points: {paper_vs_code.effect(points, each.label)}. And {each.matters}."


BUDGETS = {
    "epochs, MNIST": ("100", "50", "50"),
    "epochs, CIFAR-10": ("150", "100", "100"),
    "latents, CIFAR-10": ("128", "128", "64"),
    "latents, CelebA-128": ("256", "128", "128"),
    "batch, CelebA-256": ("32", "16", "16"),
    "`beta_neg`, Oxford": ("256", "0.5", "–"),
    "EMA of the decoder": ("yes", "no", "no"),
}
"""What ``train.sh`` and the programs give AS-IntroVAE, S-IntroVAE and IntroVAE, where they differ; a dash where
the parameter has another meaning."""


def budgets() -> pd.DataFrame:
    """Return :data:`BUDGETS` as a table."""
    return pd.DataFrame.from_dict(BUDGETS, orient="index", columns=["AS-IntroVAE", "S-IntroVAE", "IntroVAE"])


def _markdown(rows: list[dict[str, str]]) -> str:
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="github", disable_numparse=True)
