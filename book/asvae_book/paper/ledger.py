"""The claims ledger: every claim of the supplement, what was run for it, what that measured, and the verdict.

Everything is computed from ``data/results/``; only the claims themselves, and where they stand, are written here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from asvae import datasets
from asvae.config.presets import COMBINATIONS
from asvae.datasets.checkerboard import Checkerboard
from asvae.metrics.points import floor
from asvae.store.results import find
from asvae.studies.catalogue import KEPT_SEEDS, Cells, configurations
from asvae.studies.measures import headline_name
from asvae.studies.table1 import Runs, kept
from asvae.studies.table1 import configurations as cells_of_table1
from asvae.training.run import Result
from asvae_book.paper import ablation_claims, image_claims
from asvae_book.paper import toy_claims as claims
from asvae_book.paper.published import METHODS, TABLE1
from asvae_book.paper.verdicts import MIN_SEEDS, SEVERITY, Verdict

UNAVAILABLE = "source unavailable"
"""The verdict on the authors' own program where it was never released."""

RELEASED = "released, does not run as it is"
"""And where it was."""


@dataclass(frozen=True)
class Evidence:
    """What was run for a claim on one data set and scale, and what it says."""

    data: str
    """As text calls the data set."""
    own: bool
    """Whether the claim is about these data; else they stand in, under their own name."""
    scale: str
    runs: tuple[Result, ...]
    verdict: Verdict
    floor: str
    """What perfect samples would get in the measure that decides."""
    section: str
    """The chapter and heading that show it, ``chapter#heading``."""
    command: str
    """What makes the runs again, or for the first time."""

    @property
    def run(self) -> str:
        """What was run: scale, seeds, hardware."""
        if not self.runs:
            return "nothing"
        table = self.verdict.comparisons
        seeds = max(table["seeds"]) if len(table) and max(table["seeds"]) else _seeds(self.runs)
        hardware = ", ".join(dict.fromkeys(str(run.provenance["hardware"]) for run in self.runs))
        return f"{self.scale} scale, {seeds} {'seed' if seeds == 1 else 'seeds'}, {hardware}"

    @property
    def measured(self) -> str:
        """The comparison that decides, with its interval: of those that say the worst of the claim, the first."""
        table = self.verdict.comparisons
        if not len(table) or not self.runs:
            return "–"
        worst = max(table["says"], key=SEVERITY.index)
        row = table[table["says"] == worst].iloc[0]
        where = ": ".join(row.name)
        if "diverged" in row:
            return f"{row.name[0]}: NaN in {row['diverged']} runs"
        return f"{where} {row['difference']} ({row['95 % interval']}): {row['says']}"


@dataclass(frozen=True)
class Claim:
    """One claim of the supplement with all that is known about it here."""

    key: str
    text: str
    place: str
    """Where the supplement makes it."""
    paper: str
    """What it shows there."""
    program: str
    """Whether the authors' own can be had: :data:`~asvae_book.paper.ledger.UNAVAILABLE` or :data:`~asvae_book.paper.ledger.RELEASED`."""
    evidence: tuple[Evidence, ...]

    @property
    def verdict(self) -> str:
        """The verdict on the claim's own data, from the largest evidence that decides; ``not run`` without any."""
        own = [each.verdict.verdict for each in self.evidence if each.own]
        return next((verdict for verdict in reversed(own) if verdict not in ("not run", "undecided")), own[-1])


def ledger() -> list[Claim]:
    """Return every claim of the supplement, A1 to A4, G1 to G4, T1 to T3, judged by what is kept today."""
    schedules = {
        data: configurations("ablation", data, KEPT_SEEDS, scale, ablation_claims.JUDGED)
        for data, scale, _ in _ABLATION
    }
    methods = {
        data: configurations("methods", data, KEPT_SEEDS, scale, ["as-introvae", "s-introvae", "wgan-gp"])
        for data, scale in _IMAGES
    }
    table1 = {scale: cells_of_table1(list(COMBINATIONS), METHODS, KEPT_SEEDS, scale) for scale in _HEADINGS}
    studies = [*schedules.values(), *methods.values(), *table1.values()]
    found = find(config for cells in studies for configs in cells.values() for config in configs)
    return [
        *_ablation({data: kept(cells, found) for data, cells in schedules.items()}),
        *_images({data: kept(cells, found) for data, cells in methods.items()}),
        *_checkerboard({scale: kept(cells, found) for scale, cells in table1.items()}),
    ]


_ABLATION = (
    ("checkerboard", "quick", "ablation-checkerboard"),
    ("digits", "quick", "ablation"),
    (ablation_claims.OWN_DATA, "paper", "ablation"),
)
"""Data, scale and chapter of what A1 to A4 are judged on."""

_IMAGES = (("digits", "quick"), *((data, "paper") for data in image_claims.DATASETS.values()))

