"""Mend what Sphinx and its theme write against the rules of HTML and ARIA, so that screen readers tell the truth."""

import re

_SIGNATURE = re.compile(r'<dl>(\s*<dd><em class="sig-param">.*?</dd>\s*)</dl>', flags=re.S)


def spans(found: re.Match) -> str:
    """Return the lines of a long signature as lines: they stand inside a term and are no list of definitions."""
    lines = re.sub(r"<(/?)dd>", lambda tag: "</span>" if tag[1] else '<span class="sig-line">', found[1])
    return f"<span>{lines}</span>"


def named(make):
    """Return a maker of tables of contents whose buttons for folding have a name."""

    def toctree(*args, **options):
        return re.sub(r"<summary>(?=<span)", '<summary aria-label="Pages of this part">', str(make(*args, **options)))

    return toctree


def mend(app, pagename, templatename, context, doctree):
    """Mend the body of a page and its table of contents."""
    if app.builder.format != "html":
        return
    if "generate_toctree_html" in context:
        context["generate_toctree_html"] = named(context["generate_toctree_html"])
    if "body" in context:
        context["body"] = _SIGNATURE.sub(spans, context["body"]).replace(
            '<div role="list" class="citation-list">', '<div class="citation-list">'
        )


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", mend, priority=900)
    return {"parallel_read_safe": True}
