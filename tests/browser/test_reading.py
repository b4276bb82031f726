"""What a reader does: search, move by keyboard, draw the slider, all of it from disk."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
WIDGETS = [
    path.relative_to(HTML).with_suffix("").as_posix()
    for path in sorted(HTML.glob("book/*.html"))
    if "vnd.jupyter.widget-view+json" in path.read_text()
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_search_finds_the_as_distance(fresh, axe, theme):
    visit = fresh(theme).open("book/index")
    visit.page.keyboard.press("Control+k")
    visit.page.keyboard.type("AS-distance")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text("Search finished").wait_for()
    titles = visit.page.locator("#search-results .search li a").all_inner_texts()
    assert any("method" in title.lower() for title in titles), titles
    assert axe(visit.page) == []
    visit.page.locator("#search-results .search li a").first.click()
    visit.page.wait_for_load_state()
    assert "distance" in visit.page.locator("main").inner_text().lower()
    assert visit.complaints == visit.remote == []


@pytest.mark.parametrize(("size", "most"), [("wide", 2600), ("phone", 5000)])
def test_the_landing_page_is_short(fresh, sizes, size, most):
    page = fresh().open("book/index").page
    page.set_viewport_size(sizes[size])
    page.wait_for_timeout(400)
    assert page.evaluate("document.querySelector('main').scrollHeight") <= most


def test_a_figure_opens_in_its_full_size_by_keyboard_and_closes(fresh):
    page = fresh().open("book/index").page
    image = page.locator("article div.cell_output img").first
    image.focus()
    page.keyboard.press("Enter")
    page.locator("dialog.zoom[open] img").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog.zoom").wait_for(state="detached")


def focused(page, steps):
    """Return the labels of what the tabulator key reaches from the top of a page, in order."""
    seen = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                    const e = document.activeElement, box = e.getBoundingClientRect();
                    const name = e.getAttribute("aria-label") || e.title || e.innerText || e.value || "";
                    return box.width > 0 ? name.trim() : "";
                }"""
            )
        )
    return [name for name in seen if name]


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_keyboard_reaches_the_main_controls(fresh, sizes, size):
    visit = fresh().open("book/checkerboard")
    visit.page.set_viewport_size(sizes[size])
    reached = " | ".join(focused(visit.page, 60)).lower()
    for name in ("skip to main content", "search", "download", "fullscreen", "color mode"):
        assert name in reached, reached
    assert "the method" in reached or size == "phone"


def test_the_keyboard_switches_to_the_dark(fresh):
    page = fresh().open("book/glossary").page
    button = page.locator("button.theme-switch-button:visible").first
    modes = set()
    for _ in range(3):
        button.focus()
        page.keyboard.press("Enter")
        modes.add(page.evaluate("document.documentElement.dataset.mode"))
    assert modes == {"light", "dark", "auto"}


def test_the_keyboard_opens_a_folded_cell(fresh):
    page = fresh().open("book/checkerboard").page
    summary = page.locator("details.hide summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.hide").first.get_attribute("open") is not None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", WIDGETS)
def test_the_slider_changes_the_picture_by_mouse_and_by_keyboard(fresh, pictures, name, theme):
    visit = fresh(theme).open(name)
    page = visit.page
    handle = page.locator(".jupyter-widgets .noUi-handle").first
    handle.scroll_into_view_if_needed()
    before = page.evaluate(pictures)
    assert before
    box, track = handle.bounding_box(), page.locator(".jupyter-widgets .noUi-base").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"], box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    dragged = page.evaluate(pictures)
    assert len(dragged) == len(before)
    assert not set(dragged) & set(before)
    handle.focus()
    page.keyboard.press("ArrowLeft")
    assert not set(page.evaluate(pictures)) & set(dragged)
    assert visit.complaints == visit.remote == []
