"""Training to look at: a slider over the frames of two runs, in the page itself, with no kernel and no network.

Python draws what does not move (regions, curves); ``slider.js`` draws the frame that the slider is at. Colours are
those of the page, light or dark.
"""

import base64
import html
import json
import math
from collections.abc import Sequence
from pathlib import Path

from asvae.datasets.points import PointsDataset
from asvae_book.chapters import palette
from asvae_book.chapters.frames import DEVIATIONS, EVERY, MEANS, POSTERIORS, SAMPLES, Film
from asvae_book.paper.measures import BOUND, unit
from asvae_book.studies.sources import in_markdown

SCRIPT = Path(__file__).with_name("slider.js").read_text(encoding="utf-8")
STYLE = Path(__file__).with_name("slider.css").read_text(encoding="utf-8")

LATENTS = 4.0
"""Half the side of the panels of posteriors."""


def player(film: Film, title: str) -> str:
    """Return the slider and the panels of a film as HTML: one column per run."""
    dataset, steps = film.configs[0].data(), film.configs[0].steps
    tops = [_largest(curves["as_distance"]) for curves in film.curves]
    span = (-3.0, math.ceil(math.log10(max(tops))))
    runs = "".join(_run(film, i, dataset, span) for i in range(len(film.configs)))
    c = _plot([_line(film.curves[0], "c", steps, 0.0, 1.0)], "c over training")
    data = {
        "steps": film.steps,
        "of": steps,
        "every": EVERY,
        "counts": [SAMPLES, POSTERIORS],
        "limits": [1.1 * dataset.limit, *MEANS, *DEVIATIONS],
        "curves": [_plain(curves) for curves in film.curves],
        "frames": [base64.b64encode(b"".join(own)).decode() for own in film.frames],
    }
    last = len(film.steps) - 1
    return (
        f'<div class="film" style="--as: {palette.of_method("as-introvae")}"><style>{STYLE}</style>'
        f'<div class="film-c"><span>c, the share of KL, 0 to 1</span>{c}</div>'
        f"<label>Training step, {html.escape(title)} "
        f'<input type="range" min="0" max="{last}" value="{last}" step="1"></label>'
        '<p class="film-said" aria-live="polite"></p>'
        '<p>Posteriors and KL of <b class="real">data</b> and of <b class="fake">samples</b>; dashed: the prior&#39;s '
        "standard deviation, and the distance that variances of one allow.</p>"
        f'<div class="film-runs">{runs}</div>'
        f'<script type="application/json">{json.dumps(data, separators=(",", ":"))}</script>'
        f"<script>{SCRIPT}</script></div>"
    )


def bound(film: Film) -> float:
    """Return the largest AS-distance without a variance below one: √2, times the kernel's constant if it is kept."""
    return BOUND * unit(film.configs[0])


def sentence(film: Film, title: str) -> str:
    """Return in words what the two runs of a film come to."""
    parts = []
    for i, (config, curves) in enumerate(zip(film.configs, film.curves, strict=True)):
        largest = _number(_largest(curves["as_distance"]))
        if _stays(film, i):
            parts.append(f"seed {config.seed} stays below that, at {largest} or less")
            continue
        step, c = next(
            (step, c)
            for step, c, distance in zip(curves["step"], curves["c"], curves["as_distance"], strict=True)
            if distance > bound(film)
        )
        parts.append(
            f"seed {config.seed} exceeds it first at step {step + 1:,}, where c is {c:.2g}, and reaches {largest}"
        )
    return f"**{title}.** Variances of one or more allow an AS-distance of {bound(film):.2f}: {'; '.join(parts)}."


def source(film: Film) -> str:
    """Return the line under a film that says how it was made."""
    made, config = {name: in_markdown(each) for name, each in film.provenance.items()}, film.configs[0]
    return (
        f"2 runs: {config.scale} scale, seeds {' and '.join(str(each.seed) for each in film.configs)}, trained on "
        f"{made['hardware']}; torch {made['torch']}, commit {made['commit']}; "
        "made again by `python -m asvae_book.chapters.frames`"
    )


