"""Re-execute a chapter when what it imports has changed, not only when its own cells have.

The execution cache is keyed by a notebook's cells. Here it moves to a folder named after everything else that
a chapter's numbers depend on, so an edit of the core re-executes and a revert finds its old cache again.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def fingerprint() -> str:
    """Return a hash of the core's source, what ``data/`` has committed and the versions of torch and numpy."""
    digest = hashlib.sha256(f"{version('torch')} {version('numpy')}".encode())
    committed = [path for folder in ("results", "golden", "benchmarks") for path in ROOT.glob(f"data/{folder}/*.json")]
    for path in sorted([*ROOT.glob("asvae/**/*.py"), *committed]):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def choose_cache(app, config):
    """Point myst-nb to the cache that belongs to today's core."""
    config.nb_execution_cache_path = str(Path(app.outdir).parent / ".jupyter_cache" / fingerprint())


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", choose_cache, priority=1)
    return {"parallel_read_safe": True}
