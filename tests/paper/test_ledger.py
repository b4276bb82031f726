"""The claims ledger follows the records and the results: other numbers, another verdict; another claim, another row."""

import json
import math
import re
import shutil
from dataclasses import replace

import pytest

from asvae.config import presets
from asvae.datasets.checkerboard import Checkerboard
from asvae.files import DATA, read_record, write_record
from asvae.metrics import points
from asvae.store.results import ROOT, find
from asvae.training.run import Result
from asvae_book import commands
from asvae_book.chapters import ledger_page, toy, toy_sentences
from asvae_book.paper import plan
from asvae_book.paper.claims import CLAIM, CLAIMS, RELEASED, UNAVAILABLE, Claim, Ground
from asvae_book.paper.ledger import as_json, as_text, ledger
from asvae_book.paper.verdicts import VERDICTS, compare, conclude
from asvae_book.studies import TABLE1, Cells, Study, Variant

KEYS = ["M1", "M2", "M3", "M4", "M5", "T1", "T2", "T3", "A1", "A2", "A3", "A4", "G1", "G2", "G3", "G4"]


@pytest.fixture(scope="module")
def today():
    return ledger()


def test_every_claim_of_the_paper_has_a_row_with_all_that_a_reader_asks_for(today):
    assert [entry.claim.key for entry in today] == KEYS
    for entry in today:
        assert entry.claim.program in (UNAVAILABLE, RELEASED)
        assert [each.ground for each in entry.evidence] == list(entry.claim.grounds)
        for each in entry.evidence:
            assert each.verdict.verdict in VERDICTS
            assert each.runs or each.verdict.verdict == "not run"
            assert (each.measured == "–") == (not each.runs)
            assert each.command.startswith("asvae sweep ")
            assert "seed" in each.run or each.run == "nothing"
            assert (f"read as {each.ground.reading}," in each.run) == bool(each.ground.reading != "paper" and each.runs)


def test_a_claims_verdict_is_of_its_own_data_and_stand_ins_never_speak_for_it(today):
    faces = next(entry for entry in today if entry.claim.key == "A4")
    assert faces.decisive.data == "CelebA-128"
    assert faces.verdict == "not run"
    assert [each.data for each in faces.beside] == ["checkerboard", "digits"]
    assert faces.smaller == ()


def test_only_the_papers_own_reading_speaks_for_a_claim(today):
    """The supplement's reading has 20 seeds and a verdict, which is shown beside and never in its place."""
    [t1] = [entry for entry in today if entry.claim.key == "T1"]
    by_reading = {each.ground.reading: each for each in t1.evidence if each.ground.scale == "quick"}
    assert list(by_reading) == list(presets.READINGS)
    assert by_reading["supplement"].verdict.verdict == "not reproduced"
    assert {each.ground.reading for each in t1.evidence if each.speaks} == {"paper"}
    only = replace(t1, evidence=(by_reading["supplement"], replace(t1.evidence[-1], verdict=conclude({}))))
    assert only.verdict == "not run"
    assert by_reading["supplement"].command.endswith("--set reading=supplement --seeds 20")


def test_a_claim_about_several_data_sets_is_as_good_as_the_worst_of_them(today):
    [m2] = [entry for entry in today if entry.claim.key == "M2"]

    def judged(**verdicts):
        evidence = [
            replace(each, verdict=replace(each.verdict, verdict=verdicts.get(each.ground.dataset, "reproduced")))
            for each in m2.evidence
        ]
        return replace(m2, evidence=tuple(evidence)).verdict

    assert judged() == judged(digits="not reproduced") == "reproduced"
    assert judged(mnist="inconclusive", celeba128="not run") == "inconclusive"
    assert judged(mnist="inconclusive", celeba128="runs unhealthy") == "runs unhealthy"
    assert judged(mnist="partly", celeba128="not run") == "not run"
    assert judged(cifar10="not reproduced", celeba128="not run") == "not reproduced"


