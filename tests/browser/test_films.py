"""Training to look at: the slider of a film moves what is seen by keyboard and by mouse, on a desk and on a phone."""

import pytest

SEEN = """film => [
    film.querySelector(".film-said").textContent,
    ...[...film.querySelectorAll("b:not([class])")].map(e => e.textContent),
    ...[...film.querySelectorAll(".film-boards path, .now")].map(e => e.getAttribute("d")),
]"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_film_moves_by_keyboard_and_by_mouse(fresh, sizes, size, theme):
    visit = fresh(theme).open("book/idea")
    visit.page.set_viewport_size(sizes[size])
    films = visit.page.locator(".film")
    assert films.count() == 2
    for film in films.all():
        handle = film.get_by_label("Training step")
        handle.focus()
        seen = [film.evaluate(SEEN)]
        for key in ("ArrowLeft", "Home"):
            visit.page.keyboard.press(key)
            seen.append(film.evaluate(SEEN))
        assert "Step 1 of 6,000" in seen[-1][0]
        assert handle.get_attribute("aria-valuetext") == seen[-1][0]
        box = handle.bounding_box()
        visit.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        seen.append(film.evaluate(SEEN))
        # Numbers of two digits may be equal at two places; the warm-up at the first step has none.
        assert all(len({one[k] for one in seen}) > 1 for k in range(len(seen[0]))), seen
        assert len({one[0] for one in seen}) == len({one[-1] for one in seen}) == 4
        assert not any("NaN" in text for one in seen for text in one)
        transparent = film.evaluate("e => getComputedStyle(e.closest('.text_html')).backgroundColor")
        assert theme == "light" or transparent == "rgba(0, 0, 0, 0)"
    assert visit.complaints == visit.remote == []
    visit.page.close()
