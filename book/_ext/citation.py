"""Offer BibTeX of the paper and of this companion: at the foot of every page, on a page, and as a file.

The paper's entry is the one in ``references.bib``; the companion's is made from ``CITATION.cff``.
"""

import html
import re
from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive

ROOT = Path(__file__).resolve().parents[2]
PAPER = "lu2022asintrovae"
FILE = "cite.bib"


def bibtex(year: str) -> str:
    """Return both entries; ``CITATION.cff`` has no date as long as there is no release, so ``year`` is the book's."""
    entries = (ROOT / "book" / "references.bib").read_text()
    paper = re.search(rf"@\w+{{{PAPER},\n.*?\n}}", entries, flags=re.S)[0]
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    authors = " and ".join(f"{{{author['name']}}}" for author in cff["authors"])
    fields = {
        "title": cff["title"],
        "author": authors,
        "version": cff["version"],
        "year": str(cff.get("date-released", year))[:4],
        "note": f"Licence {cff['license']}",
    }
    lines = [f"  {name:9} = {{{value}}}" for name, value in fields.items()]
    return paper + "\n\n@software{asintrovae_companion,\n" + ",\n".join(lines) + "\n}\n"


class Citation(Directive):
    """A literal block with both entries."""

    def run(self):
        """Return the block."""
        text = bibtex(self.state.document.settings.env.config.copyright)
        return [nodes.literal_block(text, text, language="bibtex")]


def add_footer(app, pagename, templatename, context, doctree):
    """Put the entries, folded, at the foot of a page."""
    if app.builder.format == "html" and "pathto" in context:
        file = context["pathto"](f"_static/{FILE}", 1)
        context["theme_extra_footer"] = (
            "<details><summary>Cite the paper and this companion</summary>"
            f'<pre>{html.escape(bibtex(app.config.copyright))}</pre><p><a href="{file}" download>BibTeX file</a></p>'
            "</details>"
        )


def write_file(app, error):
    """Write the entries into a file of their own."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "_static" / FILE).write_text(bibtex(app.config.copyright))


def setup(app):
    """Register with Sphinx."""
    app.add_directive("citation", Citation)
    app.connect("html-page-context", add_footer)
    app.connect("build-finished", write_file)
    return {"parallel_read_safe": True}
