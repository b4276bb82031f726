"""What a trained encoder makes of real and generated samples, and whether its posterior has collapsed."""

import math

import torch
from torch import Tensor

from asvae import draws
from asvae.checks import need_tensors, refuse
from asvae.losses import kl_divergence, reparameterize

ACTIVE = 0.01
"""A latent dimension whose posterior mean has a smaller variance over the data is dead (Burda, Grosse and Salakhutdinov
2016)."""

PAIRED = 1_000
"""Samples between which mutual information is estimated: the estimate cannot exceed ln of their number, 6.9 nats."""


Posterior = tuple[Tensor, Tensor]
"""``mu`` and ``logvar``, ``(N, D)`` each."""


def latent_scores(real: Posterior, fake: Posterior) -> dict[str, float]:
    """Score an encoder by the posteriors of real and of generated samples, ``(N, D)`` and ``(M, D)``.

    Returns
    -------
    dict
        ``kl_real`` and ``kl_fake``, mean KL from the prior in nats; ``dead_latents``, the share of latent dimensions
        whose posterior mean has a variance below :data:`ACTIVE` over the real samples, NaN of fewer than two;
        ``mutual_information`` of real samples and their latents in nats, over the first 1,000.

    Raises
    ------
    InvalidArgumentError
        If one of them is not two tensors of equal shapes with at least one sample.
    """
    (mu, logvar), fake = _posterior("real", real), _posterior("fake", fake)
    dead = float((mu.var(0) < ACTIVE).double().mean()) if len(mu) > 1 else math.nan
    return {
        "kl_real": float(kl_divergence(mu, logvar).mean()),
        "kl_fake": float(kl_divergence(*fake).mean()),
        "dead_latents": dead,
        "mutual_information": mutual_information(mu[:PAIRED], logvar[:PAIRED]),
    }


def mutual_information(mu: Tensor, logvar: Tensor) -> float:
    r"""Return :math:`\tfrac1N\sum_i \log q(z_i|x_i) - \log \tfrac1N\sum_j q(z_i|x_j)`, one :math:`z_i` per posterior.

    An estimate of the mutual information of data and latents (Hoffman and Johnson 2016), in nats.

    Parameters
    ----------
    mu, logvar : Tensor
        Posteriors of N samples, ``(N, D)``.

    Raises
    ------
    InvalidArgumentError
        If they are not two tensors of equal shapes with at least one sample.
    """
    mu, logvar = _posterior("mu and logvar", (mu, logvar))
    noise = draws.normal(draws.EVALUATION_SEED, 0, "mutual_information", tuple(mu.shape))
    mu, logvar = mu.double(), logvar.double()
    z, precision = reparameterize(mu, logvar, noise), torch.exp(-logvar)
    # (zᵢ − μⱼ)²/vⱼ, summed over dimensions, for all pairs; what all densities share cancels.
    squares = z**2 @ precision.T - 2.0 * z @ (mu * precision).T + (mu**2 * precision).sum(1)
    log_q = -0.5 * (squares + logvar.sum(1))
    return float((log_q.diagonal() - torch.logsumexp(log_q, 1)).mean() + math.log(len(mu)))


def _posterior(name: str, given: Posterior) -> Posterior:
    """Return ``mu`` and ``logvar`` if they are posteriors of at least one sample."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        refuse(name, given, "a pair of mu and logvar")
    mu, logvar = need_tensors(mu=given[0], logvar=given[1])
    if mu != logvar or len(mu) != 2 or 0 in mu:
        refuse(name, [mu, logvar], "mu and logvar of equal shapes (N, D), no axis empty")
    return given[0], given[1]


def nothing() -> dict[str, float]:
    """Return the scores of a run that diverged, and of a run on images without an encoder: NaN each.

    A run on points without an encoder has no such scores.
    """
    return dict.fromkeys(("kl_real", "kl_fake", "dead_latents", "mutual_information"), math.nan)
