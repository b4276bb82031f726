"""Drop what the theme would fetch from other machines, so a page opened from disk is whole."""

import re

REMOTE = re.compile(r"https?://")
_TAGS = re.compile(r'<(?:script|link)\b[^>]*(?:src|href)="https?://[^"]*"[^>]*>(?:</script>)?')
_LIVE = "sphinx_thebe"
"""Jupyter Book loads this extension always; what it offers needs a kernel on another machine."""


def drop_remote(app, pagename, templatename, context, doctree):
    """Remove remote scripts and style sheets from a page's head; make the search work without a server."""
    if pagename == "search":
        app.add_js_file("from-disk.js")
    for kind, attribute in (("script_files", "filename"), ("css_files", "filename")):
        files = context.get(kind)
        if files:
            context[kind] = [f for f in files if not REMOTE.match(str(getattr(f, attribute, f) or ""))]
    if context.get("metatags"):
        context["metatags"] = _TAGS.sub("", context["metatags"])


def silence_live_code(app):
    """Take back the handlers and the style sheet of the extension for live code."""
    for listeners in app.events.listeners.values():
        listeners[:] = [each for each in listeners if not each.handler.__module__.startswith(_LIVE)]
    app.registry.css_files[:] = [(name, tags) for name, tags in app.registry.css_files if "thebe" not in name]


def setup(app):
    """Register with Sphinx."""
    silence_live_code(app)
    app.connect("html-page-context", drop_remote, priority=900)
    return {"parallel_read_safe": True}
