"""Drop what the theme would fetch from other machines, so a page opened from disk is whole."""

import re

REMOTE = re.compile(r"https?://")
_TAGS = re.compile(r'<(?:script|link)\b[^>]*(?:src|href)="https?://[^"]*"[^>]*>(?:</script>)?')


def drop_remote(app, pagename, templatename, context, doctree):
    """Remove remote scripts and style sheets from a page's head."""
    for kind, attribute in (("script_files", "filename"), ("css_files", "filename")):
        files = context.get(kind)
        if files:
            context[kind] = [f for f in files if not REMOTE.match(str(getattr(f, attribute, f) or ""))]
    if context.get("metatags"):
        context["metatags"] = _TAGS.sub("", context["metatags"])


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", drop_remote, priority=900)
    return {"parallel_read_safe": True}
