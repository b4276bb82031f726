"""A chart as lines, sharp at any size; the same figure gives the same text."""

import re
from io import StringIO

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure

MOST = 200_000
"""Characters of the longest: training curves of many seeds are lighter as pixels."""


def as_svg(figure: Figure) -> str:
    """Return a chart as SVG, as wide in pixels as it would be as a picture.

    Empty where it holds pixels, such as pictures or clouds of samples, or would be longer than :data:`MOST`.
    """
    if figure.findobj(Artist.get_rasterized) or any(axis.images for axis in figure.axes):
        return ""
    text = StringIO()
    with mpl.rc_context({"svg.hashsalt": "asvae", "svg.fonttype": "path"}):
        figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    zoom = figure.dpi / 72
    drawn = re.sub(r'"([\d.]+)pt"', lambda size: f'"{float(size[1]) * zoom:.0f}px"', text.getvalue())
    # A hundredth of a point is seen by nobody; what is below 1 may be a scale.
    drawn = re.sub(r"\b([1-9]\d*\.\d\d)\d+", r"\1", drawn)
    return drawn if len(drawn) <= MOST else ""