_HEADINGS = {"quick": "do-the-claims-hold", "paper": "at-the-published-settings"}
"""Scale → where the checkerboard chapter judges it."""


def _ablation(cells: dict[str, Cells]) -> Iterable[Claim]:
    shown = {"A1": "Figure 1", "A2": "Figure 2", "A3": "Figure 3", "A4": "Section 0.2"}
    for key, judge in ablation_claims.JUDGES.items():
        evidence = [
            Evidence(
                datasets.title(data),
                data == ablation_claims.OWN_DATA,
                scale,
                _flat(cells[data].values()),
                judge(cells[data]),
                _floor(key, _flat(cells[data].values())),
                f"{chapter}#do-the-claims-hold",
                _command("ablation", data, scale, cells[data]),
            )
            for data, scale, chapter in _ABLATION
        ]
        paper = "faces" if key != "A4" else "in words"
        yield Claim(key, ablation_claims.CLAIMS[key], shown[key], paper, UNAVAILABLE, tuple(evidence))


def _images(cells: dict[str, Cells]) -> Iterable[Claim]:
    for number, (key, data) in enumerate(image_claims.DATASETS.items(), 4):
        # Small digits stand in for MNIST's; for faces and CIFAR-10 nothing does.
        evidence = [
            Evidence(
                datasets.title(name),
                name == data,
                scale,
                _flat(cells[name].values()),
                image_claims.judge(key, cells[name]),
                _floor(key, _flat(cells[name].values())),
                f"images{'' if name == 'digits' else '-' + name}#does-the-claim-hold",
                _command("methods", name, scale, cells[name]),
            )
            for name, scale in _IMAGES
            if name == data or (name, data) == ("digits", "mnist")
        ]
        text = f"AS-IntroVAE's random images of {datasets.title(data)} look better than S-IntroVAE's and WGAN-GP's"
        program = UNAVAILABLE if data.startswith("celeba") else RELEASED
        yield Claim(key, text, f"Figure {number}", "16 images a model", program, tuple(evidence))


def _checkerboard(cells: dict[str, Runs]) -> Iterable[Claim]:
    pair = ("s-introvae", "as-introvae")
    printed = "; ".join(f"{row} " + " → ".join(str(TABLE1[row, name][0]) for name in pair) for row in COMBINATIONS)
    paper = {"T1": f"KL of S- → AS-IntroVAE {printed}", "T2": "NaN in every row", "T3": "“slight advantage”"}
    places = {"T1": "Table 1", "T2": "Table 1", "T3": "Figure 8"}
    for key, judge in claims.JUDGES.items():
        evidence = [
            Evidence(
                datasets.title("checkerboard"),
                True,
                scale,
                _flat(cells[scale].values()),
                judge(cells[scale]),
                _floor(key, _flat(cells[scale].values())),
                f"checkerboard#{heading}",
                f"asvae sweep --scale {scale} --seeds {max(MIN_SEEDS, _seeds(_flat(cells[scale].values())))}",
            )
            for scale, heading in _HEADINGS.items()
        ]
        yield Claim(key, claims.CLAIMS[key], places[key], paper[key], UNAVAILABLE, tuple(evidence))


def _there(cells: Cells) -> Cells:
    """Return the cells without the labels of which nothing is kept."""
    return {label: runs for label, runs in cells.items() if runs}


def _flat(cells: Iterable[Iterable[Result]]) -> tuple[Result, ...]:
    return tuple(run for runs in cells for run in runs)


def _seeds(runs: Iterable[Result]) -> int:
    return len({run.config.seed for run in runs})


def _command(study: str, data: str, scale: str, cells: Cells) -> str:
    seeds = max(MIN_SEEDS, min(map(_seeds, _there(cells).values()), default=0))
    at = "" if scale == "quick" else f" --scale {scale} --device cuda"
    return f"asvae sweep --study {study} --dataset {data}{at} --seeds {seeds}"


@cache
def _truth() -> dict[str, float]:
    return floor(Checkerboard())


def _floor(key: str, runs: Sequence[Result]) -> str:
    """Return what samples of the truth would get in the measure that a claim is judged by."""
    ended = [run for run in runs if not run.diverged]
    if not ended or key == "T2":
        return "–"
    plane = runs[0].config.kind == "points"
    if key == "T3" or (plane and key in ("A1", "A2")):
        return "all on the squares" + ("; 8 of 8 covered; error 0" if key == "T3" else "")
    if plane:
        return f"KL {_truth()['kl']:.2f}" + (f", JSD {_truth()['jsd']:.2f}" if key == "T1" else "")
    if key in ("A1", "A2"):
        return "sharpness 1"
    if key == "A3":
        return f"spread {ended[0].scores['sharpness_sd_real']:.2f}"
    name = "fid_floor" if headline_name(runs) == "FID" else "frechet_classifier_floor"
    return f"{ended[0].scores[name]:.2f}"
