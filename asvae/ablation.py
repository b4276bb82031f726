"""The weight-annealing ablation as numbers: one row a schedule, measured over seeds, with floors."""

import pandas as pd

from asvae.studies import Cells


def table(cells: Cells) -> pd.DataFrame:
    """Return how many runs each schedule has."""
    return pd.DataFrame({title(label): {"seeds": len(runs)} for label, runs in cells.items()}).T
