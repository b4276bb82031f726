"""VAE (Kingma & Welling 2014) with the weights of Soft-IntroVAE."""

from dataclasses import dataclass

from asvae.checks import option
from asvae.losses import kl_divergence, reconstruction_error, reparameterize
from asvae.objectives import hyperparameters as base
from asvae.objectives.base import Loss, Objective, Player


@dataclass(frozen=True)
class Hyperparameters(base.Hyperparameters):
    """Weights of the two terms; only their ratio matters to Adam."""

    beta_kl: float = option(0.1, low=0.0)
    """Weight of KL(q(z|x) ‖ N(0, I))."""
    beta_rec: float = option(0.2, low=0.0)
    """Weight of the squared reconstruction error."""


def negative_elbo(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Weighted negative ELBO :math:`\beta_{rec} L_r(x) + \beta_{kl}\,\mathrm{KL}(x)`, batch mean, ``(lanes,)``."""
    mu, logvar = networks.encode(x)
    x_hat = networks.decode(reparameterize(mu, logvar, draws["posterior"]))
    reconstruction = reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    kl = kl_divergence(mu, logvar).mean(-1)
    value = hp.beta_rec * reconstruction + hp.beta_kl * kl
    return Loss(value, {"reconstruction": reconstruction, "kl_real": kl}, {})


VAE = Objective(
    name="vae",
    label="VAE",
    hyperparameters=Hyperparameters,
    players=(Player("vae", ("encoder", "decoder"), negative_elbo),),
    draws=("posterior",),
)
