"""The claims ledger follows the results: every claim, its verdict from its own data, other numbers when they change."""

import json
import shutil
from dataclasses import replace

import pytest
from asvae_book.chapters import checkerboard as reading
from asvae_book.chapters import index as ledger_tables
from asvae_book.chapters import table1
from asvae_book.paper import ledger
from asvae_book.paper.image_claims import judge
from asvae_book.paper.published import METHODS

from asvae.config.presets import COMBINATIONS
from asvae.datasets.checkerboard import Checkerboard
from asvae.files import read_record, write_record
from asvae.metrics import points as metrics
from asvae.store.results import ROOT, find

KEYS = ["A1", "A2", "A3", "A4", "G1", "G2", "G3", "G4", "T1", "T2", "T3"]


@pytest.fixture(scope="module")
def today():
    return ledger.ledger()


def test_every_claim_of_the_supplement_has_a_row_with_all_that_a_reader_asks_for(today):
    assert [claim.key for claim in today] == KEYS
    verdicts = {"reproduced", "within noise", "not reproduced", "partly", "not run", "undecided"}
    for claim in today:
        assert any(each.own for each in claim.evidence)
        assert claim.program in (ledger.UNAVAILABLE, ledger.RELEASED)
        for each in claim.evidence:
            assert each.verdict.verdict in verdicts
            assert (each.verdict.verdict == "not run") == (not each.runs)
            assert (each.measured == "–") == (not each.runs)
            assert each.command.startswith("asvae sweep ")
            assert "seed" in each.run or each.run == "nothing"


def test_a_claims_verdict_is_of_its_own_data_and_stand_ins_never_speak_for_it(today):
    faces = next(claim for claim in today if claim.key == "A4")
    assert [each.data for each in faces.evidence if each.own] == ["CelebA-128"]
    assert faces.verdict == "not run"
    assert {each.verdict.verdict for each in faces.evidence if not each.own} <= {"within noise", "not reproduced"}
    assert next(claim for claim in today if claim.key == "T1").verdict == "not reproduced"


def test_the_ledger_says_the_same_as_markdown_text_and_json(today):
    table, text = ledger_tables.verdicts_table(today), ledger_tables.text(today)
    listed = json.loads(ledger_tables.as_json(today))
    assert [each["claim"] for each in listed] == KEYS
    assert len(table.splitlines()) == 2 + len(KEYS)
    there = [each for claim in today for each in claim.evidence if each.runs]
    assert len(ledger_tables.evidence_table(today).splitlines()) == 2 + len(there)
    commands = ledger_tables.commands_table(today)
    assert all(f"`{each.command}`" in commands for claim in today for each in claim.evidence)
    assert "G3 and G4: **released, does not run as it is**" in ledger_tables.programs(today)
    for line, claim in zip(table.splitlines()[2:], today, strict=True):
        assert f"**{claim.key}**" in line
        assert f"**[{claim.verdict}](" in line
        assert f"{claim.key}  {claim.text}" in text
    [first] = [each for each in listed if each["claim"] == "T1"]
    assert first["verdict"] == "not reproduced"
    assert first["evidence"][0]["comparisons"][0].keys() >= {"comparison", "difference", "95 % interval", "says"}


def test_links_lead_to_headings_that_chapters_have(today):
    book = ROOT.parents[1] / "book"
    for claim in today:
        for each in claim.evidence:
            chapter, heading = each.section.split("#")
            text = (book / f"{chapter}.ipynb").read_text()
            assert f"## {heading.replace('-', ' ')}" in text.lower(), each.section


def test_changing_results_changes_table_prose_and_verdict(tmp_path, monkeypatch):
    """T1 at the quick scale, with AS-IntroVAE's stored KL and JSD lowered: the same code says that it reproduces."""
    shutil.copytree(ROOT, tmp_path / "results")
    for path in (tmp_path / "results").glob("checkerboard-quick-as-introvae-C?-seed*.json"):
        record = read_record(path)
        for score in ("kl", "jsd"):
            record["scores"][score] = 9.0 + record["config"]["seed"] / 100
        write_record(path, {key: value for key, value in record.items() if key != "sha256"})

    def said(root):
        monkeypatch.setattr(ledger, "find", lambda configs: find(configs, root))
        [claim] = [each for each in ledger.ledger() if each.key == "T1"]
        cells = table1.configurations(list(COMBINATIONS), METHODS, 20, "quick")
        runs = table1.kept(cells, find((config for configs in cells.values() for config in configs), root))
        floor = metrics.floor(Checkerboard(), draws=2, large=5_000)
        return claim.verdict, ledger_tables.evidence_table([claim]), " ".join(reading.sentences(runs, {}, floor))

    before, after = said(ROOT), said(tmp_path / "results")
    assert (before[0], after[0]) == ("not reproduced", "reproduced")
    assert "KL −" in after[1]
    assert "KL −" not in before[1]
    assert "**does not reproduce** at the quick scale: " in before[2]
    assert f"**T1**, {ledger.claims.CLAIMS['T1']}, **reproduces** at the quick scale: 6 × holds." in after[2]


def test_images_are_judged_against_both_rivals_over_shared_seeds(run):
    def runs(score, seeds=6):
        return [
            replace(run, config=run.config.replace(seed=seed), scores=run.scores | {"kl": score + seed / 100})
            for seed in range(seeds)
        ]

    won = judge("G3", {"as-introvae": runs(1.0), "s-introvae": runs(2.0), "wgan-gp": runs(3.0)})
    assert won.verdict == "reproduced"
    lost = judge("G3", {"as-introvae": runs(2.5), "s-introvae": runs(2.0), "wgan-gp": runs(3.0)})
    assert (lost.verdict, list(lost.comparisons["says"])) == ("not reproduced", ["does not hold", "holds"])
    assert judge("G3", {}).verdict == "not run"
    assert judge("G3", {"as-introvae": runs(1.0)}).verdict == "not run"
