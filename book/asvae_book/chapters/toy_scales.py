"""Whether the reduced scale stands for the published one: what S-IntroVAE and the VAE score at both, and the time."""

import numpy as np

from asvae.durations import duration
from asvae.training.run import Result
from asvae_book.chapters.toy import Toy
from asvae_book.paper import published
from asvae_book.studies import Cells
from asvae_book.studies.intervals import over_seeds, signed
from asvae_book.studies.pairs import difference

SOFT, VAE = ("C1", "s-introvae"), ("C1", "vae")


def stands_in(toy: Toy, reduced: Cells[Result], full: Cells[Result]) -> str:
    """Return in words how near ``reduced`` comes to the released loop, and to the printed gap of S-IntroVAE and VAE.

    Empty without runs of both, and on data that the loop was not run on.
    """
    soft, vae = reduced.get(SOFT, []), reduced.get(VAE, [])
    if toy.dataset != "checkerboard" or not soft or not vae:
        return ""
    ours, loop = over_seeds([run.scores["kl"] for run in soft]), published.RELEASED_LOOP[SOFT]["kl"]
    printed = toy.printed[SOFT][0] - toy.printed[VAE][0]
    took = float(np.median([run.provenance["seconds"] for run in soft]))
    longer = [run.provenance["seconds"] for run in full.get(SOFT, [])]
    share = f", 1/{np.median(longer) / took:.0f} of what it takes at the published settings" if longer else ""
    return (
        f"At C1 S-IntroVAE scores a KL of {ours.plus_minus('{:.2f}')} ({ours.n} seeds), the released loop {loop:g}; "
        f"S-IntroVAE minus VAE is {difference(soft, vae).text()}, printed {signed('{:+.1f}', printed)}. "
        f"A run takes {duration(took)}{share}."
    )
