"""The step: binds networks, objective and Adam for a stack of lanes, each lane one run.

Lane i computes what it would compute alone, bit for bit on a CPU: sums never cross lanes, every lane draws
from its own seed, and Adam is applied to each lane's slice of the stacked weights.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from asvae import datasets, draws, objectives
from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.networks import Networks, mlp_networks
from asvae.objectives import Player
from asvae.objectives.vae import VAE


@dataclass(frozen=True)
class Divergence:
    """Where a run became non-finite. Its weights stay those from before the update that would have broken them."""

    step: int
    """0-based optimisation step."""
    player: str
    """Whose turn it was."""
    term: str
    """The first term of that player's loss that was not finite, or ``"gradient"``."""


class StackedHyperparameters:
    """Hyper-parameters of several lanes: numbers as tensors ``(lanes,)``, choices as the one value all share."""

    def __init__(self, lanes: Sequence[Any], device: torch.device):
        self._schedules = [getattr(hp, "c", None) for hp in lanes]
        self.anneals = getattr(lanes[0], "anneals", False)
        self._device = device
        for field in dataclasses.fields(lanes[0]):
            values = [getattr(hp, field.name) for hp in lanes]
            if field.type is float:
                setattr(self, field.name, torch.tensor(values, dtype=torch.float32, device=device))
            elif field.name != "schedule":
                setattr(self, field.name, values[0])

    def c(self, progress: float) -> Tensor:
        """Return the weight of KL against AS-distance, ``(lanes,)``."""
        weights = [schedule(progress) for schedule in self._schedules]
        return torch.tensor(weights, dtype=torch.float32, device=self._device)


def stack_key(config: RunConfig) -> tuple:
    """Return what configurations must share to be lanes of one stack: all but seed, numbers and schedule."""
    choices = tuple(
        getattr(config.hyperparameters, field.name)
        for field in dataclasses.fields(config.hyperparameters)
        if field.type is not float and field.name != "schedule"
    )
    # A lane that never anneals must not enter the AS-distance's branch because a neighbour does.
    anneals = getattr(config.hyperparameters, "anneals", False)
    return config.objective, config.dataset, config.recipe, anneals, choices


def build_networks(config: RunConfig, seeds: Sequence[int]) -> Networks:
    """Return the untrained networks that ``config`` describes, one lane a seed."""
    recipe, shape = config.recipe, datasets.get(config.dataset).shape
    return mlp_networks(shape, recipe.latent_dim, recipe.width, recipe.depth, seeds)


