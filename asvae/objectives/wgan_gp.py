"""WGAN-GP (Gulrajani et al. 2017): a critic with a gradient penalty against a generator, no encoder."""

from dataclasses import dataclass

from asvae.checks import option
from asvae.losses import gradient_penalty, wasserstein_gap
from asvae.objectives import hyperparameters as base
from asvae.objectives.base import Loss, Objective, Player


@dataclass(frozen=True)
class Hyperparameters(base.Hyperparameters):
    """Weight of the penalty, and updates of the critic per update of the generator."""

    penalty: float = option(10.0, low=0.0)
    """λ, the weight of the gradient penalty."""
    critic_steps: int = option(5, low=1, high=1_000)
    """Updates of the critic per update of the generator, each on a new batch."""


def critic_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Critic: :math:`\mathbb E C(\tilde x) - \mathbb E C(x) + \lambda\,\mathbb E(\lVert\nabla C(\bar x)\rVert - 1)^2`.

    The generator is held fixed. Batch mean, ``(lanes,)``.
    """
    fake = networks.decode(draws["prior_critic"]).detach()
    gap = wasserstein_gap(networks.criticise(x), networks.criticise(fake))
    mix = draws["mix"]
    penalty = gradient_penalty(networks.criticise, x, fake, mix, event_dims=networks.event_dims)
    return Loss(hp.penalty * penalty - gap, {"wasserstein_gap": gap, "gradient_penalty": penalty}, {})


def generator_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Generator: :math:`-\mathbb E\,C(\tilde x)`, the critic held fixed. Batch mean, ``(lanes,)``."""
    score = networks.criticise(networks.decode(draws["prior"])).mean(-1)
    return Loss(-score, {"score_fake": score}, {})


WGAN_GP = Objective(
    name="wgan-gp",
    label="WGAN-GP",
    hyperparameters=Hyperparameters,
    players=(
        Player("critic", ("critic",), critic_loss, repeats="critic_steps"),
        Player("generator", ("decoder",), generator_loss),
    ),
    draws=("prior_critic", "prior"),
    mixes=("mix",),
    betas=(0.0, 0.9),
    warms_up=False,
    cost=6,
)
