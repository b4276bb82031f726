"""The line under every figure and table: where its runs came from."""

from dataclasses import replace

import pytest
from docutils.core import publish_doctree
from markdown_it import MarkdownIt
from myst_parser.parsers.docutils_ import Parser

from asvae.durations import duration
from asvae_book.studies import sources


def test_the_source_line_says_origin_scale_seeds_cost_and_hardware(run):
    loaded = replace(
        run, config=run.config.replace(seed=77), provenance=run.provenance | {"origin": "loaded", "seconds": 600.0}
    )
    text = sources.line([run, run, loaded])
    changed = "quick scale with steps 20, batch_size 16, width 16, depth 2"
    assert text.startswith(f"1 run computed here and 1 run loaded: {changed}, 2 seeds, 10 min of training on ")
    assert "numerics" not in text
    old = replace(run, provenance=run.provenance | {"fingerprint": "0123456789ab"})
    assert sources.line([old]).endswith("**1 of these were made by other numerics than today's**")
    assert sources.line([]) == "not run"
    assert "\n" not in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (59.4, "59 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2.0 h"),
        (35_640, "9.9 h"),
        (36e5, "1,000 h"),
    ],
)
def test_a_time_is_in_the_largest_unit_of_which_there_are_two(seconds, said):
    assert duration(seconds) == said


def test_a_time_is_in_the_largest_unit_of_which_there_is_as_much_as_asked_for():
    assert [duration(seconds, least=1) for seconds in (59, 60, 3599, 3600)] == ["59 s", "1 min", "60 min", "1.0 h"]


FORGED = "<img src=x onerror=alert(1)> [read](javascript:alert(1)) `code`\n<script>alert(1)</script>\x1b[2J"


@pytest.mark.parametrize("name", ["hardware", "commit", "torch"])
def test_what_a_file_says_is_shown_on_a_page_and_never_obeyed(run, name):
    text = sources.line([replace(run, provenance=run.provenance | {name: FORGED})])
    page = MarkdownIt("commonmark").render(f"*Source: {text}.*")
    assert page.startswith("<p><em>Source: ")
    assert not [tag for tag in ("<img", "<script", "<a ", "<code") if tag in page]
    assert "alert(1)" in page
    assert text.isprintable()
    plain = "Intel(R) Xeon(R) @ 2.1 GHz, x86_64, values in [0, 1]"
    assert sources.in_markdown(plain) == plain


@pytest.mark.parametrize(
    "text", ["{{ 6 * 7 }}", r"$\href{javascript:alert(1)}{x}$", "http://x.org www.x.org a@x.org //x.org"]
)
def test_what_a_file_says_is_no_template_formula_or_address_in_myst(text):
    settings = {"myst_enable_extensions": ["dollarmath", "linkify", "substitution"], "report_level": 5}
    page = publish_doctree(sources.in_markdown(text), parser=Parser(), settings_overrides=settings)
    [paragraph] = page.children
    assert [type(each).__name__ for each in paragraph.children] == ["Text"]
    assert paragraph.astext() == text
