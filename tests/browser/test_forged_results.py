"""What a forged result says is text on a page: no script, no link, no template that is evaluated while it is built."""

import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from jupyter_book.config import get_final_config
from sphinx.application import Sphinx

from asvae.files import write_record
from asvae.store.kept import read
from asvae.store.results import ROOT as RESULTS
from asvae.store.results import from_record
from asvae.training.run import Result
from asvae_book.chapters import image_scores, ledger_page, show
from asvae_book.paper.claims import CLAIMS
from asvae_book.paper.ledger import Evidence
from asvae_book.paper.verdicts import conclude
from asvae_book.studies.sources import line
from asvae_book.workflow import tables

ROOT = Path(__file__).parents[2]
FORGED = (
    '<img src=x onerror="window.forged=1"><script>window.forged=1</script> [x](javascript:window.forged=1) '
    "![x](javascript:1) <javascript:1> www.forged.com http://forged.com a@forged.com "
    r"{{ 6 * 7 }} $\href{javascript:window.forged=1}{x}$ `{raw} html`"
)
FREE = ("asvae", "commit", "device", "hardware", "numpy", "python", "torch", "data", "precision")
EXTENSIONS = ("outputs", "accessible", "readable", "described", "source_data", "full_runs")
OBEYED = "[onerror], img[src=x], [href^=javascript], [src^=javascript], [href*='forged.com']"


@pytest.fixture(scope="module")
def forged(tmp_path_factory):
    """A committed result, forged and sealed anew wherever its file may hold any text."""
    kept = json.loads((RESULTS / "checkerboard-quick-as-introvae-C1-seed0.json").read_text())
    kept["provenance"] |= dict.fromkeys(FREE, FORGED) | {"protocol": {FORGED: FORGED}}
    path = tmp_path_factory.mktemp("results") / "forged.json"
    write_record(path, {name: value for name, value in kept.items() if name != "sha256"})
    return read(path, lambda kept: Result(**from_record(kept)))


@pytest.fixture(scope="module")
def site(forged, tmp_path_factory):
    """A chapter and a page that show the forged result, built with the book's own settings of Markdown."""
    outputs, folder = [], tmp_path_factory.mktemp("site")

    def display(shown, metadata=None):
        data, _ = DisplayFormatter().format(shown)
        outputs.append(nbformat.v4.new_output("display_data", data, metadata=metadata or {}))

    evidence = Evidence(CLAIMS[0], CLAIMS[0].grounds[0], (forged,), conclude({}), "", "")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(show, "display", display)
        show.show(pd.DataFrame([{FORGED: forged.provenance}], index=[FORGED]), [forged])
        show.say_list([image_scores.protocol([forged]), line([forged])])
        show.say(ledger_page.table([{"what was run": evidence.run}]))
        ways = [{"mystnb": {"markdown_format": way}} for way in ("commonmark", "myst")]
        cells = [nbformat.v4.new_code_cell("show()", outputs=outputs, metadata=way) for way in ways]
        chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A chapter"), *cells])
        nbformat.write(chapter, folder / "index.ipynb")
        (folder / "evidence.md").write_text("# A page\n```{full-runs} evidence\n```\n")
        patched.setattr(tables, "committed", lambda: {forged.config: forged})
        patched.setattr(tables, "hours", lambda *_: 1.0)
        patched.syspath_prepend(str(ROOT / "book" / "_ext"))
        config, _ = get_final_config(
            user_yaml=ROOT / "_config.yml", sourcedir=ROOT, cli_config={"latex_individualpages": False}
        )
        config = {name: value for name, value in config.items() if name.startswith(("myst_", "nb_"))}
        config |= {"nb_execution_mode": "off", "html_theme": "basic", "copyright": "", "smartquotes": False}
        config["extensions"] = ["myst_nb", "sphinx.ext.mathjax", *EXTENSIONS]
        Sphinx(folder, None, folder / "html", folder / "tree", "html", config, status=None, warning=None).build()
    return folder / "html"


# A table of pandas, the line under it, a list and a table in Markdown, in either form of Markdown.
@pytest.mark.parametrize(("name", "times"), [("index", 2 * (13 + 3 + 5 + 1)), ("evidence", 1)])
def test_a_page_shows_what_is_forged_and_obeys_none_of_it(site, browser, name, times):
    page = browser.new_page()
    page.goto((site / f"{name}.html").as_uri(), wait_until="load")
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    assert page.evaluate("window.forged") is None
    assert page.locator(OBEYED).count() == 0
    assert " ".join(page.locator("body").inner_text().split()).count(FORGED) == times
    page.close()
