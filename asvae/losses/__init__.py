"""The terms every objective is made of, and the AS-distance."""

from asvae.losses.similarity import as_distance
from asvae.losses.terms import (
    exp_elbo,
    gradient_penalty,
    hinge,
    kl_divergence,
    reconstruction_error,
    reparameterize,
    wasserstein_gap,
)

__all__ = [
    "as_distance",
    "exp_elbo",
    "gradient_penalty",
    "hinge",
    "kl_divergence",
    "reconstruction_error",
    "reparameterize",
    "wasserstein_gap",
]
