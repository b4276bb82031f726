"""IntroVAE (Huang et al. 2018): the encoder pushes the KL of fakes up to a margin, the decoder pulls it down."""

from dataclasses import dataclass

from asvae.checks import option
from asvae.losses import hinge, kl_divergence, reconstruction_error, reparameterize
from asvae.objectives.base import Loss, Objective, Player
from asvae.objectives.hyperparameters import Weights


@dataclass(frozen=True)
class Hyperparameters(Weights):
    """Weights and margin of IntroVAE, and one switch: as Lu et al. write it, or as Huang et al. do."""

    alpha: float = option(0.2, low=0.0)
    """Weight of the adversarial KL terms."""
    margin: float = option(10.0, low=0.0)
    """m in nats: beyond it a fake gives the encoder no gradient."""
    decoder_reconstruction: bool = False
    """Keep the reconstruction term in the decoder's loss, as Huang et al. have it; Lu et al. (eq. 3) and their released
    code have none."""


def encoder_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Encoder: :math:`\beta_{rec} L_r(x) + \beta_{kl}[\mathrm{KL}(x) + \alpha\sum_f \max(0, m - \mathrm{KL}(f))]`.

    The sum runs over reconstruction and sample, which enter detached. Batch mean, ``(lanes,)``.
    """
    mu, logvar = networks.encode(x)
    x_hat, fake = networks.decode_each(reparameterize(mu, logvar, draws["posterior"]), draws["prior"])
    reconstruction = reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    kl_real = kl_divergence(mu, logvar).mean(-1)
    kl_rec, kl_fake = (kl_divergence(*q) for q in networks.encode_each(x_hat.detach(), fake.detach()))
    hinge_rec, hinge_fake = (hinge(kl, hp.margin).mean(-1) for kl in (kl_rec, kl_fake))
    value = hp.beta_rec * reconstruction + hp.beta_kl * (kl_real + hp.alpha * (hinge_rec + hinge_fake))
    terms = {
        "reconstruction": reconstruction,
        "kl_real": kl_real,
        "kl_rec": kl_rec.mean(-1),
        "kl_fake": kl_fake.mean(-1),
        "hinge_rec": hinge_rec,
        "hinge_fake": hinge_fake,
    }
    return Loss(value, terms, {"x_hat": x_hat, "fake": fake})


def decoder_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Decoder: :math:`\alpha\sum_f \mathrm{KL}(f)`, the encoder held fixed. ``(lanes,)``.

    With ``decoder_reconstruction`` :math:`\beta_{rec} L_r(x)` beside it (Huang et al.).
    """
    x_hat, fake = shared["x_hat"], shared["fake"]
    kl_rec, kl_fake = (kl_divergence(*q).mean(-1) for q in networks.encode_each(x_hat, fake))
    value = hp.alpha * (kl_rec + kl_fake)
    if hp.decoder_reconstruction:
        value = value + hp.beta_rec * reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    return Loss(value, {"decoder_kl_rec": kl_rec, "decoder_kl_fake": kl_fake}, {})


INTROVAE = Objective(
    name="introvae",
    label="IntroVAE",
    hyperparameters=Hyperparameters,
    players=(Player("encoder", ("encoder",), encoder_loss), Player("decoder", ("decoder",), decoder_loss)),
    draws=("posterior", "prior"),
    cost=3,
)
