"""What ``benchmarks/`` measured, as tables, sentences and a figure."""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from asvae.files import DATA, read_record
from asvae_book.chapters import palette
from asvae_book.studies.sources import in_markdown

ROOT = DATA / "benchmarks"

Record = dict[str, Any]


def measured(name: str) -> Record | None:
    """Return a benchmark's record, or ``None`` where it was not run; a damaged one is refused by name."""
    path = ROOT / f"{name}.json"
    return read_record(path) if path.is_file() else None


def table(record: Record | None, topic: str) -> pd.DataFrame:
    """Return one topic of a record, numbers to three digits; one line that says so if it was not run."""
    if record is None:
        return pd.DataFrame({"": ["not run"]}, index=["–"])
    rows = [{key: _text(value) for key, value in row.items()} for row in record[topic]]
    if len(rows) == 1:
        return pd.DataFrame({"": rows[0]})
    frame = pd.DataFrame(rows).fillna("–")
    # The first column's name goes into the corner of the header, not onto a line of its own.
    return frame.set_index(frame.columns[0]).rename_axis(index=None, columns=frame.columns[0])


def line(record: Record | None) -> str:
    """Return where a record was measured, for the line under its tables."""
    if record is None:
        return "not run"
    source = {key: in_markdown(value) for key, value in record["provenance"].items()}
    return (
        f"measured once on {source['hardware']}, torch {source['torch']}, commit {source['commit']}, {source['date']}"
    )


def sentences(speed: Record | None, quality: Record | None) -> list[str]:
    """Return what the measurements come to, in words with their numbers; nothing for what was not measured."""
    said = []
    if speed is not None:
        best = max((row for row in speed["lanes"] if row["scale"] == "quick"), key=lambda row: row["ratio"])
        where = f"{best['lanes']} lanes in {best['processes']} {'process' if best['processes'] == 1 else 'processes'}"
        said.append(
            f"**Seeds are cheap when they share a step.** At the quick scale {where} make {best['ratio']:.1f} times as "
            "many run-steps a second as the textbook loop, and that is what turned single runs into intervals."
        )
        [step] = [row for row in speed["steps"] if (row["scale"], row["step"]) == ("paper", "ours, s-introvae")]
        share = step["share of matmul ceiling"]
        said.append(
            f"**At the published size little is left on a CPU.** Our step is {step['ratio']:.2f} times as fast as the "
            f"textbook's, and bare matrix multiplication for its passes would take {share:.0%} of its time."
        )
    if quality is not None:
        ends = [
            f"*{row['recipe']}* ends {row['KL at the end'] - quality['target']:+.1f} from it in "
            f"1/{1 / row['of theirs']:.0f} of the time"
            for row in quality["rows"]
            if row["of theirs"] < 1.0
        ]
        said.append(
            f"**The mark is a KL of {quality['target']}**, one seed of the released code: {'; '.join(ends)}. Shorter "
            "training is paid for in quality."
        )
    return said


def time_to_quality(record: Record) -> Figure:
    """Draw KL over seconds of training, one line per run, one shade of S-IntroVAE's colour per recipe.

    A cross marks where the released defaults end.
    """
    figure, axis = plt.subplots(figsize=(6.2, 3.5))
    shades = palette.shades("s-introvae", len(record["curves"]))
    for (name, runs), colour in zip(record["curves"].items(), shades, strict=True):
        for i, run in enumerate(runs):
            axis.plot(run["seconds"], run["kl"], color=colour, lw=1.2, label=None if i else name)
    released = record["rows"][0]
    axis.plot(released["seconds"], record["target"], "x", ms=9, mew=2, color=palette.TRUTH, label=released["recipe"])
    axis.axhline(record["target"], color=palette.TRUTH, linestyle="--", linewidth=1)
    axis.set(xscale="log", xlabel="seconds of training, one core", ylabel="KL, the paper's unit", ylim=(None, 27.0))
    axis.legend(fontsize=9)
    return figure


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return "–" if value is None else str(value)
