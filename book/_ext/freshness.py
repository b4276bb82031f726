"""Re-execute a chapter when what it imports has changed, not only when its own cells have; several at a time.

The execution cache is keyed by a notebook's cells. Here it moves to a folder named after everything else that
a chapter's outputs depend on, so that an edit of the code executes it again and a revert finds the old cache.
MyST-NB executes chapter after chapter as it reads them; here those that are not in the cache are executed before,
one for each core.

With ``ASVAE_OUTPUTS=committed`` nothing is executed: pages show the outputs of the notebooks as they are. ``make test``
does so, because nbval executes the same notebooks in the same call.
"""

import hashlib
import logging
import os
from importlib.metadata import version
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

ROOT = Path(__file__).resolve().parents[2]


def fingerprint() -> str:
    """Return a hash of the library, the book's code, the committed data and the versions of torch and numpy."""
    digest = hashlib.sha256(f"{version('torch')} {version('numpy')}".encode())
    folders = ("results", "frames", "golden", "benchmarks")
    committed = [path for folder in folders for path in ROOT.glob(f"data/{folder}/*.json")]
    code = [*ROOT.glob("asvae/**/*.py"), *ROOT.glob("book/asvae_book/**/*.py")]
    for path in sorted([*code, *committed, ROOT / "data" / "plan.json"]):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def choose_cache(app, config):
    """Point myst-nb to the cache that belongs to today's code and data."""
    config.nb_execution_cache_path = str(Path(app.outdir).parent / ".jupyter_cache" / fingerprint())
    if os.environ.get("ASVAE_OUTPUTS") == "committed":
        config.nb_execution_mode = "off"


def execute(app, env, docnames):
    """Put the chapters that are about to be read into the cache. One that fails is left to MyST-NB, which says why."""
    chapters = [path for name in docnames if (path := Path(env.doc2path(name))).suffix == ".ipynb"]
    if app.config.nb_execution_mode != "cache" or not chapters:
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    for path in chapters:
        cache.add_nb_to_project(str(path))
    log = logging.getLogger("chapters")
    log.setLevel(logging.INFO)  # at which the executor names each chapter that it begins and ends
    load_executor("local-parallel", cache, log).run_and_cache(
        filter_uris=list(map(str, chapters)), timeout=app.config.nb_execution_timeout
    )


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", choose_cache, priority=1)
    app.connect("env-before-read-docs", execute)
    return {"parallel_read_safe": True}
