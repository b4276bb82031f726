"""Runs on points as the loop sees them: a stack of lanes, watched and scored."""

import functools
from collections.abc import Sequence

import torch
from torch import Tensor

from asvae.config import RunConfig
from asvae.draws import EVALUATION_SEED
from asvae.metrics import latents, points
from asvae.networks import Networks
from asvae.training.marks import Marks
from asvae.training.points.cuda_graphs import CapturedSteps
from asvae.training.points.gradient_routes import gradient_norms
from asvae.training.points.lanes import Lanes
from asvae.training.run import RECONSTRUCTED, SAMPLES, Divergence, sample
from asvae.training.stepper import Judged, Stepper, Terms

INTERMEDIATE_DRAWS = 5
"""Over how many draws a run is scored while it trains."""


class PointsStepper(Stepper):
    """Lanes as the loop sees them: step by step on a CPU, captured graphs on a GPU."""

    def __init__(self, configs: Sequence[RunConfig], device: str):
        self.configs, self.device, self.amount = list(configs), device, len(configs)
        self.lanes = Lanes(configs, device)
        self._captured = None if self.lanes.device.type == "cpu" else CapturedSteps(self.lanes)

    @property
    def divergences(self) -> list[Divergence | None]:
        """Where each lane became non-finite."""
        return self.lanes.divergences

    def step(self, step: int) -> Terms:
        """Make ``step``; return the terms, ``(lanes,)`` each, on the device."""
        return self.lanes.step(step) if self._captured is None else self._captured(step)

    def watch(self, step: int, marks: Marks) -> Terms:
        """Return gradients by path, and the KL of Table 1 over few draws, to see it move."""
        terms = gradient_norms(self.lanes, step) if marks.gradients else {}
        return terms | ({"score": self._score()} if marks.score else {})

    def _score(self) -> Tensor:
        singles = (self.lanes.lane(i) for i in range(len(self.configs)))
        samplers = (functools.partial(sample, networks) for networks in singles)
        dataset = self.lanes.dataset
        return torch.tensor(
            [points.score(each, dataset, draws=INTERMEDIATE_DRAWS, large=100)["kl"] for each in samplers]
        )

    def alive(self, marked: bool) -> bool:
        """Whether any lane is still finite; on a GPU asked only where a curve waits for the device anyway."""
        return self.lanes.alive if self._captured is None or marked else True

    def state(self) -> Terms:
        """Return weights and moments, ``(lanes, ...)`` each."""
        return self.lanes.state()

    def load_state(self, state: Terms, divergences: Sequence[Divergence | None]) -> None:
        """Take what :meth:`state` and :attr:`divergences` gave."""
        self.lanes.load_state(state, divergences)

    def networks_of(self, run: int) -> Networks:
        """Return a lane as networks of its own."""
        return self.lanes.lane(run)

    def judge(self, run: int, networks: Networks) -> Judged:
        """Score a lane on points; with an encoder, its latents and reconstructions too."""
        if self.divergences[run]:
            return Judged(points.nothing() | latents.nothing(), torch.zeros(0, *networks.shape))
        make, dataset = functools.partial(sample, networks), self.lanes.dataset
        scores, pictures = points.score(make, dataset), {}
        if "encoder" in networks.modules:
            real = dataset.sample(5_000, EVALUATION_SEED)
            scores |= latents.latent_scores(networks.posterior(real), networks.posterior(make(len(real), 0)))
            pictures = {"reconstructed": networks.reconstruct(real[:RECONSTRUCTED]).round(decimals=2)}
        return Judged(scores, make(SAMPLES, 0).round(decimals=2), pictures)

    def close(self) -> None:
        """Give captured graphs back."""
        if self._captured is not None:
            self._captured.close()
