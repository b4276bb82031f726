"""The claims about images: G1 to G4 and M2, samples beside S-IntroVAE's and WGAN-GP's; M3, reconstructions.

The supplement shows sixteen random images per model and leaves the judging to the eye; the paper prints FID. Here the
distance between generated and real images judges, FID where it was taken, by :mod:`asvae_book.paper.verdicts`.
"""

import math

import pandas as pd

from asvae import datasets
from asvae.config.presets import scales
from asvae.training.run import Result
from asvae_book.paper import published
from asvae_book.paper.claims.floors import score_floor
from asvae_book.paper.claims.records import RELEASED, UNAVAILABLE, Claim, Ground
from asvae_book.paper.claims.summaries import ranking
from asvae_book.paper.measures import judges_of
from asvae_book.paper.verdicts import Verdict, compare, conclude
from asvae_book.studies import METHODS, Cells
from asvae_book.studies.measures import headline_name, headline_of

OURS, OTHERS = "as-introvae", ("s-introvae", "wgan-gp")

_CAVEAT = "with equal numbers of generator steps"
"""For each of them WGAN-GP's critic sees five batches."""

_HEADING = "does-the-claim-hold"


def judge(cells: Cells[Result]) -> Verdict:
    """Judge by the score that ranks whether AS-IntroVAE lies nearer to real images than S-IntroVAE and WGAN-GP.

    ``cells`` are of the study :data:`asvae_book.studies.catalogue.METHODS`.
    """
    rows, ours = {}, cells.get(OURS, [])
    for other in OTHERS:
        theirs = cells.get(other, [])
        if ours or theirs:
            name, value = headline_name(ours + theirs), headline_of(ours + theirs)
            data = (ours + theirs)[0].config.dataset
            printed = published.printed_gap(published.FID, data, other) if name == "FID" else None
            judges = judges_of(ours + theirs)
            compared = compare(ours, theirs, value, -1, "{:+.2f}", len(OTHERS), printed=printed, judges=judges)
            rows[METHODS.title(other), f"AS-IntroVAE − this, {name}"] = compared
    return conclude(rows)


_DIGITS = Ground("digits", "quick", f"images#{_HEADING}", own=False)
"""Small digits stand beside the paper's data sets; their verdict never speaks for a claim."""


def _grounds(dataset: str) -> tuple[Ground, ...]:
    """Return the scales of one of the paper's data sets; a page shows it once there are runs of it."""
    page = {"mnist": f"images-mnist#{_HEADING}"}.get(dataset, "")
    return tuple(Ground(dataset, scale, page) for scale in ("reduced", "paper") if scale in scales(dataset))


def _claim(key: str, figure: int, dataset: str, program: str, *beside: Ground) -> Claim:
    return Claim(
        key,
        f"AS-IntroVAE's random images of {datasets.title(dataset)} look better than S-IntroVAE's and WGAN-GP's",
        place=f"supplement, Figure {figure}",
        shown="16 images per model",
        program=program,
        study=METHODS,
        labels=(OURS, *OTHERS),
        grounds=(*beside, *_grounds(dataset)),
        judge=judge,
        caveat=_CAVEAT,
        floor=score_floor,
    )


G1 = _claim("G1", 4, "celeba128", UNAVAILABLE, Ground("celeba64", "reduced", "", own=False))
G2 = _claim("G2", 5, "celeba256", UNAVAILABLE)
G3 = _claim("G3", 6, "mnist", RELEASED, _DIGITS)
G4 = _claim("G4", 7, "cifar10", RELEASED)

IMAGE_CLAIMS = (G1, G2, G3, G4)

_EVERY = (_DIGITS, *(ground for dataset in published.FID for ground in _grounds(dataset)))


def _fids() -> str:
    best = {name: min(scores, key=scores.get) for name, scores in published.FID.items()}
    if set(best.values()) != {OURS}:
        raise ValueError(f"Table 2 does not rank {OURS} first everywhere: {best}")
    gaps = (f"{datasets.title(name)} {scores[OTHERS[0]]} → {scores[OURS]}" for name, scores in published.FID.items())
    return f"FID of S- → AS-IntroVAE {'; '.join(gaps)}"


