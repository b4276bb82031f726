"""A run's configuration: frozen, validated, and enough to make the run again."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from asvae import datasets, draws, objectives
from asvae.checks import integer, known, one_of, option, refuse, validate_fields


@dataclass(frozen=True)
class Recipe:
    """Everything about a run but its objective: networks, batch, optimiser and its schedule.

    Phases are shares of ``steps``, so a shorter run is the same run in small.
    """

    steps: int = option(30_000, low=1)
    """Optimisation steps, the warm-up included."""
    width: int = option(256, low=1)
    """Units a hidden layer."""
    depth: int = option(4, low=1)
    """Hidden layers."""
    latent_dim: int = option(2, low=1)
    """Dimensions of z."""
    batch_size: int = option(512, low=2)
    """Samples a step."""
    learning_rate: float = option(2e-4, low=0.0, open_low=True)
    """Adam's, for encoder and decoder."""
    decay: str = option("steps", choices=("steps", "linear"))
    """``"steps"``: ×0.1 at a third and at half of the run; ``"linear"``: held for half of the run, then down to 0."""
    warmup: float = option(1 / 15, low=0.0)
    """Share of the run trained as a plain VAE before the objective's own players begin."""

    def __post_init__(self):
        validate_fields(self)
        if self.warmup >= 1.0:
            refuse("warmup", self.warmup, "a share of the run, at least 0 and below 1")


SCALES: dict[str, dict[str, Recipe]] = {
    "checkerboard": {
        "quick": Recipe(steps=6_000, width=96, depth=3, batch_size=128, learning_rate=2e-3, decay="linear"),
        "paper": Recipe(),
    },
}
"""Recipes by data set and scale; ``"paper"`` holds the published settings."""

COMBINATIONS: dict[str, dict[str, float]] = {
    "C1": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 0.2},
    "C2": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 0.5},
    "C3": {"beta_kl": 0.1, "beta_rec": 0.2, "beta_neg": 1.0},
}
"""Our reading of Table 1's rows, which the paper does not state: an assumption, changeable by parameter."""


def combination(name: str, objective: str) -> dict[str, float]:
    """Return the weights of a Table 1 row as the hyper-parameters of ``objective``.

    An objective takes the weights that it has. IntroVAE's adversarial weight is called alpha and takes the value
    of beta_neg: our choice, as the paper does not say what its rows mean for IntroVAE.
    """
    betas = COMBINATIONS[one_of("combination", name, COMBINATIONS)]
    fields = _names(objectives.get(objective).hyperparameters)
    weights = {key: value for key, value in betas.items() if key in fields}
    return weights | ({"alpha": betas["beta_neg"]} if "alpha" in fields else {})


def _names(cls: type) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]


@dataclass(frozen=True, init=False)
class RunConfig:
    """One run: what is trained, on what, how large, from which seed.

    Parameters
    ----------
    objective : str
        One of :func:`asvae.objectives.names`.
    dataset : str
        One of :func:`asvae.datasets.names`.
    scale : "quick" or "paper"
        Which recipe to start from: minutes on a laptop, or the published settings.
    seed : int
        Decides initial weights, data and noise, together with the step.
    steps : int, optional
        Optimisation steps, instead of the recipe's.
    **hyperparameters
        Any field of the objective's hyper-parameters or of :class:`Recipe`.

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
        **hyperparameters: Any,
    ):
        own = objectives.get(objective).hyperparameters
        one_of("dataset", dataset, datasets.names())
        base = SCALES[dataset][one_of("scale", scale, SCALES[dataset])]
        if steps is not None:
            hyperparameters["steps"] = integer("steps", steps, 1)
        known("hyper-parameter", hyperparameters, [*_names(own), *_names(Recipe)])
        recipe = {key: value for key, value in hyperparameters.items() if key in _names(Recipe)}
        weights = {key: value for key, value in hyperparameters.items() if key in _names(own)}
        for name, value in (
            ("objective", objective),
            ("dataset", dataset),
            ("scale", scale),
            ("seed", integer("seed", seed, 0, draws.EVALUATION_SEED - 1)),
            ("recipe", dataclasses.replace(base, **recipe)),
            ("hyperparameters", own(**weights)),
        ):
            object.__setattr__(self, name, value)
        # What was asked for, so that another scale or objective can fill in its own defaults for the rest.
        given = {"objective": objective, "dataset": dataset, "scale": scale, "seed": seed, **hyperparameters}
        object.__setattr__(self, "_given", given)

    @property
    def steps(self) -> int:
        """Optimisation steps, the warm-up included."""
        return self.recipe.steps

    @property
    def warmup_steps(self) -> int:
        """Steps trained as a plain VAE."""
        return min(round(self.recipe.warmup * self.recipe.steps), self.recipe.steps - 1)

    def replace(self, **changes: Any) -> "RunConfig":
        """Return this configuration with some arguments changed; what was never given takes its new default."""
        return RunConfig(**self._given | changes)

    @property
    def overrides(self) -> dict[str, Any]:
        """The recipe's fields that are not the scale's own."""
        own = dataclasses.asdict(SCALES[self.dataset][self.scale])
        return {key: value for key, value in dataclasses.asdict(self.recipe).items() if value != own[key]}

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain values; ``RunConfig(**d)`` gives it back."""
        own = {"objective": self.objective, "dataset": self.dataset, "scale": self.scale, "seed": self.seed}
        return own | dataclasses.asdict(self.recipe) | dataclasses.asdict(self.hyperparameters)
