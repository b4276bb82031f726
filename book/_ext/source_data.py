"""Set beside the line that says where a figure or table comes from its numbers, as CSV, and the command behind them.

``asvae_book.chapters.show.show`` writes both into the metadata of that line's output; Sphinx drops metadata, so they
are read from the executed notebook.
"""

from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from sphinx.util import logging

FOLDER = "_downloads/numbers"


def extras(notebook):
    """Return of each source line of a notebook, in its order, what was written into its metadata."""
    outputs = (output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
    lines = (output for output in outputs if output.get("data", {}).get("text/markdown", "").startswith("*Source: "))
    return [line.metadata.get("asvae", {}) for line in lines]


def add(app, pagename, templatename, context, doctree):
    """Add links and commands to the folded source lines of a page, and write the files."""
    path = Path(app.env.mystnb_config.output_folder, f"{pagename}.ipynb") if app.builder.name == "html" else None
    if "body" not in context or path is None or not path.exists():
        return
    soup, found = BeautifulSoup(context["body"], "html.parser"), extras(nbformat.read(path, as_version=4))
    lines = soup.select("details.source")
    if len(lines) != len(found):
        logging.getLogger(__name__).warning(f"{pagename}: {len(lines)} source lines on the page, {len(found)} executed")
        return
    for number, (line, extra) in enumerate(zip(lines, found, strict=True), start=1):
        paragraph = soup.new_tag("p", attrs={"class": "source-line"})
        if "csv" in extra:
            file = Path(FOLDER, f"{Path(pagename).name}-{number}.csv")
            (app.outdir / file).parent.mkdir(parents=True, exist_ok=True)
            (app.outdir / file).write_text(extra["csv"])
            link = soup.new_tag("a", attrs={"href": "../" * pagename.count("/") + file.as_posix(), "download": ""})
            link.string = "The numbers as CSV"
            paragraph.append(link)
        if "command" in extra:
            code = soup.new_tag("code")
            code.string = extra["command"]
            paragraph.extend([". " if paragraph.contents else "", "The runs again: ", code])
        if paragraph.contents:
            line.append(paragraph)
    context["body"] = str(soup)


def setup(app):
    """Register with Sphinx, after the lines are folded."""
    app.connect("html-page-context", add, priority=960)
    return {"parallel_read_safe": True}
