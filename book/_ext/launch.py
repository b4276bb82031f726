"""Buttons for repository, source, Colab and Binder, once ``CITATION.cff`` names a public repository.

Until it has a ``repository-code`` there is nowhere to send a reader, and the pages show none of them.
"""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def repository(file: Path = ROOT / "CITATION.cff") -> str | None:
    """Return the address of the public repository, or None as long as there is none."""
    return yaml.safe_load(file.read_text()).get("repository-code")


def options(address: str | None) -> dict:
    """Return what the theme needs for its buttons."""
    if address is None:
        return {}
    return {
        "repository_url": address.rstrip("/"),
        "repository_branch": "main",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    }


def add_buttons(app, config):
    """Hand the options to the theme."""
    config.html_theme_options = config.html_theme_options | options(repository())


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", add_buttons, priority=900)
    return {"parallel_read_safe": True}
