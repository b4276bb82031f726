"""The built pages, as files: whole without a network, every figure and table there, with numbers of this build."""

import base64
import copy
import functools
import hashlib
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from asvae_book.chapters.differences import DIFFERENCES
from asvae_book.paper.claims import CLAIMS
from asvae_book.paper.verdicts import VERDICTS
from asvae_book.studies import METHODS

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
# Of the table of contents and not of a build: without one every test fails instead of none being there.
PAGES = [f"{name}.html" for name in re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())]
IMAGES = {"book/images.html": ("digits", "quick"), "book/images-mnist.html": ("mnist", "reduced")}


@pytest.fixture(scope="module")
def pages():
    assert (HTML / PAGES[0]).is_file(), "no built book: run `make pages`"
    return {page: BeautifulSoup((HTML / page).read_text(), "html.parser") for page in PAGES}


@functools.cache
def anchors(file):
    """Return the ids of a page, parsed once however many links point to it."""
    return {tag["id"] for tag in BeautifulSoup(file.read_text(), "html.parser").find_all(id=True)}


def test_every_page_and_every_chapter_is_in_the_table_of_contents():
    assert {path.relative_to(HTML).as_posix() for path in (HTML / "book").glob("*.html")} == set(PAGES)
    assert {f"book/{path.stem}.html" for path in (ROOT / "book").glob("*.ipynb")} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fetches_nothing_from_other_machines(pages, page):
    soup = pages[page]
    fetched = [tag.get("src") for tag in soup.find_all(["script", "img", "iframe", "source"])]
    fetched += [tag.get("href") for tag in soup.find_all("link") if set(tag.get("rel", [])) & {"stylesheet", "preload"}]
    assert [url for url in fetched if url and re.match(r"(https?:)?//", url)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_local_file_and_link_of_a_page_exists(pages, page):
    soup, folder = pages[page], (HTML / page).parent
    targets = [tag.get("src") for tag in soup.find_all(["script", "img"])]
    targets += [tag.get("href") for tag in soup.find_all(["a", "link"])]
    for target in filter(None, targets):
        path, _, anchor = target.partition("#")
        if re.match(r"(\w+:|//)", target):
            continue
        file = folder / path.split("?")[0] if path else HTML / page
        assert file.exists(), target
        if anchor and file.suffix == ".html" and not anchor.startswith("/"):
            assert anchor in anchors(file.resolve()), target


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_has_a_description(pages, page):
    for image in pages[page].select("main img"):
        assert len(image.get("alt", "")) > 20, image.get("src")


def test_the_equations_are_numbered_and_mathjax_is_local(pages):
    soup = pages["book/method.html"]
    assert len(soup.select("div.math span.eqno")) == 14
    scripts = [tag["src"] for tag in soup.find_all("script", src=True) if "mathjax" in tag["src"].lower()]
    assert scripts
    assert all((HTML / "book" / src.split("?")[0]).exists() for src in scripts)


@pytest.mark.parametrize(("name", "printed"), [("checkerboard", "20.4"), ("8gaussians", "3.4")])
def test_a_toy_page_shows_the_papers_figure_and_table_of_this_build(pages, name, printed):
    soup = pages[f"book/{name}.html"]
    figure, table = (soup.find(id=heading) for heading in ("the-paper-s-figure-drawn-again", "the-paper-s-table"))
    assert figure.find("img") is not None
    cells = [cell.get_text() for cell in table.find("table").find_all(["td", "th"])]
    for text in ("truth", "VAE", "IntroVAE", "S-IntroVAE", "AS-IntroVAE", "here", "printed", printed):
        assert text in cells
    scores = r"\d+\.\d\d(\s±\s\d+\.\d\d)?|not run|NaN.*"  # equal seeds have no interval
    assert len([cell for cell in cells if re.fullmatch(scores, cell)]) >= 24
    sources = [p.get_text() for p in soup.find_all("p") if p.get_text().startswith("Source: ")]
    assert len(sources) >= 10
    source = r"(computed here|loaded): (quick|reduced|paper) scale.*, \d+ seed|not run"
    assert all(re.search(source, text) for text in sources)
    assert not any("numerics" in text for text in sources)


@pytest.mark.parametrize(("name", "claims"), [("checkerboard", {"T1", "T2", "T3"}), ("8gaussians", {"M1"})])
def test_a_toy_page_has_a_verdict_on_each_of_its_claims(pages, name, claims):
    ledger = pages[f"book/{name}.html"].find(id="do-the-claims-hold").find("table")
    verdicts = {row.find("th").get_text(): row.find_all("td")[-1].get_text() for row in ledger.select("tbody tr")}
    assert verdicts.keys() == claims
    assert all(re.match(f"({'|'.join(VERDICTS)}) at quick scale", verdict) for verdict in verdicts.values())


def test_the_speed_page_shows_ratios_and_where_they_were_measured(pages):
    soup = pages["book/speed.html"]
    sources = [p.get_text() for p in soup.find_all("p") if p.get_text().startswith("Source: ")]
    assert len(sources) == 7
    assert all("measured once on" in text for text in sources)
    assert "ratio" in [cell.get_text() for cell in soup.find(id="one-step").find_all("th")]


def test_the_landing_page_shows_the_finding_one_figure_and_every_claim(pages):
    soup = pages["book/index.html"].find("main")
    assert soup.select_one(".tag_headline strong").get_text().startswith("As the paper writes it, AS-IntroVAE ")
    assert len(soup.select("article img")) == 1
    assert len(soup.select_one("#what-was-found table").select("tbody tr")) == 6
    chips = soup.select(".tag_strip li")
    assert [chip.find("strong").get_text() for chip in chips] == [claim.key for claim in CLAIMS]
    assert len(soup.select(".sd-card")) == 3


def test_the_ledger_page_links_every_verdict_to_its_evidence(pages):
    soup = pages["book/ledger.html"]
    rows = soup.find(id="the-verdicts").find("table").select("tbody tr")
    assert [row.find("strong").get_text() for row in rows] == [claim.key for claim in CLAIMS]
    for row in rows:
        assert {link.get_text() for link in row.find_all("a")} <= set(VERDICTS)
    assert "source unavailable" in soup.find("main").get_text()
    commands = soup.find(id="the-commands").find("table")
    assert all("asvae sweep" in row.find("code").get_text() for row in commands.select("tbody tr"))


def test_code_is_called_code_and_stands_under_what_it_shows(pages):
    soup = pages["book/checkerboard.html"]
    for cell in soup.select("div.cell.tag_hide-input"):
        parts = [child for child in cell.find_all(recursive=False) if child.name in ("details", "div")]
        if len(parts) == 2:
            assert parts[1].name == "details"
            assert set(parts[1].find("summary").stripped_strings) == {"Code"}  # open and shut


def test_figures_are_numbered_through_the_book_and_every_chart_has_a_caption(pages):
    numbers = []
    for page, soup in pages.items():
        images = soup.select("article div.cell_output img[src*=_images]")
        for image in images:
            caption = image.find_parent("figure").find("figcaption")
            assert len(caption.select_one(".caption-text").get_text()) > 20, page
        captions = soup.select("article figcaption .caption-number")
        assert len(captions) == len(images), page
        numbers += [int(caption.get_text().removeprefix("Fig. ")) for caption in captions]
    assert numbers == [*range(1, len(numbers) + 1)]
    assert len(numbers) > 35


def test_folded_evidence_is_named_by_what_it_shows_and_ends_with_its_code(pages):
    folds = [fold for soup in pages.values() for fold in soup.select("details.evidence")]
    assert len(folds) >= 10
    for fold in folds:
        assert len(fold.summary.get_text()) > 10
        *_, output, code = fold.find_all(recursive=False)
        assert output.find(["table", "img", "p"]) is not None
        assert set(code.summary.stripped_strings) == {"Code"}
        assert code.find("pre") is not None


def test_every_page_of_results_ends_with_three_findings(pages):
    results = [name for name, soup in pages.items() if soup.find(id="three-findings")]
    assert len(results) == 10
    for name in results:
        section = pages[name].find(id="three-findings")
        assert len(section.find_all("li")) == 3, name
        assert section.find_next_sibling("section") is None, name


def test_every_page_describes_itself(pages):
    for page, soup in pages.items():
        assert len(soup.find("meta", attrs={"name": "description"})["content"]) > 20, page
        assert soup.find("link", rel="icon"), page


@pytest.mark.parametrize("page", ["book/ablation.html", "book/ablation-checkerboard.html"])
def test_an_ablation_page_judges_four_claims_and_says_what_was_not_run(pages, page):
    soup = pages[page]
    rows = soup.find(id="do-the-claims-hold").find("table").select("tbody tr")
    assert [row.find("th").get_text() for row in rows if row.find("th").get("rowspan")] == ["A1", "A2", "A3", "A4"]
    not_run = [row for row in rows if "CelebA-128" in row.get_text()]
    assert len(not_run) == 4
    assert all(row.find_all("td")[-1].get_text() == "not run" for row in not_run)
    for name in ("the-supplement-s-layout", "scores-and-how-steady-they-are"):
        assert soup.find(id=name).find("img") is not None


def test_the_explorer_has_a_picture_with_a_description_for_every_setting(pages):
    text = str(pages["book/why.html"])
    assert text.count("ramp of rate") >= 10


def test_paper_against_code_is_one_table_with_the_measured_effects_below(pages):
    soup = pages["book/paper-vs-code.html"]
    [differences] = soup.find(id="all-differences").find_all("table")
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in differences.select("tbody tr")]
    assert len(rows) == len(DIFFERENCES)
    assert all(all(row) for row in rows)
    assert not any("not run" in row[-1] for row in rows)
    assert differences.find(class_="math") is not None
    effects = soup.find(id="how-much-they-change").find_all("table")
    assert [len(table.select("tbody tr")) for table in effects] == [6]


