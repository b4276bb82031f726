"""Tell search engines and previews what a page is about: its first paragraph, and one picture for the whole book.

A preview needs an absolute address, which there is only once ``CITATION.cff`` names one (``url``).
"""

import html
import re
import shutil
from pathlib import Path

import yaml
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "book" / "checkerboard.png"
LENGTH = 200
"""Characters of a description."""


def about(doctree) -> str:
    """Return the beginning of a page's first paragraph, cut at a word."""
    paragraph = next(iter(doctree.findall(nodes.paragraph)), None)
    text = re.sub(r"^Question\.\s*", "", " ".join(paragraph.astext().split())) if paragraph else ""
    return text if len(text) <= LENGTH else text[:LENGTH].rpartition(" ")[0] + " …"


def describe(app, pagename, templatename, context, doctree):
    """Add a page's description and preview to its head."""
    if app.builder.format != "html" or doctree is None:
        return
    address = yaml.safe_load((ROOT / "CITATION.cff").read_text()).get("url")
    said = {"og:title": context["title"], "og:description": about(doctree), "og:type": "article"}
    if address:
        said["og:image"] = f"{address.rstrip('/')}/_static/{PICTURE.name}"
    tags = [f'<meta name="description" content="{html.escape(about(doctree))}">']
    tags += [
        f'<meta property="{name}" content="{html.escape(re.sub("<.*?>", "", value))}">' for name, value in said.items()
    ]
    context["metatags"] = context.get("metatags", "") + "\n".join(tags)


def bring_picture(app, error):
    """Put the preview's picture where pages name it."""
    if error is None and app.builder.format == "html":
        shutil.copy(PICTURE, Path(app.outdir) / "_static" / PICTURE.name)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", describe)
    app.connect("build-finished", bring_picture)
    return {"parallel_read_safe": True}
