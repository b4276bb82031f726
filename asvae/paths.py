"""Where results are kept: the checkout's ``data/``, or the current folder's where the package stands alone."""

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[1]
DATA = (_CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()) / "data"
