"""Gradients by route as numbers: what encoder and decoder receive, early and late, and what follows from it."""

import math

import numpy as np
import pandas as pd

from asvae.studies.catalogue import Cells, title
from asvae.studies.measures import early_and_late, silent
from asvae.training.points.gradient_routes import ROUTES

TITLES = {"data": "real data", "fakes": "error of fakes", "kl": "KL of fakes", "as": "AS-distance"}
"""Route → how figures and tables call it."""


def routes_table(cells: Cells) -> pd.DataFrame:
    """Return the gradients of encoder and decoder by route, early → late, one row a schedule and player."""
    rows = {}
    for label, runs in cells.items():
        for player in ("encoder", "decoder"):
            pairs = {route: early_and_late(runs, player, route) for route in ROUTES}
            rows[title(label), player] = {
                TITLES[route]: "–" if math.isnan(early) else f"{early:.2g} → {late:.2g}"
                for route, (early, late) in pairs.items()
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def sentences(cells: Cells) -> list[str]:
    """Return in words what the gradients of the runs say, with their numbers."""
    said = []
    if cells.get("as-only") and cells.get("kl-only"):
        [distance, _], [kl, _] = (
            early_and_late(cells[label], "decoder", route) for label, route in (("as-only", "as"), ("kl-only", "kl"))
        )
        if distance > 0.0 and kl > 0.0:
            said.append(
                f"At first the AS-distance alone pulls the decoder with {distance:.2g}, KL alone with {kl:.2g}: "
                f"{distance / kl:.0%} of KL's force."
            )
    for label, runs in cells.items():
        kl, distance = (early_and_late(runs, "decoder", route) for route in ("kl", "as"))
        pulls = [
            f"through {name} from {early:.2g} to {late:.2g}"
            for name, (early, late) in (("the AS-distance", distance), ("KL", kl))
            if early > 0.0 or late > 0.0
        ]
        if not pulls:
            continue
        quiet = np.mean([underflow_share(run) for run in runs])
        said.append(
            f"**{title(label)}**: the decoder's pull goes {', '.join(pulls)}; the encoder's adversarial term had "
            f"underflowed for {quiet:.0%} of the adversarial phase."
        )
    return said
