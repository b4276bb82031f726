"""Show the help of the ``asvae`` command as it is: ``{command-help} train``, and without a name that of the whole."""

from docutils import nodes
from docutils.parsers.rst import Directive

WIDTH = 80
"""Characters per line."""


def help_of(name: str = "") -> str:
    """Return what ``asvae NAME --help`` prints."""
    import typer  # with PyTorch, three seconds that a build of other pages need not wait

    from asvae.cli.command import app

    group = typer.main.get_command(app)
    with group.make_context("asvae", ["--help"], resilient_parsing=True, max_content_width=WIDTH) as context:
        context.terminal_width = WIDTH
        if not name:
            return group.get_help(context)
        command = group.commands[name]
        made = command.make_context(name, [], parent=context, resilient_parsing=True, terminal_width=WIDTH)
        return command.get_help(made)


class CommandHelp(Directive):
    """A literal block with the help of one command."""

    optional_arguments = 1

    def run(self):
        """Return the block."""
        text = help_of(*self.arguments)
        return [nodes.literal_block(text, text, language="text")]


def setup(app):
    """Register with Sphinx."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True}
