"""Evidence → verdict: the supplement's claims G1 to G4, AS-IntroVAE beside S-IntroVAE and WGAN-GP on images.

The supplement shows sixteen random images a model and leaves the judging to the eye. Here the distance between
generated and real images judges, FID where it was taken, by :mod:`asvae.verdicts`.
"""

from asvae import objectives
from asvae.ablation import headline_name, headline_of
from asvae.studies import Cells
from asvae.verdicts import Verdict, compare, conclude

OURS, OTHERS = "as-introvae", ("s-introvae", "wgan-gp")

DATASETS = {"G1": "celeba128", "G2": "celeba256", "G3": "mnist", "G4": "cifar10"}
"""Claim → the data set of its figure."""


def judge(claim: str, cells: Cells) -> Verdict:
    """Judge one of G1 to G4: AS-IntroVAE lies nearer to real images than S-IntroVAE and WGAN-GP.

    ``cells`` maps objectives to the runs of their seeds, as :func:`asvae.studies.configurations` of ``"methods"`` does.
    """
    rows, ours = {}, cells.get(OURS, [])
    for other in OTHERS:
        theirs = cells.get(other, [])
        if ours or theirs:
            label, name = objectives.get(other).label, headline_name(ours + theirs)
            value = headline_of(ours + theirs)
            rows[label, f"AS-IntroVAE − this, {name}"] = compare(ours, theirs, value, -1, "{:+.2f}", len(OTHERS))
    return conclude(claim, rows)
