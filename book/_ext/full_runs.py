"""Show tables of the full runs as they are today: ``{full-runs} targets`` and ``{full-runs} evidence``."""

from docutils import nodes
from docutils.parsers.rst import Directive


class FullRuns(Directive):
    """A table made from studies, claims and ``data/results/``."""

    required_arguments = 1

    def run(self):
        """Return the table."""
        from asvae_book.chapters.ledger_page import table  # with PyTorch, three seconds
        from asvae_book.workflow import tables

        text = table(getattr(tables, self.arguments[0])())
        container = nodes.container(classes=["full-runs"])
        self.state.nested_parse(text.splitlines(), self.content_offset, container)
        return container.children


def setup(app):
    """Register with Sphinx."""
    app.add_directive("full-runs", FullRuns)
    return {"parallel_read_safe": True}
