"""Where runs came from, as a page says it: in one line, and escaped."""

import html
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from asvae.checks import printable
from asvae.durations import duration
from asvae.training.numerics import fingerprint
from asvae.training.run import Result


def in_markdown(text: Any) -> str:
    """Return what came from a file so that a page shows it and does not obey it: no HTML, no link, no code.

    In MyST, too, where dollars are formulae, braces templates that are evaluated, and addresses links without brackets.
    """
    escaped = html.escape(printable(str(text)), quote=False)
    return re.sub(r"[\\`{$]|\](?=[(\[:])|[.:@/](?=[^\W\d_]|/)", r"\\\g<0>", escaped)


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
    old = sum(run.provenance["fingerprint"] != fingerprint(run.config.objective, run.config.dataset) for run in runs)
    warning = f"; **{old} of these were made by other numerics than today's**" if old else ""
    machines, torches, commits = (
        ", ".join(dict.fromkeys(in_markdown(source[key]) for source in sources))
        for key in ("hardware", "torch", "commit")
    )
    return (
        f"{' and '.join(parts)}: {scales}, {seeds} {'seed' if seeds == 1 else 'seeds'}, "
        f"{duration(seconds)} of training on {machines}; torch {torches}, commit {commits}{warning}"
    )
