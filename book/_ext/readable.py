"""Make pages readable on any screen: wide tables stack on a phone, code follows what it shows, charts suit the dark."""

import re
from pathlib import Path

from bs4 import BeautifulSoup
from docutils import nodes
from PIL import Image
from sphinx.transforms import SphinxTransform

_NARROW = 30
"""Characters that a row may have side by side on a phone; wider tables are stacked there, one block per row."""

_MANY = 8
"""Columns from which on letters are smaller, so that intervals of all of them fit beside one another."""


class Captions(SphinxTransform):
    """Give the caption of a cell to its picture alone: MyST-NB gives it to every line beside the picture, too."""

    default_priority = 200  # before Sphinx numbers figures, at 210

    def apply(self):
        """Take the others out of their figures."""
        for figure in [*self.document.findall(nodes.figure)]:
            if not [*figure.findall(nodes.image)]:
                figure.replace_self([each for each in figure.children if not isinstance(each, nodes.caption)])


def stack(table):
    """Mark a table of a page as one that is stacked on a phone; every cell carries the heading of its column."""
    heads = [cell.get_text(" ", strip=True) for cell in table.select("thead tr:last-of-type > *")]
    rows = [row.find_all(["th", "td"], recursive=False) for row in table.select("tbody > tr")]
    # A heading may break between its words, a value hardly.
    words = [max(map(len, head.split()), default=0) for head in reversed(heads)]
    widths = [
        max([len(cells[-1 - at].get_text(strip=True)) for cells in rows if len(cells) > at] + words[at : at + 1])
        for at in range(max(map(len, rows), default=0))
    ]
    if sum(widths) <= _NARROW:
        return
    table["class"] = [*table.get("class", []), "stacked"] + ["many"] * (len(widths) >= _MANY)
    for cells in rows:
        for at, cell in enumerate(reversed(cells), start=1):
            if cell.name == "td" and at <= len(heads) and heads[-at]:
                cell["data-label"] = heads[-at]


def move_code(cell, soup):
    """Put the folded code of a cell under its output; a fold around both is evidence, named by what it shows."""
    fold, output = cell.find("details", recursive=False), cell.find(class_="cell_output", recursive=False)
    if fold and output:
        output.insert_after(fold.extract())
    elif fold and (output := fold.find(class_="cell_output", recursive=False)):
        fold["class"] = ["evidence"]
        name = fold.summary.find("p").get_text()
        fold.summary.clear()
        fold.summary.string = name
        del fold.summary["aria-label"]
        code, summary = soup.new_tag("details", attrs={"class": "admonition hide"}), soup.new_tag("summary")
        summary.string = "Code"
        output.insert_after(code)
        code.extend([summary, fold.find(class_="cell_input").extract()])


def fold_source(line, soup):
    """Fold where a figure or table comes from into its beginning: which runs, at which scale."""
    fold, summary = soup.new_tag("details", attrs={"class": "source"}), soup.new_tag("summary")
    summary.string = ", ".join(re.split(r"[,;] ", line.get_text().rstrip("."))[:2])
    line.wrap(fold)
    fold.insert(0, summary)


def mark_chart(image, files):
    """Name lines, and a picture with a transparent ground, a chart: its colours may be turned for a dark page.

    ``files`` has the paths of pictures by their name on the page: while pages are written none is copied yet.
    """
    file = Path(files.get(Path(image["src"]).name, "absent"))
    if file.suffix == ".svg" or (file.suffix == ".png" and file.exists() and _is_clear(file)):
        image["class"] = [*image.get("class", []), "chart"]


def _is_clear(file):
    with Image.open(file) as picture:
        return picture.mode == "RGBA" and picture.getpixel((0, 0))[3] == 0


def arrange(app, pagename, templatename, context, doctree):
    """Arrange the body of a page."""
    body = context.get("body", "")
    if app.builder.format != "html" or not re.search("<table|cell_output", body):
        return
    soup = BeautifulSoup(body, "html.parser")
    for table in soup.find_all("table"):
        stack(table)
    for cell in soup.select("div.cell"):
        move_code(cell, soup)
    for line in soup.select("p.source-line"):
        fold_source(line, soup)
    files = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}
    for image in soup.select("img[src]"):
        mark_chart(image, files)
    context["body"] = str(soup)


def setup(app):
    """Register with Sphinx."""
    app.add_transform(Captions)
    app.connect("html-page-context", arrange, priority=950)
    return {"parallel_read_safe": True}
