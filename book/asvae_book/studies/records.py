"""What a study is: labels, each a method with some hyper-parameters changed, all run with the same seeds."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from asvae import datasets
from asvae.checks import InvalidArgumentError, integer, one_of, refuse
from asvae.config import RunConfig
from asvae.store.results import find
from asvae.training.run import Result

Label = Hashable
"""Key of a variant: a word, or (row, objective) for a table of methods."""

T = TypeVar("T", RunConfig, Result)

MOST_SEEDS = 10_000
"""More of them are a slip of the hand: their names alone would fill the memory."""

COMMITTED_SEEDS = 20
"""Number of seeds that are looked for among the committed results."""


@dataclass(frozen=True)
class Variant:
    """One of the settings that a study compares."""

    title: str
    """Its name in figures and tables."""
    objective: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Hyper-parameters that are not the objective's own defaults."""
    c: str = "–"
    """How the weight of KL against AS-distance changes, in words or symbols."""
    stands_for: str = "–"
    """Where the paper shows it, if it does."""
    principal: bool = False
    """Whether it stands for its method among the study's variants, and has the method's colour."""


class Cells(dict[Label, list[T]]):
    """Label → the runs of its seeds, or their configurations; a list may be empty."""

    @property
    def runs(self) -> list[T]:
        """All of them, label by label."""
        return [run for runs in self.values() for run in runs]

    @property
    def first(self) -> dict[Label, T]:
        """Label → the run of its first seed, if there is any."""
        return {label: runs[0] for label, runs in self.items() if runs}

    @property
    def there(self) -> "Cells[T]":
        """Only the labels that have runs."""
        return Cells({label: runs for label, runs in self.items() if runs})

    def of(self, objective: str) -> "Cells[T]":
        """Only the labels whose runs are of ``objective``."""
        return Cells({label: runs for label, runs in self.items() if runs and _objective(runs[0]) == objective})

    def select(self, labels: Iterable[Label]) -> "Cells[T]":
        """Only ``labels``, in their order; absent ones are left out."""
        return Cells({label: self[label] for label in labels if label in self})

    def regroup(self, runs: Iterable[Result]) -> "Cells[Result]":
        """Return ``runs`` under the labels of their configurations; a configuration without a run is left out."""
        by_config = {run.config: run for run in runs}
        return Cells({label: [by_config[c] for c in configs if c in by_config] for label, configs in self.items()})


def _objective(run: RunConfig | Result) -> str:
    return run.objective if isinstance(run, RunConfig) else run.config.objective


@dataclass(frozen=True)
class Study:
    """The runs that a question needs. A new one is entered in :data:`asvae_book.studies.catalogue.STUDIES`."""

    name: str
    about: str
    """What it compares, for the command's help."""
    variants: Mapping[Label, Variant]
    kind: str | None = None
    """``"points"`` or ``"images"`` if it is about one kind of data only."""
    dataset: str = "checkerboard"
    """The data set it is run on where none is named."""

    def configs(
        self, dataset: str, seeds: int, scale: str = "quick", labels: Sequence[Label] | None = None, **changes: Any
    ) -> Cells[RunConfig]:
        """Return the configurations of the study, one per seed under each label.

        Parameters
        ----------
        dataset, scale : str
            As in :class:`asvae.RunConfig`.
        seeds : int
            Number of seeds: 0, 1, ….
        labels : sequence, optional
            Only these variants; all by default.
        **changes
            Hyper-parameters, or ``steps``, in addition to the variants' own.

        Raises
        ------
        InvalidArgumentError
            If data set, scale, label or a change is unknown, or the study is about another kind of data.
        """
        if self.kind not in (None, datasets.kind(dataset)):
            refuse("dataset", dataset, f"one of {self.kind}, which the study {self.name!r} is about")
        seeds, cells = integer("seeds", seeds, 1, MOST_SEEDS), Cells()
        for label, variant in self._chosen(labels).items():
            try:
                first = RunConfig(variant.objective, dataset, scale, 0, **{**variant.changes, **changes})
            except InvalidArgumentError as error:
                if not str(error).startswith("unknown hyper-parameter"):
                    raise
                raise InvalidArgumentError(f"{variant.title}: {error}") from error
            cells[label] = [first.replace(seed=seed) for seed in range(seeds)]
        return cells

    def find(
        self,
        dataset: str,
        seeds: int = COMMITTED_SEEDS,
        scale: str = "quick",
        labels: Sequence[Label] | None = None,
    ) -> Cells[Result]:
        """Return the committed results of the study under every label, perhaps none."""
        configs = self.configs(dataset, seeds, scale, labels)
        return configs.regroup(find(configs.runs).values())

    def title(self, label: Label) -> str:
        """Return a variant's name in figures and tables."""
        return self.variants[label].title

    def _chosen(self, labels: Sequence[Label] | None) -> Mapping[Label, Variant]:
        if labels is None:
            return self.variants
        for label in labels:
            if label not in self.variants:
                one_of("label", label, [str(each) for each in self.variants])
        return {label: self.variants[label] for label in labels}
