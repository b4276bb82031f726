"""Give what code prints the form of a page: real headings of columns and rows, aligned columns, one source line.

Pandas writes its tables as finished HTML, and a chapter's source lines are ordinary emphasised paragraphs, so both
are recognised here when the page is written.
"""

import re

from bs4 import BeautifulSoup
from docutils import nodes

_FRAME = re.compile(r'<div>\s*<style scoped>.*?</style>\s*(<table[^>]*class="dataframe[^"]*".*?</table>)', flags=re.S)
_HEAD = re.compile(r"<thead>.*?</thead>", flags=re.S)
_UNSCOPED = re.compile(r"<th(?![^>]*scope)(?=[ >])")
_LONG = 24
"""Characters from which a heading of a row may break into lines, and any cell is given the width to be read."""
_QUANTITY = re.compile(r"[-+−–±<>≥≤×]?\s*(\d|NaN|inf)|[–—-]?$")
_WORD = re.compile(r"[a-z]{3,}")


def mark_sources(app, doctree, docname):
    """Give the paragraphs that say where a figure or table comes from a class of their own."""
    for paragraph in doctree.findall(nodes.paragraph):
        if (
            paragraph.children
            and isinstance(paragraph[0], nodes.emphasis)
            and paragraph.astext().startswith("Source: ")
        ):
            paragraph["classes"].append("source-line")


def tidy(table: str) -> str:
    """Return a table of pandas with scopes on its headings and quantities, with their headings, to the right."""
    soup = BeautifulSoup(table, "html.parser")
    soup.table.attrs = {"class": "dataframe"}
    head, body = soup.thead.find_all("tr"), soup.tbody.find_all("tr")
    for row in [*head, *body]:
        row.attrs = {}
    for cell in soup.tbody.find_all("th"):
        cell["scope"] = "rowgroup" if cell.get("rowspan") else "row"
    for cell in soup.tbody.find_all(["th", "td"]):
        if len(cell.get_text()) > _LONG:
            cell["class"] = "long"
    for column, cells in enumerate(zip(*(row.find_all("td") for row in body), strict=True), start=1):
        if all(_is_quantity(cell.get_text().strip()) for cell in cells):
            for cell in [*cells, *_above(head, column - 1 - len(cells[0].parent.find_all("td")))]:
                cell["class"] = "quantity"
    for cell in soup.thead.find_all("th"):
        cell["scope"] = "colgroup" if cell.get("colspan") else "col"
    if not soup.thead.get_text().strip():
        soup.thead.decompose()
    return str(soup)


def _is_quantity(text):
    """Return whether a cell holds numbers, with or without a unit or an interval, and no words."""
    return bool(_QUANTITY.match(text)) and not _WORD.search(text)


def _above(head, column):
    """Return the headings of a column, counted from the right as -1, -2, …: one per row of the head."""
    rows = [row.find_all("th") for row in head]
    return [row[column] for row in rows if len(row) >= -column and not any(cell.get("colspan") for cell in row)]


def tidy_page(app, pagename, templatename, context, doctree):
    """Tidy the tables of a page."""
    if "body" in context and app.builder.format == "html":
        body = _FRAME.sub(lambda found: "<div>" + tidy(found[1]), context["body"])
        context["body"] = _HEAD.sub(lambda head: _UNSCOPED.sub('<th scope="col"', head[0]), body)


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-resolved", mark_sources, priority=900)
    app.connect("html-page-context", tidy_page)
    return {"parallel_read_safe": True}