@pytest.mark.parametrize("page", IMAGES)
def test_an_image_page_shows_its_methods_with_their_scores_and_sources(pages, page):
    soup = pages[page]
    for name in ("random-images", "reconstructions", "between-two-images", "scores", "curves"):
        assert soup.find(id=name).find("img") is not None, name
    data, scale = IMAGES[page]
    cells = METHODS.find(data, scale=scale)
    titles = [
        METHODS.title(name) for name in ("as-introvae", "s-introvae", "wgan-gp", "vae", "introvae") if cells[name]
    ]
    rows = [cell.get_text() for cell in soup.find(id="scores").find("table").select("tbody th")]
    assert rows == [*titles, "real against real", "noise"]
    sources = [p.get_text() for p in soup.find_all("p") if p.get_text().startswith("Source: ")]
    assert len(sources) == 14
    # What is of every seed that is kept: scores, dots, reconstructions, comparisons, BatchNorm, judges.
    every = f"Source: {len(cells.runs)} runs"
    assert {3, 4, 5, 6, 7, 10, 11} <= {i for i, text in enumerate(sources) if text.startswith(every)}
    assert sum(text.startswith(f"Source: {len(titles)} runs") for text in sources) >= 6
    compared = [row.get_text(" ") for row in soup.find(id="does-the-claim-hold").select("tbody tr")]
    assert len(compared) == 2 + 3  # opponents of the samples, measures of the reconstructions
    assert all(row.startswith("AS-IntroVAE − ") for row in (each.strip() for each in compared))
    said = soup.find(id="three-findings").get_text()
    assert "By mean score" in said
    assert f"at {scale} scale" in said
    assert "asvae train --objective wgan-gp" in soup.find("main").get_text()


