"""Tables of the full runs: every target and ground, what is left, on what runs were made and who committed them."""

import os
import subprocess

import pytest
from markdown_it import MarkdownIt

from asvae import RunConfig
from asvae.durations import work
from asvae.store.results import name_of
from asvae_book.chapters.ledger_page import table
from asvae_book.paper.claims import CLAIMS
from asvae_book.workflow import tables
from asvae_book.workflow.needs import TARGETS, needs
from needed import kept, results_of

HARDWARE = "here | <b>there</b>"


@pytest.mark.slow
def test_the_pages_tables_name_every_target_and_ground():
    assert [row.strip("`") for row in tables.targets()["target"]] == list(TARGETS)
    grounds = {(ground.dataset, ground.scale, ground.reading) for claim in CLAIMS for ground in claim.grounds}
    table = tables.evidence()
    assert len(table) == len(grounds)
    keys = {key for keys in table["for the claims"] for key in keys.split(", ")}
    assert keys == {claim.key for claim in CLAIMS}


def test_what_a_file_says_of_its_hardware_is_shown_in_a_cell_and_not_obeyed():
    need = next(need for need in needs(()) if need.claim)
    results = results_of(*(kept(config, hardware=HARDWARE) for config in need.configs))
    row = tables._ground((need.dataset, need.scale, "paper"), [need], results, git=False)
    page = MarkdownIt("commonmark").enable("table").render(table([row]))
    assert "<td>here | &lt;b&gt;there&lt;/b&gt;</td>" in page
    assert (row["runs"], row["missing"]) == (f"{len(results)} of {len(results)}", "–")


def test_who_committed_runs_is_read_from_the_history(tmp_path):
    configs = [RunConfig("vae", seed=seed) for seed in range(4)]
    assert tables._authors(configs, tmp_path) == []
    (tmp_path / "results").mkdir()
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_COMMITTER_NAME": "c", "GIT_COMMITTER_EMAIL": "c@example.org"}

    def git(*arguments, author="nobody"):
        own = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": "a@example.org"}
        subprocess.run(["git", *arguments], cwd=tmp_path, env=os.environ | nobody | own, check=True)

    git("init", "--quiet")
    for config, author in zip(configs, ("Ada\u202e", "Grace", "Grace", "Emmy"), strict=True):
        (tmp_path / "results" / name_of(config)).write_text("{}")
        git("add", ".")
        git("commit", "--quiet", "--message", "Add a run", author=author)
    assert tables._authors(configs[:3], tmp_path / "results") == ["Grace", "Ada\N{REPLACEMENT CHARACTER}"]


def test_work_is_counted_by_what_spends_it():
    assert work({"core": 1234.4, "GPU": 2.04}) == "1,234 core-h and 2.0 GPU-h"
    assert work({"core": 0.0}) == "under 0.1 core-h"
    assert work({}) == ""
