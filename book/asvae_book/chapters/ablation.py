"""The weight-annealing ablation as numbers: one row a schedule, over seeds, with what real data get beside it."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from asvae import objectives
from asvae.metrics.intervals import over_seeds
from asvae.studies.catalogue import SCHEDULES, Cells, title
from asvae.studies.measures import counted, drift, fluctuation, headline_name, headline_of, exceeded_bound, silent
from asvae.training.run import Result

FORM = "{:.3g}"


def _over_seeds(runs: Sequence[Result], value: Callable[[Result], float], form: str = FORM) -> str:
    values = [value(run) for run in runs if not run.diverged]
    return over_seeds([each for each in values if math.isfinite(each)]).plus_minus(form)


def schedules_table(cells: Cells) -> pd.DataFrame:
    """Return what c is under each schedule, of which method, and what it stands for in the supplement."""
    stands = {"as-only": "Figure 1", "half": "Figures 2 and 3", "half-kl": "Figure 2, the other reading"}
    stands |= {"annealed": "the paper's method", "linear": "a mode of the released code"}
    weights = {"vae": "–", "as-only": "0", "half": "½", "half-kl": "½, 1 − c of nothing", "kl-only": "1"}
    weights |= {"annealed": "tanh(5 t/T)", "linear": "min(1, 5 t/T)"}
    rows = {}
    for label in cells:
        plain = label.removesuffix("-squashed")
        stand = "the same, with the released code's tanh" if plain != label else stands.get(label, "–")
        method = objectives.get(SCHEDULES[label].objective).label
        rows[title(label)] = {"parameter": label, "c": weights[plain], "method": method, "in the supplement": stand}
    return pd.DataFrame.from_dict(rows, orient="index")


def _columns(runs: Sequence[Result], columns: dict[str, str]) -> dict[str, str]:
    return {
        name: _over_seeds(runs, lambda run, key=key: run.scores.get(key, math.nan)) for name, key in columns.items()
    }


def table(cells: Cells) -> pd.DataFrame:
    """Return the scores of every schedule: mean over seeds ± half of its 95 % interval, fluctuation, spread over seeds.

    Last the floor: what real data get against real data.
    """
    rows = {}
    everything = [run for runs in cells.values() for run in runs]
    name, value = headline_name(everything) if everything else "score", headline_of(everything)
    for label, runs in cells.items():
        scores = [value(run) for run in runs if not run.diverged]
        rows[title(label)] = {
            name: _over_seeds(runs, value),
            "fluctuation, last third": _over_seeds(runs, fluctuation, "{:.2g}"),
            "drift over it": _over_seeds(runs, drift, "{:+.2g}"),
            "sd over seeds": FORM.format(np.std(scores, ddof=1)) if len(scores) > 1 else "–",
            "seeds": counted(runs),
        }
    key = "fid_floor" if name == "FID" else "frechet_classifier_floor"
    floors = [run.scores[key] for run in everything if key in run.scores and not run.diverged]
    if floors:
        rows["real against real"] = {name: FORM.format(floors[0])}
    return pd.DataFrame.from_dict(rows, orient="index").fillna("–")


def sharpness_table(cells: Cells) -> pd.DataFrame:
    """Return how sharp samples and reconstructions are, and how much that differs from image to image.

    In the plane, where points cannot be blurred, where the samples lie.
    """
    everything = [run for runs in cells.values() for run in runs if not run.diverged]
    plane = bool(everything) and everything[0].config.kind == "points"
    columns = {
        "samples on the squares": "on_support",
        "squares covered": "modes_covered",
        "centroid error": "centroid_error",
    }
    if not plane:
        columns = {
            "sharpness of samples / real": "sharpness",
            "its spread over samples": "sharpness_sd",
            "sharpness of reconstructions / real": "rec_sharpness",
            "its spread over them": "rec_sharpness_sd",
        }
    rows = {title(label): _columns(runs, columns) for label, runs in cells.items()}
    if everything and not plane:
        rows["real"] = dict.fromkeys(columns, "–")
        rows["real"] |= {
            "sharpness of samples / real": "1",
            "its spread over samples": FORM.format(everything[0].scores["sharpness_sd_real"]),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def latents_table(cells: Cells) -> pd.DataFrame:
    """Return what the encoder makes of real and generated data: KL in nats, and the share of dead latent dimensions."""
    columns = {"KL of real, nats": "kl_real", "KL of generated, nats": "kl_fake", "dead latents": "dead_latents"}
    rows = {
        title(label): _columns(runs, columns)
        | {"distance left the scale": _ran_away(runs), "exp term underflowed": _silent(runs)}
        for label, runs in cells.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _ran_away(runs: Sequence[Result]) -> str:
    """Return how many runs saw a distance above √2."""
    annealed = [run for run in runs if "as_distance" in run.history]
    return f"{sum(map(exceeded_bound, annealed))} of {len(annealed)}" if annealed else "–"


def _silent(runs: Sequence[Result]) -> str:
    """Return in how much of the adversarial phase the encoder's adversarial term had underflowed, mean over runs."""
    shares = [share for share in map(underflow_share, runs) if math.isfinite(share)]
    return f"{np.mean(shares):.0%} of the time" if shares else "–"
