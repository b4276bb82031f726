"""KL of real and generated samples under a trained encoder, and its unused latent dimensions."""

import math

from torch import Tensor

from asvae.losses import kl_divergence
from asvae.networks import Networks

ACTIVE = 0.01
"""A latent dimension whose posterior mean has a smaller variance over the data is dead (Burda, Grosse and Salakhutdinov
2016)."""


def latent_scores(networks: Networks, real: Tensor, fake: Tensor) -> dict[str, float]:
    """Score an encoder on real and generated samples, ``(N, *shape)`` and ``(M, *shape)``.

    Returns
    -------
    dict
        ``kl_real`` and ``kl_fake``, mean KL from the prior in nats; ``dead_latents``, the share of latent dimensions
        whose posterior mean has a variance below :data:`ACTIVE` over the real samples.
    """
    mu, logvar = networks.posterior(real)
    return {
        "kl_real": float(kl_divergence(mu, logvar).mean()),
        "kl_fake": float(kl_divergence(*networks.posterior(fake)).mean()),
        "dead_latents": float((mu.var(0) < ACTIVE).double().mean()),
    }


def nothing() -> dict[str, float]:
    """Return the scores of a run that has no encoder or has diverged: NaN each."""
    return dict.fromkeys(("kl_real", "kl_fake", "dead_latents"), math.nan)
