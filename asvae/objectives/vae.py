"""VAE (Kingma & Welling 2014) with the weights of Soft-IntroVAE."""

from asvae.losses import kl_divergence, reconstruction_error, reparameterize
from asvae.objectives.base import Loss, Objective, Player
from asvae.objectives.hyperparameters import Weights


def negative_elbo(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Weighted negative ELBO :math:`\beta_{rec} L_r(x) + \beta_{kl}\,\mathrm{KL}(x)`, batch mean, ``(lanes,)``.

    Only the ratio of the two weights matters to Adam.
    """
    mu, logvar = networks.encode(x)
    x_hat = networks.decode(reparameterize(mu, logvar, draws["posterior"]))
    reconstruction = reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    kl = kl_divergence(mu, logvar).mean(-1)
    value = hp.beta_rec * reconstruction + hp.beta_kl * kl
    return Loss(value, {"reconstruction": reconstruction, "kl_real": kl}, {})


VAE = Objective(
    name="vae",
    label="VAE",
    hyperparameters=Weights,
    players=(Player("vae", ("encoder", "decoder"), negative_elbo),),
    draws=("posterior",),
)
