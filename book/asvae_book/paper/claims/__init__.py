"""The claims of the paper and its supplement, one record each with all that is known about it here."""

from asvae_book.paper.claims.annealing import A1, A2, A3, A4, ANNEALING_CLAIMS, SQUASHED
from asvae_book.paper.claims.annealing_summaries import (
    Judged,
    annealing_comparisons,
    annealing_evidence,
    annealing_sentences,
    annealing_table,
)
from asvae_book.paper.claims.images import (
    G1,
    G2,
    G3,
    G4,
    IMAGE_CLAIM,
    IMAGE_CLAIMS,
    M2,
    M3,
    image_comparisons,
    image_sentences,
    reconstruction_comparisons,
)
from asvae_book.paper.claims.records import RELEASED, UNAVAILABLE, Claim, Ground
from asvae_book.paper.claims.summaries import ranking, verdict_table
from asvae_book.paper.claims.toy import M1, T1, T2, T3
from asvae_book.paper.claims.training import M4, M5

CLAIMS = (M1, M2, M3, M4, M5, T1, T2, T3, A1, A2, A3, A4, G1, G2, G3, G4)
"""All of them, in the order of the ledger; to add one, enter it here."""

CLAIM = {claim.key: claim for claim in CLAIMS}
"""By key."""

__all__ = [
    "A1",
    "A2",
    "A3",
    "A4",
    "ANNEALING_CLAIMS",
    "CLAIM",
    "CLAIMS",
    "G1",
    "G2",
    "G3",
    "G4",
    "IMAGE_CLAIM",
    "IMAGE_CLAIMS",
    "M1",
    "M2",
    "M3",
    "M4",
    "M5",
    "RELEASED",
    "SQUASHED",
    "T1",
    "T2",
    "T3",
    "UNAVAILABLE",
    "Claim",
    "Ground",
    "Judged",
    "annealing_comparisons",
    "annealing_evidence",
    "annealing_sentences",
    "annealing_table",
    "image_comparisons",
    "image_sentences",
    "ranking",
    "reconstruction_comparisons",
    "verdict_table",
]
