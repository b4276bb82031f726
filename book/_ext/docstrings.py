"""Keep napoleon away from the docstrings of attributes: it takes what stands before a colon for their type."""

_KINDS = ("attribute", "data", "property")
_kept: dict[str, list[str]] = {}


def put_aside(app, what, name, obj, options, lines):
    """Before napoleon: leave it nothing to read."""
    if what in _KINDS:
        _kept[name] = lines[:]
        lines.clear()


def put_back(app, what, name, obj, options, lines):
    """After napoleon: the docstring as it was."""
    if what in _KINDS:
        lines[:] = _kept.pop(name)


def forget_aliases(app, env):
    """Take back what napoleon writes into autodoc's own setting: the next build would take it for a change of ours."""
    app.config.autodoc_type_aliases.clear()


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", put_aside, priority=100)
    app.connect("autodoc-process-docstring", put_back, priority=800)
    app.connect("env-updated", forget_aliases)
    return {"parallel_read_safe": True}
