"""Which runs a target needs, derived from the claims' grounds and the studies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from asvae import datasets
from asvae.config import RunConfig
from asvae_book.paper.claims import CLAIMS, Claim, Ground
from asvae_book.paper.plan import plan
from asvae_book.paper.verdicts import MIN_SEEDS
from asvae_book.studies import ABLATION, COMMITTED_SEEDS, EIGHT_GAUSSIANS, METHODS, STUDIES, TABLE1, Label, Study

TARGETS = ("quick", "table1", "8gaussians", "ablation", "mnist", "cifar10", "celeba128", "celeba256", "claims", "all")
"""What can be asked for."""

_BY_STUDY = {"table1": TABLE1, "8gaussians": EIGHT_GAUSSIANS, "ablation": ABLATION}

QUICK = {"data": "checkerboard,8gaussians,digits", "steps": 300, "seeds": 2}
"""Target ``quick``: data sets that need no files, steps (of images a fifth) and seeds of each run on points."""

_SHOWN_BY = {
    "readings-checkerboard": "checkerboard",
    "readings-8gaussians": "8gaussians",
    "specifications-checkerboard": "readings",
    "specifications-8gaussians": "readings",
    "grid-8gaussians": "8gaussians",
    "deviations": "paper-vs-code",
    "explorer": "why",
}
"""Study → the chapter that shows it, where no claim says so."""


@dataclass(frozen=True)
class Page:
    """A chapter, executed with parameters."""

    name: str
    """Of the executed notebook."""
    notebook: str
    """In ``book/``."""
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Need:
    """The runs of a study on one data set at one scale, for a claim or a chapter."""

    study: Study = field(hash=False)
    dataset: str
    scale: str
    seeds: int
    page: Page
    labels: tuple[Label, ...] | None = None
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    claim: str = ""
    """Key of the claim that is judged by these runs, if one is."""
    quick: bool = False

    @property
    def configs(self) -> list[RunConfig]:
        """The configurations of all runs."""
        return self.study.configs(self.dataset, self.seeds, self.scale, self.labels, **self.changes).runs

    def serves(self, target: str) -> bool:
        """Whether ``target`` needs these runs."""
        if self.quick or target == "quick":
            return self.quick and target == "quick"
        if target == "claims":
            return bool(self.claim)
        return target in ("all", self.dataset) or _BY_STUDY.get(target) is self.study


def needs(committed: Collection[RunConfig], quick: Mapping[str, Any] = QUICK) -> list[Need]:
    """Return what the targets need: every claim's grounds, the other studies, the small runs of ``quick``.

    Parameters
    ----------
    committed : collection of RunConfig
        What has been run. A study that no claim is judged by has as many seeds as every one of its variants has there.
    quick : mapping
        Some of :data:`QUICK`'s values.
    """
    claimed = [_of_claim(claim, ground) for claim in CLAIMS for ground in claim.grounds]
    # Of needs that share runs the one with most seeds is the one whose jobs make them.
    claimed.sort(key=lambda need: -need.seeds)
    judged = {need.study.name for need in claimed}
    others = [_of_study(study, committed) for study in STUDIES.values() if study.name not in judged]
    return claimed + others + _quick({**QUICK, **quick})


def _of_claim(claim: Claim, ground: Ground) -> Need:
    kind = datasets.kind(ground.dataset)
    planned = plan()["claims"].get(claim.key, {}).get("grounds", {}).get(f"{ground.dataset}, {ground.scale}", {})
    changes = {} if ground.reading == "paper" else {"reading": ground.reading}
    seeds = planned.get("seeds", MIN_SEEDS[kind])
    page = _page(claim, ground)
    return Need(claim.study, ground.dataset, ground.scale, seeds, page, claim.labels, changes, claim.key)


def _page(claim: Claim, ground: Ground) -> Page:
    chapter = ground.section.partition("#")[0]
    if chapter and claim.study is not METHODS and (ground.dataset, ground.scale) != ("celeba128", "paper"):
        return Page(chapter, chapter)
    if datasets.kind(ground.dataset) == "points" or (ground.dataset, ground.scale) == ("digits", "quick"):
        return Page(chapter, chapter)
    if chapter == "images-mnist" and ground.scale == "reduced":
        return Page(chapter, chapter)
    notebook = "ablation" if claim.study is ABLATION else "images"
    parameters = {"dataset": ground.dataset, "scale": ground.scale}
    return Page(f"{notebook}-{ground.dataset}-{ground.scale}", notebook, parameters)


def _of_study(study: Study, committed: Collection[RunConfig]) -> Need:
    cells = study.configs(study.dataset, COMMITTED_SEEDS, "quick")
    seeds = min(sum(config in committed for config in configs) for configs in cells.values())
    chapter = _SHOWN_BY[study.name]
    return Need(study, study.dataset, "quick", max(1, seeds), Page(chapter, chapter))


def _quick(given: Mapping[str, Any]) -> list[Need]:
    found, steps, seeds = [], given["steps"], given["seeds"]
    for dataset in str(given["data"]).split(","):
        points = datasets.kind(dataset) == "points"
        study = next((each for each in (TABLE1, EIGHT_GAUSSIANS) if points and each.dataset == dataset), METHODS)
        chapter = dataset if points else "images"
        own = steps if points else max(1, steps // 5)
        parameters = {"dataset": dataset, "steps": own} | ({"seeds": seeds} if points else {})
        page = Page(f"quick-{chapter}", chapter, parameters)
        count = seeds if points else 1
        found.append(Need(study, dataset, "quick", count, page, changes={"steps": own}, quick=True))
    return found