def test_a_claims_headline_is_of_the_published_settings_and_smaller_scales_stand_apart(today):
    """However much a smaller scale says, and however little the published one."""
    [t1] = [entry for entry in today if entry.claim.key == "T1"]
    quick, paper = t1.evidence[0], t1.evidence[-1]
    refuted = replace(quick, verdict=replace(quick.verdict, verdict="not reproduced"))
    reduced = replace(refuted, ground=replace(quick.ground, scale="reduced"))
    entry = replace(t1, evidence=(refuted, reduced, replace(paper, verdict=conclude({}))))
    assert entry.verdict == entry.decisive.said == "not run"
    assert [each.said for each in entry.smaller] == [
        f"not reproduced at {scale} scale with our weights" for scale in ("quick", "reduced")
    ]
    plain = json.loads(as_json([entry]))[0]
    assert [each["said"] for each in plain["at_smaller_scale"]] == [each.said for each in entry.smaller]
    said = ledger_page.summary([entry])
    assert "**1 not run**" in said
    assert (
        "T1 not reproduced at quick scale with our weights; T1 not reproduced at reduced scale with our weights."
        in said
    )
    assert "    not run; not reproduced at quick scale with our weights, checkerboard; not" in as_text([entry])


def test_a_verdict_carries_the_caveat_of_its_claim(today):
    [t2] = [entry for entry in today if entry.claim.key == "T2"]
    [supplement] = [each for each in t2.beside if each.ground.reading == "supplement"]
    assert supplement.said == "not reproduced at quick scale under our reading"
    nothing = replace(supplement, verdict=conclude({}))
    assert (nothing.said, nothing.terms, nothing.judged) == ("not run", "", False)
    # Runs of one side alone compare with nothing, and are not set beside verdicts.
    alone = replace(t2, evidence=(*t2.evidence[:1], nothing, t2.evidence[-1]))
    assert (nothing.runs != (), alone.beside) == (True, ())
    assert "not reproduced](checkerboard.ipynb#do-the-claims-hold) at quick scale under our reading" in (
        ledger_page.verdicts_table([t2])
    )


@pytest.mark.slow
def test_the_ledger_says_the_same_as_markdown_text_and_json(today, capsys):
    table, text = ledger_page.verdicts_table(today), as_text(today)
    listed = json.loads(as_json(today))
    assert [each["claim"] for each in listed] == KEYS
    assert len(table.splitlines()) == 2 + len(KEYS)
    there = [each for entry in today for each in entry.evidence if each.runs]
    assert len(ledger_page.evidence_table(today).splitlines()) == 2 + len(there)
    table_of_commands = ledger_page.commands_table(today)
    assert all(f"`{each.command}`" in table_of_commands for entry in today for each in entry.evidence)
    assert "G3 and G4: **released, does not run as it is**" in ledger_page.programs(today)
    for line, entry in zip(table.splitlines()[2:], today, strict=True):
        assert f"**{entry.claim.key}**" in line
        assert f"**[{entry.verdict}](" in line or f"**{entry.verdict}**" in line
        assert f"{entry.claim.key}  {entry.claim.text}" in text
    [first] = [each for each in listed if each["claim"] == "T1"]
    assert first["verdict"] == next(entry.verdict for entry in today if entry.claim.key == "T1")
    assert [each["reading"] for each in first["evidence"]] == [*presets.READINGS, "paper", "paper"]
    assert first["evidence"][0]["comparisons"][0].keys() >= {"comparison", "difference", "95 % interval", "says"}
    for as_programs_read_it, said in ((True, as_json(today)), (False, text)):
        commands.claims(json=as_programs_read_it)
        assert capsys.readouterr().out == said + "\n"


def test_measured_is_the_comparison_that_speaks_most_against_a_claim(today):
    refuted = [each for entry in today for each in entry.evidence if each.verdict.verdict == "not reproduced"]
    assert len(refuted) > 3
    assert any(" minus " in each.measured for each in refuted)  # whom the best of a table is compared with
    assert all(each.measured.endswith(": does not hold") or ": NaN in 0 of " in each.measured for each in refuted)


