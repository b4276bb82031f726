"""Evidence → verdict: the supplement's claims G1 to G4, AS-IntroVAE beside S-IntroVAE and WGAN-GP on images.

The supplement shows sixteen random images a model and leaves the judging to the eye. Here the distance between
generated and real images judges, FID where it was taken, by :mod:`asvae.verdicts`.
"""

import pandas as pd

from asvae import datasets, objectives
from asvae.studies.catalogue import Cells
from asvae.studies.measures import headline_name, headline_of
from asvae_book.paper.ablation_claims import ranking
from asvae_book.paper.verdicts import Verdict, compare, conclude

CLAIM = "AS-IntroVAE's samples look better than S-IntroVAE's and WGAN-GP's"

OURS, OTHERS = "as-introvae", ("s-introvae", "wgan-gp")

DATASETS = {"G1": "celeba128", "G2": "celeba256", "G3": "mnist", "G4": "cifar10"}
"""Claim → the data set of its figure."""


def judge(claim: str, cells: Cells) -> Verdict:
    """Judge one of G1 to G4: AS-IntroVAE lies nearer to real images than S-IntroVAE and WGAN-GP.

    ``cells`` maps objectives to the runs of their seeds, as :func:`asvae.studies.catalogue.configurations` of ``"methods"`` does.
    """
    rows, ours = {}, cells.get(OURS, [])
    for other in OTHERS:
        theirs = cells.get(other, [])
        if ours or theirs:
            label, name = objectives.get(other).label, headline_name(ours + theirs)
            value = headline_of(ours + theirs)
            rows[label, f"AS-IntroVAE − this, {name}"] = compare(ours, theirs, value, -1, "{:+.2f}", len(OTHERS))
    return conclude(claim, rows)


def comparisons(cells: Cells) -> pd.DataFrame:
    """Return what each of G1 to G4 is judged by, one comparison a row."""
    return judge("G", cells).comparisons


def sentences(cells: Cells) -> list[str]:
    """Return in words which method scores best, and what the supplement's claim comes to on the data of these runs."""
    everything = [run for runs in cells.values() for run in runs]
    [(data, scale)] = {(run.config.dataset, run.config.scale) for run in everything}
    published = scale == "paper" and not any(run.config.overrides for run in everything)
    claim = next((key for key, own in DATASETS.items() if own == data and published), None)
    verdict = judge(claim or "G", cells)
    about = f"**{claim}**, {CLAIM}:" if claim else f"{CLAIM}, as {', '.join(DATASETS)} claim of other data or sizes:"
    return [
        ranking(cells, lambda name: objectives.get(name).label),
        f"{about} on {datasets.title(data)} at {scale} scale {verdict.in_words}.",
    ]