def test_scores_of_images_lie_far_below_noise(pages):
    table = pages["book/images.html"].find(id="scores").find("table")
    heads = [cell.get_text() for cell in table.select("thead th")]
    column = next(i for i, head in enumerate(heads) if head.startswith("Fréchet distance")) - 1
    values = {
        row.find("th").get_text(): float(row.find_all("td")[column].get_text().partition("\u00a0")[0])
        for row in table.select("tbody tr")
    }
    noise, floor = values.pop("noise"), values.pop("real against real")
    # IntroVAE without a reconstruction term in its decoder, as the paper writes it, makes no digits.
    assert floor < values.pop("IntroVAE") < noise, values
    assert all(floor < value < noise / 5 for value in values.values()), values


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_page_shows_the_pictures_of_its_committed_notebook(path):
    """The notebook that nbval has executed is the one that is rendered: none is left from an earlier build."""
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
    data = [output.get("data", {}) for output in outputs]
    committed = [base64.b64decode(each["image/png"]) for each in data if "image/png" in each]
    committed += [each["image/svg+xml"].rstrip("\n").encode() for each in data if "image/svg+xml" in each]
    shown = {
        tag["src"] for tag in BeautifulSoup((HTML / "book" / f"{path.stem}.html").read_text(), "html.parser")("img")
    }
    digests = {_digest((HTML / "book" / src).read_bytes()) for src in shown if "_images" in src}
    assert {_digest(picture) for picture in committed} <= digests


def _digest(data):
    return hashlib.sha256(data).hexdigest()


def test_no_text_of_a_page_is_a_template_that_was_not_filled(pages):
    for page, soup in pages.items():
        main = copy.copy(soup.find("main") or soup)
        for code in main.find_all(["code", "pre", "script", "style"]):
            code.decompose()
        found = re.search(
            r"\{[a-z_.]+\(|\{[a-z_]+\}", re.sub(r"\\\(.*?\\\)|\\\[.*?\\\]", "", main.get_text(), flags=re.S)
        )
        assert not found, (page, found)
