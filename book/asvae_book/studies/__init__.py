"""The runs that each question needs, and the measures that compare them."""

from asvae_book.studies.catalogue import (
    ABLATION,
    DEVIATIONS,
    EIGHT_GAUSSIANS,
    EXPLORER,
    METHODS,
    RATES,
    READINGS,
    STUDIES,
    TABLE1,
)
from asvae_book.studies.grid import GRID
from asvae_book.studies.records import COMMITTED_SEEDS, Cells, Label, Study, Variant
from asvae_book.studies.specification import SPECIFICATIONS

__all__ = [
    "ABLATION",
    "COMMITTED_SEEDS",
    "DEVIATIONS",
    "EIGHT_GAUSSIANS",
    "EXPLORER",
    "GRID",
    "METHODS",
    "RATES",
    "READINGS",
    "SPECIFICATIONS",
    "STUDIES",
    "TABLE1",
    "Cells",
    "Label",
    "Study",
    "Variant",
]
