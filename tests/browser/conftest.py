"""One browser for all pages, from disk and with no network; where there is none, the tests say how to install one."""

import os
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


def absent(reason):
    """Skip, or fail where a browser was asked for."""
    if os.environ.get("ASVAE_BROWSER") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of one page in one theme in one process, which opens it once: before pytest-xdist looks."""
    for item in items:
        if visit := getattr(item, "callspec", None) and item.callspec.params.get("visit"):
            item.add_marker(pytest.mark.xdist_group("-".join(visit)))


@pytest.fixture(scope="session")
def browser():
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        absent("no Chromium or Chrome found: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"])


class Visit:
    """An open page, with what it complained about and what it asked other machines for."""

    def __init__(self, context):
        self.page = context.new_page()
        self.complaints, self.remote = [], []
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("request", self._note)

    def _note(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.remote.append(request.url)

    def open(self, name, query=""):
        """Open a page of the book and wait for its equations and widgets."""
        self.page.set_viewport_size(SIZES["wide"])
        self.page.goto((HTML / f"{name}.html").as_uri() + query, wait_until="load")
        self.page.evaluate("window.MathJax?.startup?.promise")
        if self.page.locator("script[type='application/vnd.jupyter.widget-view+json']").count():
            self.page.wait_for_selector(".jupyter-widgets")
        return self


@pytest.fixture(scope="session")
def visits(browser):
    """A tab for a light and one for a dark reader, both without a network."""
    if not HTML.exists():
        absent("no built book: run `make pages`")
    opened = {}
    for theme in ("light", "dark"):
        context = browser.new_context(color_scheme=theme, offline=True, reduced_motion="reduce")
        context.set_default_timeout(20_000)
        opened[theme] = context
    return opened


@pytest.fixture(scope="session")
def fresh(visits):
    """Return a function that opens a new tab for a theme."""

    def new(theme="light"):
        return Visit(visits[theme])

    return new


@pytest.fixture(scope="module", params=[(name, theme) for name in PAGES for theme in ("light", "dark")], ids="-".join)
def visit(request, fresh):
    """One page in one theme, its folded evidence open, opened once for all the tests of a module."""
    name, theme = request.param
    visited = fresh(theme).open(name)
    visited.page.evaluate("document.querySelectorAll('details.evidence').forEach(each => { each.open = true; })")
    visited.name, visited.theme = name, theme
    yield visited
    visited.page.close()


@pytest.fixture(scope="module", params=SIZES)
def page(request, visit):
    """The page of a visit, as wide as a desk's or a phone's screen; what scrolls by itself takes a moment to settle."""
    if visit.page.viewport_size != SIZES[request.param]:
        visit.page.set_viewport_size(SIZES[request.param])
        visit.page.wait_for_timeout(400)
    return visit.page


@pytest.fixture(scope="session")
def axe():
    """Return a function that names what axe finds serious or critical on a page, each with its first places.

    ``without`` is the selector of a part that is not looked at.
    """
    from axe_playwright_python.base import AXE_SCRIPT

    def check(page, without=None, **options):
        # Once per page: it is half a megabyte.
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        options = {"resultTypes": ["violations"], "preload": False, **options}
        context = {"exclude": [[without]]} if without else None
        run = "([context, options]) => axe.run(context ?? document, options).then(found => found.violations)"
        found = page.evaluate(run, [context, options])
        grave = [each for each in found if each["impact"] in ("serious", "critical")]
        return [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in grave]

    return check


@pytest.fixture(scope="session")
def sizes():
    """Return the screens by name."""
    return SIZES


@pytest.fixture(scope="session")
def pictures():
    """Return what a page evaluates to the descriptions of the widgets' pictures that are seen now."""
    return "[...document.querySelectorAll('.jupyter-widgets img')].filter(i => i.offsetParent).map(i => i.alt)"
