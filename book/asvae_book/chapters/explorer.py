"""The annealing explorer: a slider over the rate of the ramp, for two shapes; what it shows is drawn beforehand.

The slider is linked to stacks of pictures in the browser, so that it works in a page without a kernel as well.
"""

import base64
import io
from collections.abc import Mapping
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from asvae import datasets, schedules
from asvae.metrics import points
from asvae_book.chapters import palette
from asvae_book.chapters.figures import board
from asvae_book.studies import EXPLORER, RATES, TABLE1, Cells
from asvae_book.studies.intervals import over_seeds
from asvae_book.studies.measures import headline

SHAPES = ("tanh", "linear")
"""Both are names of schedules."""


class Frame(NamedTuple):
    """What the slider shows at one of its positions."""

    description: str
    """The same in words, for who does not see it."""
    png: bytes


def references() -> dict[str, tuple[float, str]]:
    """Return the lines beside which scores stand, by their name: a KL and a colour each."""
    soft = [headline(run) for run in TABLE1.find("checkerboard")["C1", "s-introvae"] if not run.diverged]
    lines = {"S-IntroVAE": (float(np.mean(soft)), palette.of_method("s-introvae"))} if soft else {}
    return lines | {"floor": (points.floor(datasets.get("checkerboard"), large=100)["kl"], palette.TRUTH)}


def frames(cells: Cells, lines: Mapping[str, tuple[float, str]]) -> dict[str, list[Frame]]:
    """Return for each shape one frame per rate: c over training, samples of the first seed, scores of all of them.

    ``lines`` are drawn beside the scores, as :func:`references` returns them.
    """
    return {shape: [_frame(shape, rate, cells, lines) for rate in RATES] for shape in SHAPES}


def _frame(shape: str, rate: float, cells: Cells, lines: Mapping[str, tuple[float, str]]) -> Frame:
    runs = cells[f"{shape}-{rate:g}"]
    spread = [headline(run) for run in cells.runs if not run.diverged] + [value for value, _ in lines.values()]
    variant = EXPLORER.variants[f"{shape}-{rate:g}"]
    schedule, colour = schedules.get(variant.changes["schedule"], rate), palette.of_method(variant.objective)
    values = [headline(run) for run in runs if not run.diverged]
    mean, half, n, *_ = over_seeds(values)
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 2.6), width_ratios=(1.1, 1.0, 0.75))
    t = np.linspace(0.0, 1.0, 200)
    axes[0].plot(t, [schedule(float(each)) for each in t], color=colour)
    axes[0].set(xlabel="t / T", ylabel="c, the share of KL", ylim=(-0.03, 1.05), title=f"{shape}, rate {rate:g}")
    board(axes[1], runs[0].config.data(), runs[0].samples, colour)
    axes[1].set_title("samples, first seed")
    for name, (value, shade) in lines.items():
        axes[2].axhline(value, color=shade, ls="--", lw=1)
        axes[2].text(1.0, value, name, color=shade, ha="right", va="bottom", fontsize=9)
    # The right half is the names'.
    places = np.linspace(-0.85, -0.05, len(values)) if len(values) > 1 else np.full(1, -0.45)
    axes[2].plot(places, values, "o", color=colour, ms=5, alpha=0.7)
    axes[2].set(xlim=(-1.0, 1.0), ylim=(min(spread) - 0.5, max(spread) + 0.5), xticks=[], title="KL, one dot per seed")
    png = _png(figure)
    plt.close(figure)
    score = f"KL {mean:.2f}" + (f" ± {half:.2f} over {n} seeds" if n > 1 else "")
    score += "".join(f", {name} {value:.2f}" for name, (value, _) in lines.items())
    reached = next((share for share in t if schedule(float(share)) > 0.95), None)
    when = f"c passes 0.95 after {reached:.0%} of the run" if reached is not None else "c never reaches 0.95"
    return Frame(f"{shape} ramp of rate {rate:g}: {when}; {score}.", png)


def _png(figure: Figure) -> bytes:
    """Return a figure as a small PNG: few colours are enough for lines and dots."""
    raw, small = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, format="png", dpi=110)
    Image.open(raw).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return small.getvalue()


def explorer(cells: Cells):
    """Return the widget: one slider for the rate, below it a picture for each shape, with its sentence."""
    import ipywidgets as widgets  # the book's, not the core's

    rates = [f"{rate:g}" for rate in RATES]
    slider = widgets.SelectionSlider(options=rates, value="5", description=f"rate ({', '.join(rates)})")
    slider.style.description_width = "initial"
    slider.layout.width = "min(30em, 95%)"
    parts = [slider]
    for shown in frames(cells, references()).values():
        stack = widgets.Stack([_picture(frame) for frame in shown], selected_index=slider.index)
        stack.layout.max_width = "100%"
        widgets.jslink((slider, "index"), (stack, "selected_index"))
        parts.append(stack)
    return widgets.VBox(parts)


def _picture(frame: Frame):
    import ipywidgets as widgets

    source = base64.b64encode(frame.png).decode()
    image = f'<img alt="{frame.description}" src="data:image/png;base64,{source}" style="max-width: 100%">'
    return widgets.HTML(f"{image}<p>{frame.description}</p>")
