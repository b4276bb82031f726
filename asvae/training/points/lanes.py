"""The step: binds networks, objective and Adam for a stack of lanes, each lane one run.

Lane i computes what it would compute alone, bit for bit on a CPU: sums never cross lanes, every lane draws
from its own seed, and Adam never mixes two lanes. Nothing in a step asks the device for a number on a GPU.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from asvae import draws, objectives
from asvae.checks import InvalidArgumentError
from asvae.config import RunConfig
from asvae.networks import Networks
from asvae.objectives import Loss, Player, play
from asvae.objectives.base import drawn_as
from asvae.objectives.hyperparameters import StackedHyperparameters
from asvae.training.points.lane_adam import LaneAdam
from asvae.training.run import Divergence
from asvae.training.stepper import under


class Lanes:
    """Networks, optimisers and noise of a stack of runs, advanced one step at a time.

    Parameters
    ----------
    configs : sequence of RunConfig
        The runs; they must agree in :attr:`~asvae.RunConfig.stack_key`.
    device : str
        A torch device.
    dtype : torch.dtype
        Of weights, data and noise; float64 is for comparing numerics over machines.
    """

    def __init__(self, configs: Sequence[RunConfig], device: str = "cpu", dtype: torch.dtype = torch.float32):
        if not configs or len({config.stack_key for config in configs}) != 1:
            raise InvalidArgumentError("configs: got runs that differ in more than seed, weights and schedule.")
        self.configs, self.device, self.dtype = list(configs), torch.device(device), dtype
        self.recipe = configs[0].recipe
        self.warmup = configs[0].warmup_steps
        self.seeds = [config.seed for config in configs]
        self.dataset = configs[0].data()
        self.objective = objectives.get(configs[0].objective)
        self.hyperparameters = StackedHyperparameters([c.hyperparameters for c in configs], self.device, dtype)
        self.networks = configs[0].networks(self.seeds)
        for module in self.networks.modules.values():
            module.to(self.device, dtype)
        self._adams = {
            name: LaneAdam(self.networks.parameters(name), self.recipe.learning_rate, self.objective.betas)
            for name in self.networks.modules
        }
        self._finite = torch.ones(len(configs), dtype=torch.bool, device=self.device)
        # When and where a lane broke, as numbers on the device; where is a place in `_places`.
        self._now = torch.tensor(-1, device=self.device)
        self._when, self._where = (torch.full((len(configs),), -1, device=self.device) for _ in range(2))
        self._places: list[tuple[str, str]] = []
        self._earlier: list[Divergence | None] = [None] * len(configs)

    @property
    def divergences(self) -> list[Divergence | None]:
        """Where each lane became non-finite, ``None`` where it did not. On a GPU, asking waits for the device."""
        now = [
            Divergence(when, *self._places[where]) if when >= 0 else None
            for when, where in zip(self._when.tolist(), self._where.tolist(), strict=True)
        ]
        return [earlier or here for earlier, here in zip(self._earlier, now, strict=True)]

    @property
    def alive(self) -> bool:
        """Whether any lane is still finite. On a GPU, asking waits for the device."""
        return bool(self._finite.any())

    def step(self, step: int) -> dict[str, Tensor]:
        """Let every player of ``step`` move once; return the terms, ``(lanes,)`` each."""
        inputs = {name: value.to(self.device) for name, value in self.draw(step).items()}
        self.set_clock(step)
        return self.advance(step, inputs)

    def draw(self, step: int) -> dict[str, Tensor]:
        """Return the batch, called ``"x"``, and the noise of ``step`` on the CPU, ``(lanes, B, ...)`` each.

        Those of a player's later moves within the step are called as :func:`~asvae.objectives.base.drawn_as` says.
        """
        size, objective, drawn = self.recipe.batch_size, self.configs[0].phase(step), {}
        shape, batches = (size, self.recipe.latent_dim), objective.batches(self.hyperparameters)
        for r in range(batches):
            data = [self.dataset.sample(size, seed, step * batches + r) for seed in self.seeds]
            drawn[drawn_as("x", r)] = torch.stack(data)
            for name in (drawn_as(each, r) for each in objective.draws):
                drawn[name] = draws.normal_lanes(self.seeds, step, name, shape)
            for name in (drawn_as(each, r) for each in objective.mixes):
                drawn[name] = draws.uniform_lanes(self.seeds, step, name, (size,))
        return {name: value.to(self.dtype) for name, value in drawn.items()}

    def set_clock(self, step: int) -> None:
        """Set what changes from step to step beside the draws: the learning rate and c."""
        for adam in self._adams.values():
            adam.rate(self.recipe.rate(step))
        self.hyperparameters.c(self.configs[0].progress(step))
        self._now.fill_(step)

    def advance(self, step: int, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Make ``step`` from its draws, on the device alone; return the terms, ``(lanes,)`` each."""
        config, objective = self.configs[0], self.configs[0].phase(step)

        def of_move(r: int) -> tuple[Tensor, dict[str, Tensor]]:
            noise = {name: inputs[drawn_as(name, r)] for name in (*objective.draws, *objective.mixes)}
            return inputs[drawn_as("x", r)], noise

        return play(objective, self.networks, of_move, self.hyperparameters, config.progress(step), self._update)

    def _update(self, player: Player, loss: Loss) -> bool:
        parameters = {name: self.networks.parameters(name) for name in player.networks}
        flat = [p for own in parameters.values() for p in own]
        grads = torch.autograd.grad(loss.value.sum(), flat, retain_graph=bool(loss.shared))
        self._note_divergence(player, loss, grads)
        for name in player.networks:
            own, grads = grads[: len(parameters[name])], grads[len(parameters[name]) :]
            self._adams[name].step(own, self._finite)
        # Lanes that are not finite stand still; the others go on.
        return True

    def _note_divergence(self, player: Player, loss: Loss, grads: Sequence[Tensor]) -> None:
        # Squares, as Adam keeps them: a gradient whose square overflows would freeze its weight without a word.
        sums = torch.stack([loss.value.detach(), *(g.flatten(1).square().sum(1) for g in grads)])
        finite = sums.isfinite().all(0)
        if self.device.type == "cpu" and finite.all():
            return
        places = [(player.name, name) for name in (*loss.terms, "gradient", "loss")]
        if places[0] not in self._places:
            self._places += places
        fine = loss.value.isfinite()
        broken = torch.stack([*(~term.isfinite() for term in loss.terms.values()), fine, ~fine])
        first = broken.int().argmax(0) + self._places.index(places[0])
        new = self._finite & ~finite
        self._when.copy_(torch.where(new, self._now, self._when))
        self._where.copy_(torch.where(new, first, self._where))
        self._finite.logical_and_(finite)

    def state(self) -> dict[str, Tensor]:
        """Return all that a resumed stack needs beside its step and :attr:`divergences`, ``(lanes, ...)`` each."""
        adams = {f"adam.{name}.{key}": v for name, adam in self._adams.items() for key, v in adam.state().items()}
        return {f"network.{key}": value for key, value in self.networks.state().items()} | adams

    def load_state(self, state: dict[str, Tensor], divergences: Sequence[Divergence | None]) -> None:
        """Take what :meth:`state` and :attr:`divergences` gave."""
        self.networks.load_state(under(state, "network."))
        for name, adam in self._adams.items():
            adam.load_state(under(state, f"adam.{name}."))
        self._earlier = list(divergences)
        self._finite.copy_(torch.tensor([divergence is None for divergence in divergences]))

    def lane(self, i: int) -> Networks:
        """Return a copy of lane i as networks of one lane, on the CPU."""
        single = self.configs[i].networks(self.seeds[i : i + 1])
        weights = nn.ModuleDict(self.networks.modules).state_dict()
        single.load_state({key: value[i : i + 1] for key, value in weights.items()})
        return single
