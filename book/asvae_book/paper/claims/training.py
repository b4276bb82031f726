"""The claims M4 and M5 about training: it converges faster and stays stable; nothing collapses, no gradient vanishes.

The paper makes them of CelebA-128 in pictures and in words. Each measure here is a number of one run; AS-IntroVAE is
compared with S-IntroVAE over shared seeds. Points stand in for the faces.
"""

import math
from functools import partial

from asvae import datasets
from asvae.training.marks import EARLY_SCORES
from asvae.training.run import Result
from asvae_book.paper.claims.floors import score_floor
from asvae_book.paper.claims.records import UNAVAILABLE, Claim, Ground
from asvae_book.paper.measures import early_gradient, fluctuation, score_at
from asvae_book.paper.verdicts import Value, Verdict, compare, conclude
from asvae_book.studies import METHODS, Cells
from asvae_book.studies.measures import headline_name

OURS, THEIRS = "as-introvae", "s-introvae"

_claim = partial(
    Claim,
    program=UNAVAILABLE,
    study=METHODS,
    labels=(OURS, THEIRS),
    grounds=(
        Ground("8gaussians", "quick", "8gaussians#do-the-claims-hold", own=False),
        Ground("checkerboard", "quick", "checkerboard#do-the-claims-hold", own=False),
        Ground("digits", "quick", "images#does-the-claim-hold", own=False),
        Ground("celeba128", "paper", ""),
    ),
)


def _judge(cells: Cells[Result], measures: dict[str, tuple[Value, int, str]]) -> Verdict:
    ours, theirs = cells.get(OURS, []), cells.get(THEIRS, [])
    if not ours and not theirs:
        return conclude({})
    return conclude(
        {
            ("S-IntroVAE", f"AS-IntroVAE − this, {title}"): compare(ours, theirs, value, side, form, len(measures))
            for title, (value, side, form) in measures.items()
        }
    )


def m4(cells: Cells[Result]) -> Verdict:
    """Judge whether scores are better at three early shares of training, and steadier over its last third.

    A share that lies in the warm-up is left out: until there both methods are the same VAE.
    """
    name = headline_name(cells.runs) if cells.runs else "score"
    warm = max((run.config.recipe.warmup for run in cells.runs), default=0.0)
    measures = {
        f"{name}, after {share:.0%} of the run": (partial(score_at, share=share), -1, "{:+.2f}")
        for share in EARLY_SCORES
        if share > warm
    }
    return _judge(cells, measures | {"fluctuation over the last third": (fluctuation, -1, "{:+.3f}")})


M4 = _claim(
    "M4",
    "AS-IntroVAE converges faster than S-IntroVAE and trains more stably",
    place="Figure 7",
    shown="faces after 10, 20 and 50 of 150 epochs",
    judge=m4,
    floor=score_floor,
)


def m5(cells: Cells[Result]) -> Verdict:
    """Judge whether the posterior holds more of the data, the gradients from fakes are larger early on, samples vary.

    Gradients are those of the fakes' divergence over the first tenth of the adversarial phase; modes and the spread of
    samples are measured on points alone.
    """
    measures = {
        "mutual information of data and latents, nats": (_score("mutual_information"), 1, "{:+.3f}"),
        "dead latents": (_score("dead_latents"), -1, "{:+.1%}"),
        "encoder's early gradient from fakes": (partial(early_gradient, player="encoder"), 1, "{:+.2g}"),
        "decoder's early gradient from fakes": (partial(early_gradient, player="decoder"), 1, "{:+.2g}"),
    }
    if any(run.config.kind == "points" for run in cells.runs):
        modes = datasets.get(cells.runs[0].config.dataset).modes
        measures[f"{modes} covered"] = _score("modes_covered"), 1, "{:+.2f}"
        measures["spread of samples over the truth's"] = _score("spread"), 1, "{:+.3f}"
    return _judge(cells, measures)


M5 = _claim(
    "M5",
    "AS-IntroVAE avoids posterior collapse and vanishing gradients, and its samples are more diverse",
    place="Sections 1 and 4, Theorem 1",
    shown="in words",
    judge=m5,
    caveat="judging gradients by size",
)


def _score(name: str) -> Value:
    return lambda run: run.scores.get(name, math.nan)
