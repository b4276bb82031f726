"""Link the functions of the API reference back to the numbered equations that they compute.

The method chapter names the function under each equation; nothing is typed twice.
"""

import re
from pathlib import Path

METHOD = Path(__file__).resolve().parents[1] / "method.md"
_PAIR = re.compile(r":label: (eq-[\w-]+)\n(?:.*\n)*?```\n\nComputed by \{py:func\}`([\w.]+)`\.")


def equations() -> dict[str, str]:
    """Return the label of the equation that each function computes, by the function's full name."""
    return {function: label for label, function in _PAIR.findall(METHOD.read_text())}


def link_back(app, what, name, obj, options, lines):
    """Add the equation's number, a link, after the first paragraph of a docstring."""
    app.env.note_dependency(str(METHOD))
    label = equations().get(name)
    if label is not None:
        end = lines.index("") if "" in lines else len(lines)
        lines[end:end] = ["", f"Equation :eq:`{label}` of :doc:`the method </book/method>`.", ""]


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", link_back, priority=900)
    return {"parallel_read_safe": True}
