"""Print the book as one PDF: ``python book/pdf.py``, after the build of its single page; `make pdf` does both."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BUILD = Path(__file__).resolve().parents[1] / "_build"
ROOT = BUILD / "singlehtml"
PDF = BUILD / "pdf" / "as-introvae-companion.pdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MARGIN, WIDTH = "18mm", 658
"""Around an A4 page, and the width that is left in pixels of CSS."""
NUMBER = (
    '<div style="width:100%;text-align:center;font:8pt sans-serif;color:#555"><span class="pageNumber"></span></div>'
)

FIT = """() => {
    document.querySelectorAll("details").forEach(each => { each.open = true; });
    const shrink = (each, wide, room) => { if (wide > room + 1) each.style.zoom = Math.max(0.4, room / wide); };
    for (const each of document.querySelectorAll("main mjx-container")) {
        const block = each.closest("div.math, p, dd, li, td"), number = block.querySelector(".eqno");
        const room = block.clientWidth - (number ? 2 * number.offsetWidth + 16 : 0);
        shrink(each, each.querySelector("mjx-math").getBoundingClientRect().width, room);
    }
    for (const each of document.querySelectorAll("main table"))
        shrink(each, each.offsetWidth, each.parentElement.clientWidth);
}"""
"""What overflows on paper is made smaller, what is folded is opened."""

CHECK = """() => {
    const main = document.querySelector("main"), edge = main.getBoundingClientRect().right + 2;
    const say = (what, found) => [...found].map(each => `${what}: ${each.outerHTML.slice(0, 120)}`);
    const all = selector => [...main.querySelectorAll(selector)];
    return [
        ...say("not drawn", all(".math").filter(each => !each.querySelector("mjx-container"))),
        ...say("not there", all("img").filter(each => each.naturalWidth === 0)),
        ...say("cut off", all("mjx-math, table, img, pre, p").filter(e => e.getBoundingClientRect().right > edge)),
    ];
}"""
"""What would be missing on paper."""


def find_browser() -> str:
    """Return the path of the first browser that prints."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("make pdf: found no Chromium or Chrome; apt-get install chromium")
    return found


def one_page() -> Path:
    """Return the single page, copied to where its addresses hold and with links that stay inside it."""
    page = ROOT / "book.html"
    page.write_text((ROOT / "book" / "index.html").read_text().replace('href="book/index.html#', 'href="#'))
    return page


def print_book() -> None:
    """Open the single page with no network and print it."""
    PDF.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_context(offline=True, color_scheme="light").new_page()
        page.set_default_timeout(300_000)
        page.set_viewport_size({"width": WIDTH, "height": 900})
        page.emulate_media(media="print")
        page.goto(one_page().as_uri())
        page.evaluate("window.MathJax?.startup?.promise")
        if page.locator("script[type='application/vnd.jupyter.widget-view+json']").count():
            page.wait_for_selector(".jupyter-widgets", state="attached")
        page.evaluate(FIT)
        if missing := page.evaluate(CHECK):
            sys.exit("\n".join([*missing[:20], f"make pdf: {len(missing)} things would be missing on paper"]))
        page.pdf(
            path=PDF,
            format="A4",
            margin=dict.fromkeys(("top", "right", "bottom", "left"), MARGIN),
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=NUMBER,
            outline=True,
            tagged=True,
        )
    print(f"{PDF}: {PDF.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    print_book()