M2 = Claim(
    "M2",
    "AS-IntroVAE has the best FID of generated images on all four data sets",
    place="Table 2",
    shown=_fids(),
    program=RELEASED,
    study=METHODS,
    labels=(OURS, *OTHERS),
    grounds=_EVERY,
    judge=judge,
    caveat=_CAVEAT,
    floor=score_floor,
)


def m3(cells: Cells[Result]) -> Verdict:
    """Judge whether AS-IntroVAE reconstructs test images better than S-IntroVAE by PSNR, SSIM and MSE.

    What the paper itself does not print as better on such data is not claimed.
    """
    ours, theirs = cells.get(OURS, []), cells.get(OTHERS[0], [])
    measures = {"PSNR, dB": ("rec_psnr", 1), "SSIM": ("rec_ssim", 1), "MSE": ("rec_mse", -1)}
    rows = {}
    for place, (title, (score, side)) in enumerate(measures.items() if ours or theirs else ()):
        data = (ours + theirs)[0].config.dataset
        printed = published.printed_gap(published.RECONSTRUCTION, data, OTHERS[0], place)
        if printed is not None and printed * side <= 0.0:
            continue
        rows[METHODS.title(OTHERS[0]), f"AS-IntroVAE − this, {title}"] = compare(
            ours,
            theirs,
            lambda run, score=score: run.scores.get(score, math.nan),
            side,
            "{:+.4f}",
            len(measures),
            printed=printed,
        )
    return conclude(rows)


def _psnrs() -> str:
    gaps = (
        f"{datasets.title(name)} {printed[OTHERS[0]][0]} → {printed[OURS][0]}"
        for name, printed in published.RECONSTRUCTION.items()
        if name in published.FID
    )
    return f"PSNR of S- → AS-IntroVAE {'; '.join(gaps)}; also Oxford, which is not a data set here"


M3 = Claim(
    "M3",
    "AS-IntroVAE reconstructs better than S-IntroVAE in PSNR, SSIM and MSE (but CelebA-256's SSIM, CIFAR-10's MSE)",
    place="Table 3",
    shown=_psnrs(),
    program=RELEASED,
    study=METHODS,
    labels=(OURS, OTHERS[0]),
    grounds=_EVERY,
    judge=m3,
)

IMAGE_CLAIM = "AS-IntroVAE's samples look better than S-IntroVAE's and WGAN-GP's"
"""What the four say, whatever the data."""


def image_comparisons(cells: Cells[Result]) -> pd.DataFrame:
    """Return what each of G1 to G4 is judged by, the score that ranks, one row per opponent."""
    compared = judge(cells).comparisons
    compared.index = [f"AS-IntroVAE − {opponent}" for opponent, _ in compared.index]
    return compared.drop(columns="claimed")


def reconstruction_comparisons(cells: Cells[Result]) -> pd.DataFrame:
    """Return what M3 is judged by, one row per measure."""
    compared = m3(cells).comparisons
    if len(compared):
        compared.index = [what for _, what in compared.index]
    return compared


def image_sentences(cells: Cells[Result]) -> list[str]:
    """Return in words which method scores best, and what the paper's claims come to on the data of these runs."""
    [(data, scale)] = {(run.config.dataset, run.config.scale) for run in cells.runs}
    changed = any(run.config.overrides for run in cells.runs)
    own = {
        (ground.dataset, ground.scale): claim.key for claim in IMAGE_CLAIMS for ground in claim.grounds if ground.own
    }
    if (data, scale) in own and not changed:
        about = f"**{own[data, scale]}**, {IMAGE_CLAIM}:"
    else:
        about = f"{IMAGE_CLAIM}, as {', '.join(dict.fromkeys(own.values()))} claim of other data or sizes:"
    where = f"on {datasets.title(data)} at {scale} scale"
    also = "**M2** rests on the same comparisons. " * (data in published.FID)
    reconstructs = m3(cells)
    return [
        f"{ranking(cells, METHODS.title)}{_printed_order(data)}",
        f"{about} {where} {judge(cells).in_words}. {also}"
        f"**M3**, AS-IntroVAE reconstructs better than S-IntroVAE: {where} "
        f"**{reconstructs.verdict}** ({reconstructs.said}).",
    ]


def _printed_order(data: str) -> str:
    printed = published.FID.get(data)
    if not printed:
        return ""
    order = ", ".join(f"{METHODS.title(name)} {printed[name]}" for name in sorted(printed, key=printed.get))
    return f" The order that the paper prints, by FID: {order}."
