"""Every page as a reader has it: from disk, no network, light and dark, on a wide screen and on a phone."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARTICLE = "article.bd-article"


def sideways(page):
    """Return what sticks out of the page to the right, and by how many pixels the page moves sideways."""
    return page.evaluate(
        """() => {
            const wide = innerWidth, out = document.documentElement.scrollWidth - wide;
            const far = e => e.getBoundingClientRect().right > wide + 1;
            const culprits = out > 0 ? [...document.querySelectorAll("main *")].filter(far).map(e => e.outerHTML) : [];
            return [out, culprits.map(html => html.slice(0, 150)).slice(0, 5)];
        }"""
    )


def test_the_page_opens_without_complaint_and_asks_no_other_machine(visit):
    assert visit.remote == []
    assert visit.complaints == []
    assert visit.page.evaluate("document.documentElement.dataset.theme") == visit.theme


def test_every_equation_is_drawn(visit):
    left = visit.page.evaluate(
        """() => [...document.querySelectorAll("main .math")]
            .filter(e => !e.querySelector("mjx-container") || e.querySelector("mjx-merror, [data-mjx-error]"))
            .map(e => e.textContent)"""
    )
    assert left == []
    text = visit.page.evaluate(
        """() => {
            const main = document.querySelector("main").cloneNode(true);
            main.querySelectorAll("pre, code, mjx-container, script").forEach(e => e.remove());
            return main.textContent;
        }"""
    )
    assert not any(raw in text for raw in ("\\(", "\\[", "$$", "\\frac", "\\mathrm"))


def test_every_picture_is_there(visit):
    broken = visit.page.evaluate(
        "[...document.images].filter(i => !(i.complete && i.naturalWidth > 0)).map(i => i.src.slice(0, 200))"
    )
    assert broken == []


def test_the_page_does_not_move_sideways(page):
    assert sideways(page) == [0, []]


def test_axe_finds_nothing_serious(visit, page, axe, sizes):
    found = []
    if visit.theme == "light":  # in the dark nothing but the colours differs
        found += axe(page, rules={"color-contrast": {"enabled": False}})
    # Contrast takes axe ten times as long as all its other rules. The article has the same colours on every screen.
    found += axe(page, ARTICLE if page.viewport_size == sizes["phone"] else None, runOnly=["color-contrast"])
    assert found == []


def test_colours_do_not_depend_on_the_width_of_the_screen():
    """So contrast inside an article is the same on a phone."""
    for sheet in sorted((ROOT / "book" / "_static").glob("*.css")):
        for narrow in re.findall(r"@media[^{]*width[^{]*\{(.*?\})\s*\}", sheet.read_text(), flags=re.S):
            assert not re.search(r"\b(color|background(-color)?|opacity)\s*:", narrow), (sheet.name, narrow)
