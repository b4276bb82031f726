"""The runs that each question needs, and the measures that compare them."""

from asvae_book.studies.catalogue import (
    ABLATION,
    DEVIATIONS,
    EIGHT_GAUSSIANS,
    EXPLORER,
    METHODS,
    RATES,
    STUDIES,
    TABLE1,
)
from asvae_book.studies.records import COMMITTED_SEEDS, Cells, Label, Study, Variant

__all__ = [
    "ABLATION",
    "COMMITTED_SEEDS",
    "DEVIATIONS",
    "EIGHT_GAUSSIANS",
    "EXPLORER",
    "METHODS",
    "RATES",
    "STUDIES",
    "TABLE1",
    "Cells",
    "Label",
    "Study",
    "Variant",
]
