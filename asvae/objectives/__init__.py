"""Objectives by name, one file per method."""

from asvae.checks import one_of
from asvae.objectives.base import Loss, Objective, Player, play
from asvae.objectives.introspective import AS_INTROVAE, S_INTROVAE
from asvae.objectives.introvae import INTROVAE
from asvae.objectives.vae import VAE
from asvae.objectives.wgan_gp import WGAN_GP

__all__ = ["Loss", "Objective", "Player", "get", "names", "play"]

_REGISTRY = {objective.name: objective for objective in (VAE, INTROVAE, S_INTROVAE, AS_INTROVAE, WGAN_GP)}


def names() -> list[str]:
    """Return the names that :func:`get` accepts, those of Table 1 first, in its order."""
    return list(_REGISTRY)


def get(name: str) -> Objective:
    """Return the objective called ``name``.

    Raises
    ------
    InvalidArgumentError
        If the name is not one of :func:`names`.
    """
    return _REGISTRY[one_of("objective", name, _REGISTRY)]
