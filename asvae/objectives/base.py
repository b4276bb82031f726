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
    """What stays valid for the next player of the same step, as fakes do while the decoder rests."""


PlayerLoss = Callable[[Networks, Tensor, Mapping[str, Tensor], Any, float, Mapping[str, Tensor]], Loss]
"""``(networks, batch, draws, hyper-parameters, progress, shared) -> Loss``.

Pure: no optimiser, no global random state, no ``.item()``; sums touch sample and batch axes only. Progress is
the share of the adversarial phase that has passed; hyper-parameters have one entry a lane.
"""


@dataclass(frozen=True)
class Player:
    """Whose parameters move, by which loss, and how often a step."""

    name: str
    networks: tuple[str, ...]
    loss: PlayerLoss
    repeats: int = 1


@dataclass(frozen=True)
class Objective:
    """One method: everything that training must know of it."""

    name: str
    label: str
    """How the papers write it."""
    hyperparameters: type
    """A frozen dataclass; its numeric fields reach the losses as tensors with one entry a lane."""
    players: tuple[Player, ...]
    draws: tuple[str, ...]
    """Names of the standard normal draws a step needs, ``(lanes, B, D)`` each."""
