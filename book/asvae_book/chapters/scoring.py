"""How far a score of images depends on how it is taken, and where encoders settle."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from asvae.metrics.features import JUDGES
from asvae.training.diagnostics import equilibrium
from asvae.training.run import Result
from asvae_book.chapters.tables import plus_minus
from asvae_book.paper.measures import at_the_end
from asvae_book.studies import METHODS, TABLE1, Cells
from asvae_book.studies.intervals import paired

AGAIN, RUNNING = "frechet_classifier", "frechet_classifier_running"


def by_statistics(cells: Cells[Result]) -> pd.DataFrame:
    """Return the Fréchet distance of each method by where BatchNorm's statistics come from, and what it changes."""
    rows = {}
    for name, runs in cells.items():
        ended = [run for run in runs if not run.diverged]
        again, running = ([run.scores.get(key, math.nan) for run in ended] for key in (AGAIN, RUNNING))
        rows[METHODS.title(name)] = {
            "estimated again": plus_minus(ended, lambda run: run.scores.get(AGAIN, math.nan)),
            "running": plus_minus(ended, lambda run: run.scores.get(RUNNING, math.nan)),
            "running − again": paired(running, again).text(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def by_judge(cells: Cells[Result]) -> pd.DataFrame:
    """Return the Fréchet distance of each method as each judge sees it, means over seeds."""
    rows = {
        METHODS.title(name): {
            f"judge {judge + 1}": plus_minus(
                runs, lambda run, key=f"{AGAIN}_judge{judge}": run.scores.get(key, math.nan)
            )
            for judge in range(JUDGES)
        }
        for name, runs in cells.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def settled(groups: Mapping[str, Sequence[Result]]) -> pd.DataFrame:
    """Return the KL at which the encoder balances in theory, and the KL of real data and of samples where runs end."""
    rows = {}
    for title, runs in groups.items():
        ended = [run for run in runs if not run.diverged]
        if ended:
            predicted = equilibrium(ended[0].config)
            rows[title] = {
                "KL*, predicted": f"{predicted:.1f}",
                "KL of real data": plus_minus(ended, lambda run: at_the_end(run, "kl_real")),
                "KL of samples": plus_minus(ended, lambda run: at_the_end(run, "kl_fake")),
                "real over KL*": f"{np.mean([at_the_end(run, 'kl_real') for run in ended]) / predicted:.2f}",
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def soft_groups(cells: Cells[Result], title: str) -> dict[str, Sequence[Result]]:
    """Return S-IntroVAE's runs of a page, called ``title``, and of the checkerboard's table, for :func:`settled`."""
    board = TABLE1.find(TABLE1.dataset).of("s-introvae")
    return {title: cells.get("s-introvae", [])} | {f"checkerboard, {row}": runs for (row, _), runs in board.items()}