def test_commands_name_study_data_scale_and_device_where_they_are_not_the_defaults(today):
    said = {entry.claim.key: [each.command for each in entry.evidence] for entry in today}
    assert said["A1"][0].startswith(
        "asvae sweep --study ablation --dataset checkerboard --set reading=supplement --seeds "
    )
    assert said["A1"][2] == "asvae sweep --study ablation --dataset celeba128 --scale paper --device cuda --seeds 5"
    sweep = "asvae sweep --study methods --dataset cifar10"
    assert said["G4"] == [f"{sweep} --scale reduced --seeds 5", f"{sweep} --scale paper --device cuda --seeds 5"]
    assert said["T1"][0].startswith("asvae sweep --scale quick --seeds ")
    assert said["T1"][1].startswith("asvae sweep --scale quick --set reading=tanh --seeds ")
    assert said["T1"][-1].startswith("asvae sweep --scale paper --seeds ")
    assert said["M1"][0].startswith("asvae sweep --study 8gaussians --dataset 8gaussians --seeds ")
    for entry in today:  # and reach what is planned
        for each in entry.evidence:
            wanted = plan.seeds(entry.claim.key, each.ground) or 0
            assert int(each.command.rpartition("--seeds ")[2]) >= wanted


def test_a_run_that_stands_in_several_rows_is_counted_once_and_readings_are_counted_apart(today):
    for entry in today:
        for each in entry.evidence:
            assert len({run.config for run in each.runs}) == len(each.runs)
    said = ledger_page.summary(today)
    others = [each for entry in today for each in entry.beside if each.ground.reading != "paper"]
    assert sum(map(int, re.findall(r"(\d+) [a-z]", said.partition("writes it: ")[2]))) == len(others)


def test_links_lead_to_headings_that_chapters_have():
    for claim in CLAIMS:
        for ground in filter(lambda ground: ground.section, claim.grounds):
            chapter, heading = ground.section.split("#")
            text = (DATA.parent / "book" / f"{chapter}.ipynb").read_text()
            assert f"## {heading.replace('-', ' ')}" in text.lower(), ground.section


@pytest.mark.slow
def test_changing_results_changes_table_prose_and_verdict(tmp_path):
    """T1 at the quick scale, with AS-IntroVAE's stored KL and JSD lowered: the same code says that it reproduces."""
    shutil.copytree(ROOT, tmp_path / "results")
    for path in (tmp_path / "results").glob("checkerboard-quick-as-introvae-C?-seed*.json"):
        record = read_record(path)
        for score in ("kl", "jsd"):
            record["scores"][score] = 9.0 + record["config"]["seed"] / 100
        write_record(path, {key: value for key, value in record.items() if key != "sha256"})

    def said(root):
        [t1] = ledger([CLAIM["T1"]], root)
        wanted = TABLE1.configs("checkerboard", 20, "quick")
        cells = wanted.regroup(find(wanted.runs, root).values())
        return (
            t1.smaller[0].said,
            ledger_page.evidence_table([t1]),
            " ".join(toy_sentences.findings(toy.get("checkerboard"), cells)),
        )

    before, after = said(ROOT), said(tmp_path / "results")
    assert before[0] != after[0] == "reproduced at quick scale with our weights"
    assert re.search(r"KL minus \S+'s −", after[1])
    assert not re.search(r"KL minus \S+'s −", before[1])
    assert f"**T1**, {CLAIM['T1'].text}: **reproduced** at the quick scale with our weights (6 × holds)." in after[2]
    assert "(6 × holds)" not in before[2]


def _fewer_on_the_squares(cells):
    ours, theirs = cells.get("vae", []), cells.get("ours", [])
    gap = compare(ours, theirs, lambda run: run.scores["on_support"], -1, "{:+.1%}", 1)
    return conclude({("VAE", "VAE − AS-IntroVAE, on the squares"): gap})


@pytest.fixture
def added():
    """A claim of a study of its own, about runs that are committed."""
    study = Study("toy", "two methods", {"vae": Variant("VAE", "vae"), "ours": Variant("AS-IntroVAE", "as-introvae")})
    return Claim(
        "X1",
        "a VAE | leaves the squares more often",
        place="Figure 9",
        shown="dots",
        program=RELEASED,
        study=study,
        labels=("vae", "ours"),
        grounds=(
            Ground("checkerboard", "quick", "checkerboard#do-the-claims-hold", own=False),
            Ground("mnist", "paper", "images-mnist#does-the-claim-hold"),
        ),
        judge=_fewer_on_the_squares,
        floor=lambda runs: "none",
    )


