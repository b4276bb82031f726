"""Every page as a reader has it: from disk, no network, light and dark, on a wide screen and on a phone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARTICLE = "article.bd-article"
ELSEWHERE = ("book/why",)


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


def test_no_table_is_clipped(page):
    clipped = page.evaluate(
        """() => [...document.querySelectorAll("article table")].filter(table => {
            const article = document.querySelector("article"), box = table.getBoundingClientRect();
            let room = article.getBoundingClientRect().right;
            for (let e = table.parentElement; e !== article; e = e.parentElement)
                if (getComputedStyle(e).overflowX !== "visible") room = Math.min(room, e.getBoundingClientRect().right);
            return box.width > 1 && (box.right > room + 1 || table.scrollWidth > table.clientWidth + 2);
        }).map(table => table.outerHTML.slice(0, 200))"""
    )
    assert clipped == []


def test_no_equation_is_clipped(page):
    """One that cannot shrink enough stands in a block that moves by itself and that the keyboard reaches."""
    clipped = page.evaluate(
        """() => [...document.querySelectorAll("article mjx-container")].filter(e => {
            const block = e.closest("div.math");
            if (block?.tabIndex === 0 || !e.offsetParent || e.closest("details:not([open])")) return false;
            const end = document.querySelector("article").getBoundingClientRect().right;
            return e.getBoundingClientRect().right > end + 1;
        }).map(e => e.closest("p, div, td").textContent.slice(0, 100))"""
    )
    assert clipped == []


def test_letters_of_figures_have_nine_pixels(visit, page):
    """They have nine points, and figures of these pages 150 pixels per inch: nine points are 18.75 of their pixels."""
    if visit.name.startswith("book/images") or visit.name in ELSEWHERE:
        pytest.skip("figures of another size")
    small = page.evaluate(
        """() => [...document.querySelectorAll("article div.cell_output img[src*=_images]")]
            .filter(i => i.offsetParent && i.clientWidth / i.naturalWidth * 18.75 < 9)
            .map(i => [i.alt.slice(0, 60), i.clientWidth, i.naturalWidth])"""
    )
    assert small == []


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
