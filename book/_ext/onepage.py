"""Bring along, where the whole book is one page, the state and scripts of every chapter's widgets."""

from myst_nb.sphinx_ import NbMetadataCollector


def add_scripts(app, pagename, templatename, context, doctree):
    """Add each script once."""
    if app.builder.name == "singlehtml":
        scripts = [
            each for name in app.env.found_docs for each in NbMetadataCollector.get_js_files(app.env, name).values()
        ]
        added = set()
        for path, options in scripts:
            if path is None or path not in added:
                app.add_js_file(path, **options)
            added.add(path)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True}
