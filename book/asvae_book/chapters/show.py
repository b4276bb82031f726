"""What a chapter displays: a figure or table with the line that says where its runs came from."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from asvae.training.golden import fingerprint
from asvae.training.run import Result


def _scale(run: Result) -> str:
    changed = ", ".join(f"{name} {value}" for name, value in run.config.overrides.items())
    return f"{run.config.scale} scale" + (f" with {changed}" if changed else "")


def line(runs: Sequence[Result]) -> str:
    """Return the one line that stands under a figure or table: origin, scale, seeds, cost, hardware, versions.

    It ends in a warning if some of the runs were made by other numerics than today's.
    """
    runs = list({run.config: run for run in runs}.values())
    if not runs:
        return "not run"
    sources = [run.provenance for run in runs]
    origins = Counter(source["origin"] for source in sources)
    seconds = sum(source["seconds"] for source in sources)
    parts = [f"{count} {'run' if count == 1 else 'runs'} {origin}" for origin, count in origins.items()]
    scales = " and ".join(dict.fromkeys(_scale(run) for run in runs))
    seeds = len({run.config.seed for run in runs})
    minutes = f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
    cost = f"{seconds:.0f} s" if seconds < 120 else minutes
    old = sum(run.provenance["fingerprint"] != fingerprint(run.config.objective, run.config.dataset) for run in runs)
    warning = f"; **{old} of these were made by other numerics than today's**" if old else ""
    machines, torches, commits = (
        ", ".join(dict.fromkeys(source[key] for source in sources)) for key in ("hardware", "torch", "commit")
    )
    return (
        f"{' and '.join(parts)}: {scales}, {seeds} {'seed' if seeds == 1 else 'seeds'}, "
        f"{cost} of training on {machines}; torch {torches}, commit {commits}{warning}"
    )


def say(text: str) -> None:
    """Display a sentence in Markdown that depends on the parameters or the results."""
    display(Markdown(text))


def show(shown: Any, runs: Sequence[Result] | str) -> None:
    """Display a figure or table with the line under it that says where its runs came from."""
    with pd.option_context("display.max_colwidth", None):
        display(shown)
    if isinstance(shown, Figure):
        plt.close(shown)
    display(Markdown(f"*Source: {runs if isinstance(runs, str) else line(runs)}.*"))
