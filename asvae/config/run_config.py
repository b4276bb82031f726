"""A run's configuration: frozen, validated, and enough to make the run again."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asvae import datasets, draws, objectives
from asvae.checks import integer, integers, known, one_of, refuse
from asvae.config import presets
from asvae.config.presets import scales, weights
from asvae.config.recipes import PointsRecipe, Recipe, field_names
from asvae.datasets.base import Dataset
from asvae.networks import Networks, image_networks, mlp_networks

_MOST = 10**12
"""Steps that no run takes: far below where their products leave 64 bits."""


@dataclass(frozen=True, init=False)
class RunConfig:
    """One run: what is trained, on what, how large, from which seed.

    Parameters
    ----------
    objective : str
        One of :func:`asvae.objectives.names`.
    dataset : str
        One of :func:`asvae.datasets.names`.
    scale : "quick", "reduced" or "paper"
        The recipe to start from: minutes on a laptop; on MNIST, CIFAR-10 and CelebA at 64 pixels the published weights
        for about half an hour on one core; the published settings. See :data:`asvae.config.presets.SCALES`.
    seed : int
        Decides initial weights, data and noise, together with the step.
    steps : int, optional
        Optimisation steps, instead of the recipe's.
    reading : "paper", "tanh", "real", "released" or "supplement"
        The defaults of the options: see :data:`asvae.config.presets.READINGS`.
    **hyperparameters
        Any field of the objective's hyper-parameters or of the :class:`~asvae.config.recipes.Recipe`.

    Raises
    ------
    InvalidArgumentError
        If a name is unknown, or a value has the wrong type or is impossible.
    """

    objective: str
    dataset: str
    scale: str
    seed: int
    recipe: Recipe
    hyperparameters: Any

    def __init__(
        self,
        objective: str = "as-introvae",
        dataset: str = "checkerboard",
        scale: str = "quick",
        seed: int = 0,
        steps: int | None = None,
        reading: str = "paper",
        **hyperparameters: Any,
    ):
        own = objectives.get(objective).hyperparameters
        one_of("dataset", dataset, datasets.names())
        base = scales(dataset)[one_of("scale", scale, scales(dataset))]
        if steps is not None:
            hyperparameters["steps"] = integer("steps", steps, 1)
            if steps > _MOST:
                refuse("steps", steps, f"a whole number from 1 to {_MOST}")
        known("hyper-parameter", hyperparameters, [*field_names(own), *field_names(type(base))])
        # What was asked for, so that another scale or objective fills in its own defaults for the rest.
        asked = {"objective": objective, "dataset": dataset, "scale": scale, "seed": seed, "reading": reading}
        asked |= hyperparameters
        hyperparameters = presets.reading(reading, objective) | hyperparameters
        changes = {key: value for key, value in hyperparameters.items() if key in field_names(type(base))}
        recipe = dataclasses.replace(base, **changes)
        if datasets.kind(dataset) == "images" and dataset != "folder":
            _check_images(dataset, recipe, base)
        given = {key: value for key, value in hyperparameters.items() if key in field_names(own)}
        fields = {
            "objective": objective,
            "dataset": dataset,
            "scale": scale,
            "seed": integer("seed", seed, 0, draws.EVALUATION_SEED - 1),
            "recipe": recipe,
            "hyperparameters": own(**weights(dataset, objective) | given),
            "_given": asked,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def steps(self) -> int:
        """Optimisation steps, the warm-up included."""
        return self.recipe.steps

    @property
    def warmup_steps(self) -> int:
        """Steps at the beginning that are trained as a plain VAE."""
        if not objectives.get(self.objective).warms_up:
            return 0
        return min(round(self.recipe.warmup * self.recipe.steps), self.recipe.steps - 1)

    @property
    def kind(self) -> str:
        """``"points"`` or ``"images"``, what the data set holds."""
        return datasets.kind(self.dataset)

    @property
    def stack_key(self) -> tuple:
        """What the lanes of one stack must share: all but seed, numbers and fields declared ``per_lane``."""
        # A lane that never anneals must not enter the AS-distance's branch because a neighbour does.
        own = self.hyperparameters
        return self.objective, self.dataset, self.recipe, own.anneals, own.choices

    def data(self, root: str | Path | None = None) -> Dataset:
        """Return the data set, its files looked for in the folder ``root``; nothing is opened yet."""
        options = {name: getattr(self.recipe, name) for name in ("pixels", "grey")} if self.dataset == "folder" else {}
        return datasets.get(self.dataset, root, **options)

    def networks(self, seeds: Sequence[int] | None = None) -> Networks:
        """Return untrained networks: for points one lane per seed, for images of one seed; by default the run's own."""
        seeds = (self.seed,) if seeds is None else integers("seeds", seeds, 0, draws.EVALUATION_SEED - 1)
        recipe, shape, names = self.recipe, self.data().shape, objectives.get(self.objective).networks
        if isinstance(recipe, PointsRecipe):
            sizes = recipe.latent_dim, recipe.width, recipe.depth
            return mlp_networks(names, shape, *sizes, seeds, recipe.logvar_limit)
        if len(seeds) > 1:
            refuse("seeds", list(seeds), "one seed for images")
        return image_networks(names, shape, recipe.latent_dim, recipe.wide, seeds[0], recipe.logvar_limit)

    def phase(self, step: int) -> objectives.Objective:
        """Return the objective that is trained at ``step``: a plain VAE during the warm-up."""
        return objectives.get("vae" if integer("step", step, 0) < self.warmup_steps else self.objective)

    def progress(self, step: int) -> float:
        """Return the share of the adversarial phase that has passed before ``step``, 0 during warm-up.

        Of the whole run where the objective's ``clock`` is ``"run"``.
        """
        step = integer("step", step, 0)
        if self.hyperparameters.clock == "run":
            return step / self.steps
        return max(0, step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)

    def replace(self, **changes: Any) -> "RunConfig":
        """Return this configuration with some arguments changed; what was never given takes its new default value."""
        return RunConfig(**self._given | changes)

    @property
    def overrides(self) -> dict[str, Any]:
        """The recipe's fields that are not the scale's own."""
        own = dataclasses.asdict(scales(self.dataset)[self.scale])
        return {key: value for key, value in dataclasses.asdict(self.recipe).items() if value != own[key]}

    def identity(self) -> dict[str, Any]:
        """Return what names this run: :meth:`to_dict` without fields of a later date that have their default."""
        fields = (*dataclasses.fields(self.hyperparameters), *dataclasses.fields(self.recipe))
        added = {field.name: field.default for field in fields if field.metadata.get("added")}
        return {key: value for key, value in self.to_dict().items() if key not in added or value != added[key]}

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain values; ``RunConfig(**d)`` gives it back."""
        own = {"objective": self.objective, "dataset": self.dataset, "scale": self.scale, "seed": self.seed}
        return own | dataclasses.asdict(self.recipe) | dataclasses.asdict(self.hyperparameters)


def _check_images(dataset: str, recipe: Recipe, own: Recipe) -> None:
    """Refuse sizes and colours other than a data set's own."""
    for name in ("pixels", "grey"):
        if getattr(recipe, name) != getattr(own, name):
            refuse(name, getattr(recipe, name), f"{getattr(own, name)} for {dataset!r}, any for 'folder'")