def test_a_claim_is_added_by_one_record(added, today):
    known, entry = ledger((CLAIM["T3"], added))
    assert as_json([known]) == as_json([each for each in today if each.claim.key == "T3"])
    entries = [*today, entry]
    stand_in, own = entry.evidence
    cells = added.study.find("checkerboard")
    assert [run.config for run in stand_in.runs] == [run.config for run in cells.runs]
    assert {run.config.objective for run in stand_in.runs} == {"vae", "as-introvae"}
    assert stand_in.verdict.verdict == added.judge(cells).verdict == "reproduced"
    assert (stand_in.floor, own.floor) == ("none", "–")
    assert (entry.verdict, own.run, own.measured) == ("not run", "nothing", "–")
    seeds = min(map(len, cells.values()))
    assert stand_in.command == f"asvae sweep --study toy --dataset checkerboard --seeds {seeds}"
    listed = json.loads(as_json(entries))[-1]
    assert (listed["claim"], listed["text"], listed["evidence"][0]["verdict"]) == ("X1", added.text, "reproduced")
    assert "\n\nX1  a VAE | leaves the squares more often  (Figure 9: dots)\n    not run\n" in as_text(entries)
    row = ledger_page.verdicts_table(entries).splitlines()[-1]
    assert "a VAE \\| leaves" in row
    assert "checkerboard: [reproduced](checkerboard.ipynb#do-the-claims-hold) at quick scale" in row
    assert f"of {len(KEYS) + 1} claims" in ledger_page.summary(entries).lower()
    assert re.search(rf"\*\*X1\*\* *\| `{own.command}`", ledger_page.commands_table(entries))


def test_a_claim_without_data_of_its_own_is_refused(added):
    with pytest.raises(ValueError, match="claim X1: none of its grounds is its own"):
        replace(added, grounds=added.grounds[:1])


def test_a_floor_is_in_the_measure_that_decides(today, run, diverged):
    said = {(entry.claim.key, each.ground.dataset): each.floor for entry in today for each in entry.evidence}
    truth = points.floor(Checkerboard())
    assert said["A1", "checkerboard"] == said["A2", "checkerboard"] == "all on the squares"
    assert said["A3", "checkerboard"] == said["A4", "checkerboard"] == f"KL {truth['kl']:.2f}"
    assert said["A1", "digits"] == said["A2", "digits"] == "sharpness 1"
    assert said["A3", "digits"].startswith("spread 0.")
    assert said["A4", "digits"] == said["G3", "digits"] != "–"
    assert said["G3", "mnist"] == said["T2", "checkerboard"] == "–"
    assert said["T3", "checkerboard"] == "all on the squares; 8 of 8 covered; error 0"
    [t1] = [entry for entry in today if entry.claim.key == "T1"]
    assert t1.evidence[0].floor == f"KL {truth['kl']:.2f}, JSD {truth['jsd']:.2f}"
    assert CLAIM["A4"].floor_of(Cells({"half": [diverged]})) == "–"
    assert CLAIM["A4"].floor_of(Cells({"half": [diverged, run]})) == f"KL {truth['kl']:.2f}"
    scores = {"frechet_classifier_floor": 1.5, "fid": 9.0, "fid_floor": 2.5}
    scored = [
        Result(**vars(run) | {"config": run.config, "scores": scores})
        for run in next(e for e in today if e.claim.key == "A2").evidence[1].runs[:2]
    ]
    assert CLAIM["G3"].floor_of(Cells({"as-introvae": scored})) == "2.50"
    without = replace(scored[0], scores={"frechet_classifier_floor": 1.5})
    assert CLAIM["G3"].floor_of(Cells({"as-introvae": [*scored, without]})) == "1.50"
    lost = replace(scored[0], divergence=diverged.divergence, scores={"fid": math.nan, "fid_floor": math.nan})
    assert CLAIM["G3"].floor_of(Cells({"as-introvae": [lost, *scored]})) == "2.50"
