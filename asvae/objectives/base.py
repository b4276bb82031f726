"""The interface of an objective: hyper-parameters, the noise it needs, and its players in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from asvae.networks import Networks


class Loss(NamedTuple):
    """What a player's loss returns."""

    value: Tensor
    """``(lanes,)`` (or ``()``): what this player minimises, batch mean."""
    terms: dict[str, Tensor]
    """``(lanes,)`` each: the parts, for curves and for finding what went non-finite first."""
    shared: dict[str, Tensor]
    """What stays valid for the next player of the same step, such as samples decoded before the decoder has moved."""


Noise = Mapping[str, Tensor]
"""Draws by name."""

PlayerLoss = Callable[[Networks, Tensor, Noise, Any, float, Mapping[str, Tensor]], Loss]
"""``(networks, batch, draws, hyper-parameters, progress, shared) -> Loss``.

Pure: no optimiser, no global random state, no ``.item()``; sums touch sample and batch axes only. Progress is
the share of the adversarial phase that has passed, or of the run (see ``clock``); hyper-parameters have one entry per
lane.
"""


@dataclass(frozen=True)
class Player:
    """Which networks are updated, by which loss, and how often per step."""

    name: str
    networks: tuple[str, ...]
    loss: PlayerLoss
    repeats: str | None = None
    """Hyper-parameter that says how often it is updated per step, each time on new data and noise; ``None``: once."""


@dataclass(frozen=True)
class Objective:
    """One method: everything that training must know about it."""

    name: str
    label: str
    """How the papers write it."""
    hyperparameters: type
    """A subclass of :class:`~asvae.objectives.hyperparameters.Hyperparameters`; its numbers reach the losses as tensors
    with one entry per lane."""
    players: tuple[Player, ...]
    draws: tuple[str, ...]
    """Names of the standard normal draws that a step needs, ``(lanes, B, D)`` each."""
    mixes: tuple[str, ...] = ()
    """Names of the draws uniform in [0, 1), ``(lanes, B)`` each."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Adam's β₁ and β₂."""
    warms_up: bool = True
    """Whether the run begins as a plain VAE; without an encoder it cannot."""
    cost: int = 1
    """Rough cost of a step relative to a VAE's: sweeps begin with the longest work."""

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks that its players update, in the order of their turns."""
        return tuple(dict.fromkeys(name for player in self.players for name in player.networks))

    def repeats(self, player: Player, hyperparameters: Any) -> int:
        """Return how often ``player`` is updated in one step."""
        return 1 if player.repeats is None else getattr(hyperparameters, player.repeats)

    def batches(self, hyperparameters: Any) -> int:
        """Return how many batches of data a step needs."""
        return max(self.repeats(player, hyperparameters) for player in self.players)


def drawn_as(name: str, r: int) -> str:
    """Return the name under which noise called ``name`` is drawn for a player's r-th update within a step."""
    return f"{name}/{r}" if r else name


def play(
    objective: Objective,
    networks: Networks,
    inputs: Callable[[int], tuple[Tensor, Noise]],
    hyperparameters: Any,
    progress: float,
    move: Callable[[Player, Loss], bool],
) -> dict[str, Tensor]:
    """Update every player of one step, in order; return the terms of all, detached.

    Parameters
    ----------
    objective, networks, hyperparameters, progress
        As the losses take them.
    inputs : callable
        Maps r to the batch and noise of a player's r-th update within the step, counted from 0.
    move : callable
        Takes a player and its loss, makes the update, and returns whether the step goes on.
    """
    terms: dict[str, Tensor] = {}
    shared: Mapping[str, Tensor] = {}
    for player in objective.players:
        for r in range(objective.repeats(player, hyperparameters)):
            x, noise = inputs(r)
            loss = player.loss(networks, x, noise, hyperparameters, progress, shared)
            shared = loss.shared
            terms |= {name: term.detach() for name, term in loss.terms.items()}
            terms[f"loss_{player.name}"] = loss.value.detach()
            goes_on = move(player, loss)
            # Its graph must not stay in memory with the next player's.
            del loss
            if not goes_on:
                return terms
    return terms