def _run(film: Film, i: int, dataset: PointsDataset, span: tuple[float, float]) -> str:
    curves, steps = film.curves[i], film.configs[i].steps
    logs = curves | {"as_distance": [math.log10(max(v, 1e-9)) if v == v else v for v in curves["as_distance"]]}
    level = 100.0 - 100.0 * (math.log10(bound(film)) - span[0]) / (span[1] - span[0])
    distance = [f'<path class="bound" d="M0 {level:.1f}H100"/>', _line(logs, "as_distance", steps, *span)]
    top = math.ceil(max(_largest(each[name]) for each in film.curves for name in ("kl_real", "kl_fake")))
    kls = [_line(curves, "kl_real", steps, 0.0, top, "real"), _line(curves, "kl_fake", steps, 0.0, top)]
    fate = "stays within the bound" if _stays(film, i) else "exceeds the bound"
    return (
        f'<div class="film-run"><strong>Seed {film.configs[i].seed}, {fate}</strong>'
        f'<div class="film-boards"><div><span>samples</span>{_board(dataset)}</div>'
        "<div><span>posteriors</span>"
        f'<svg class="latents" viewBox="{_box(LATENTS)}" role="img" aria-label="Posteriors as ellipses">'
        '<circle r="1"/><path class="real"/><path class="fake"/></svg></div></div>'
        f"<span>AS-distance, {_power(span[0])} to {_power(span[1])}: <b></b></span>"
        f"{_plot(distance, 'AS-distance over training, on a logarithmic axis')}"
        f"<span>KL, 0 to {top}; of data <b></b>, of samples <b></b></span>"
        f"{_plot(kls, 'KL of data and of samples over training')}</div>"
    )


def _board(dataset: PointsDataset) -> str:
    limit, side = 1.1 * dataset.limit, dataset.side
    square = dataset.region == "square"
    regions = [
        f'<rect x="{x - side / 2:g}" y="{-y - side / 2:g}" width="{side:g}" height="{side:g}"/>'
        if square
        else f'<circle cx="{x:.3f}" cy="{-y:.3f}" r="{side / 2:.3f}"/>'
        for x, y in dataset.centres.tolist()
    ]
    return (
        f'<svg class="samples" viewBox="{_box(limit)}" role="img" aria-label="Samples over the regions of the data">'
        f'{"".join(regions)}<path class="fake"/></svg>'
    )


def _plot(lines: Sequence[str], name: str) -> str:
    return (
        '<svg class="film-plot" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{name}">{"".join(lines)}<path class="now" d="M0 0V100"/></svg>'
    )


def _box(half: float) -> str:
    return f"{-half:g} {-half:g} {2 * half:g} {2 * half:g}"


def _line(curves, name: str, steps: int, low: float, high: float, kind: str = "fake") -> str:
    """Return a curve as a path in a square of 100 × 100, clipped to it."""
    points = [
        f"{100.0 * (step + 1) / steps:.1f} {100.0 - 100.0 * min(1.0, max(0.0, (value - low) / (high - low))):.1f}"
        for step, value in zip(curves["step"], curves[name], strict=True)
        if math.isfinite(value)
    ]
    return f'<path class="{kind}" d="M{"L".join(points)}"/>'


def _plain(curves: dict[str, list[float]]) -> dict[str, list[float | None]]:
    return {
        name: [value if math.isfinite(value) else None for value in values[::EVERY]]
        for name, values in curves.items()
        if name != "step"
    }


def _stays(film: Film, i: int) -> bool:
    return _largest(film.curves[i]["as_distance"]) <= bound(film)


def _largest(values: Sequence[float]) -> float:
    return max(value for value in values if math.isfinite(value))


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 1e4 else f"{value / 10 ** (e := math.floor(math.log10(value))):.1f} · {_power(e)}"


def _power(exponent: float) -> str:
    return "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