class Lanes:
    """Networks, optimisers and noise of a stack of runs, advanced one step at a time.

    Parameters
    ----------
    configs : sequence of RunConfig
        The runs; they must agree in :func:`stack_key`.
    device : str
        A torch device.
    """

    def __init__(self, configs: Sequence[RunConfig], device: str = "cpu"):
        if not configs or len({stack_key(config) for config in configs}) != 1:
            raise InvalidArgumentError("configs: got runs that differ in more than seed, weights and schedule.")
        self.configs, self.device = list(configs), torch.device(device)
        self.recipe = configs[0].recipe
        self.warmup = configs[0].warmup_steps
        self.seeds = [config.seed for config in configs]
        self.dataset = datasets.get(configs[0].dataset)
        self.objective = objectives.get(configs[0].objective)
        self.hyperparameters = StackedHyperparameters([c.hyperparameters for c in configs], self.device)
        self.networks = build_networks(configs[0], self.seeds)
        for module in self.networks.modules.values():
            module.to(self.device)
        self._slices = {name: self._lane_slices(name) for name in self.networks.modules}
        self._optimisers = {
            name: torch.optim.Adam([p for lane in lanes for p in lane], lr=self.recipe.learning_rate, fused=True)
            for name, lanes in self._slices.items()
        }
        self.divergences: list[Divergence | None] = [None] * len(configs)

    def _lane_slices(self, name: str) -> list[list[Tensor]]:
        parameters = self.networks.parameters(name)
        return [[p.detach()[lane] for p in parameters] for lane in range(len(self.seeds))]

    @property
    def alive(self) -> bool:
        """Whether any lane is still finite."""
        return None in self.divergences

    def progress(self, step: int) -> float:
        """Return the share of the adversarial phase that has passed before ``step``, 0 during warm-up."""
        return max(0, step - self.warmup) / max(1, self.recipe.steps - self.warmup)

    def learning_rate(self, step: int) -> float:
        """Return Adam's rate at ``step``."""
        if self.recipe.decay == "linear":
            return self.recipe.learning_rate * min(1.0, 2.0 * (1.0 - step / self.recipe.steps))
        passed = (3 * step >= self.recipe.steps > 1) + (2 * step >= self.recipe.steps > 1)
        return self.recipe.learning_rate * 0.1**passed

    def step(self, step: int) -> dict[str, Tensor]:
        """Let every player of ``step`` move once; return the terms, ``(lanes,)`` each."""
        warm = step < self.warmup
        objective = VAE if warm else self.objective
        batch = self._batch(step)
        noise_shape = (self.recipe.batch_size, self.recipe.latent_dim)
        noise = {
            name: draws.normal_lanes(self.seeds, step, name, noise_shape).to(self.device) for name in objective.draws
        }
        for optimiser in self._optimisers.values():
            optimiser.param_groups[0]["lr"] = self.learning_rate(step)
        terms, shared = {}, {}
        for player in objective.players:
            for _ in range(player.repeats):
                last = player is objective.players[-1]
                loss = player.loss(self.networks, batch, noise, self.hyperparameters, self.progress(step), shared)
                self._update(step, player, loss, retain=not last)
                shared = loss.shared
                terms |= {key: value.detach() for key, value in loss.terms.items()}
                terms[f"loss_{player.name}"] = loss.value.detach()
        return terms

    def _batch(self, step: int) -> Tensor:
        size = self.recipe.batch_size
        return torch.stack([self.dataset.sample(size, seed, step) for seed in self.seeds]).to(self.device)

    def _update(self, step: int, player: Player, loss: objectives.Loss, retain: bool) -> None:
        parameters = {name: self.networks.parameters(name) for name in player.networks}
        flat = [p for own in parameters.values() for p in own]
        # The fused Adam takes a gradient of other strides than its weight without complaint, and wrongly.
        grads = [g.contiguous() for g in torch.autograd.grad(loss.value.sum(), flat, retain_graph=retain)]
        self._note_divergence(step, player, loss, grads)
        for name in player.networks:
            own, grads = grads[: len(parameters[name])], grads[len(parameters[name]) :]
            for lane, weights in enumerate(self._slices[name]):
                finite = self.divergences[lane] is None
                for weight, grad in zip(weights, own, strict=True):
                    weight.grad = grad[lane] if finite else None
            self._optimisers[name].step()

    def _note_divergence(self, step: int, player: Player, loss: objectives.Loss, grads: list[Tensor]) -> None:
        # Squares, as Adam keeps them: a gradient whose square overflows would freeze its weight without a word.
        sums = torch.stack([loss.value.detach(), *(g.flatten(1).square().sum(1) for g in grads)])
        finite = sums.isfinite().all(0).tolist()
        for lane, fine in enumerate(finite):
            if fine or self.divergences[lane] is not None:
                continue
            broken = [name for name, term in loss.terms.items() if not term[lane].isfinite()]
            term = broken[0] if broken else "gradient" if loss.value[lane].isfinite() else "loss"
            self.divergences[lane] = Divergence(step, player.name, term)

    def lane(self, i: int) -> Networks:
        """Return a copy of lane i as networks of one lane, on the CPU."""
        single = build_networks(self.configs[i], self.seeds[i : i + 1])
        single.load_state({key: value[i : i + 1] for key, value in self.networks.state().items()})
        return single
