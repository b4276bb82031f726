"""The built pages stay light, load the widget manager only where there are widgets, and their tables are tables."""

import csv
import hashlib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
PAGES = [HTML / f"{name}.html" for name in re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())]
LIMIT = 1.5e6
VENDOR = ROOT / "book" / "_vendor"


@pytest.fixture(scope="module", params=PAGES, ids=lambda path: path.stem)
def page(request):
    return request.param, BeautifulSoup(request.param.read_text(), "html.parser")


def test_a_chapter_weighs_less_than_a_megabyte_and_a_half(page):
    path, soup = page
    images = {(path.parent / tag["src"]).resolve() for tag in soup.select("img[src]") if ":" not in tag["src"]}
    own = [image for image in images if "_static" not in image.parts]
    assert path.stat().st_size + sum(image.stat().st_size for image in own) < LIMIT


def test_the_widget_manager_is_loaded_where_there_are_widgets_and_nowhere_else(page):
    path, soup = page
    scripts = [tag["src"] for tag in soup.select("script[src]") if "html-manager" in tag["src"]]
    assert bool(scripts) == bool(soup.select("script[type='application/vnd.jupyter.widget-view+json']"))
    assert all((path.parent / script.split("?")[0]).exists() for script in scripts)


def test_nothing_is_left_that_needs_a_kernel(page):
    path, _ = page
    assert "thebe" not in path.read_text().lower()


def test_tables_have_headings_with_a_scope(page):
    _, soup = page
    for table in soup.select("main table.dataframe, main table.table"):
        assert all(cell.get("scope") in ("col", "colgroup") for cell in table.select("thead th")), table
    for cell in soup.select("main table.dataframe tbody th"):
        assert cell.get("scope") in ("row", "rowgroup")


def test_every_source_line_has_one_style(page):
    _, soup = page
    lines = [p for p in soup.select("main p") if p.find("em") and p.get_text().startswith("Source: ")]
    assert all("source-line" in p.get("class", []) for p in lines)


def test_the_numbers_behind_a_table_or_figure_are_its_own(page):
    path, soup = page
    for link in soup.select("details.source a[download]"):
        shown = link.find_previous(["table", "img"])
        rows = list(csv.reader((path.parent / link["href"]).read_text().splitlines()))
        if shown.name == "img":
            assert rows[0] == ["panel", "series", "x", "y"], link["href"]
            assert len(rows) > 1
        else:
            listed = {" ".join(cell.split()) for row in rows for cell in row}
            cells = {" ".join(cell.get_text().split()) for cell in shown.select("tbody td")}
            assert cells <= listed, link["href"]


@pytest.mark.parametrize(("name", "files", "commands"), [("checkerboard", 8, 9), ("8gaussians", 9, 10)])
def test_a_toy_pages_sources_name_files_and_commands(name, files, commands):
    soup = BeautifulSoup((HTML / "book" / f"{name}.html").read_text(), "html.parser")
    assert len(soup.select("details.source a[download]")) >= files
    said = [code.get_text() for code in soup.select("details.source code")]
    assert len(said) >= commands
    assert all(command.startswith("asvae sweep --") for command in said)


def test_files_of_others_are_the_ones_that_were_published():
    rows = re.findall(r"`(html-manager/\S+)` \| `([0-9a-f]{64})`", (VENDOR / "README.md").read_text())
    assert len(rows) == 4
    for name, digest in rows:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_the_annealing_explorer_is_on_its_page():
    page = BeautifulSoup((HTML / "book" / "why.html").read_text(), "html.parser")
    assert page.select_one("#the-annealing-explorer script[type='application/vnd.jupyter.widget-view+json']")
