"""S-IntroVAE (Daniel & Tamar 2021) and AS-IntroVAE (Lu et al. 2022): one family.

They differ by the schedule of c alone, the share of KL in the divergence that encoder and decoder fight over;
the rest, 1 - c, is AS-distance. S-IntroVAE holds c at 1 (or at ``kl_share``, without a rest).
"""

from dataclasses import dataclass

import torch

from asvae import schedules
from asvae.checks import option
from asvae.losses import as_distance, exp_elbo, kl_divergence, reconstruction_error, reparameterize
from asvae.losses.similarity import KERNELS, REDUCTIONS
from asvae.objectives import hyperparameters as base
from asvae.objectives.base import Loss, Objective, Player


@dataclass(frozen=True)
class _Weights(base.Hyperparameters):
    """Weights that the whole family shares."""

    beta_kl: float = option(0.1, low=0.0)
    """Weight of KL(x) in the encoder and of the divergence of fakes in the decoder."""
    beta_rec: float = option(0.2, low=0.0)
    """Weight of the squared reconstruction error."""
    beta_neg: float = option(0.2, low=0.0)
    """Weight of the divergence of fakes in the encoder."""


@dataclass(frozen=True)
class SoftHyperparameters(_Weights):
    """Weights of Soft-IntroVAE."""

    kl_share: float = option(1.0, low=0.0, high=1.0)
    """c, held: 1 is S-IntroVAE; ½ weighs the KL of fakes by half and puts nothing in place of the rest."""

    @property
    def c(self) -> schedules.Schedule:
        """The weight of the KL of fakes: always :attr:`kl_share`."""
        return schedules.constant(self.kl_share)


@dataclass(frozen=True)
class Hyperparameters(_Weights):
    """Weights of AS-IntroVAE; the switches after ``rate`` default to the paper, not to its released code."""

    schedule: str = option("annealed", choices=schedules.names(), per_lane=True)
    """How c moves: see :mod:`asvae.schedules`."""
    rate: float = option(5.0, low=0.0, open_low=True)
    """How fast the ramps rise."""
    kernel: str = option("marginal", choices=KERNELS)
    """Kernel of the AS-distance; the released code has ``"marginal"``."""
    reference: str = option("real", choices=("real", "reconstruction"))
    """What generated samples are compared with; the released code takes ``"reconstruction"``."""
    squash: bool = False
    """Pass mu and log-variance through tanh before the distance, and before the decoder's KL: released code."""
    encoder_reduction: str = option("mean", choices=REDUCTIONS)
    """Reduction of the distance in the encoder's turn; the released code has ``"sum"``."""

    @property
    def c(self) -> schedules.Schedule:
        """The weight of KL against AS-distance over the adversarial phase."""
        return schedules.get(self.schedule, self.rate)

    @property
    def anneals(self) -> bool:
        """Whether the AS-distance ever has weight."""
        return self.schedule != "kl-only"

    def pair_matrices(self, latent_dim: int) -> int:
        """Return how many matrices of B × B entries the AS-distance holds at once."""
        return {"marginal": 4, "joint": 3 * 7 * latent_dim}[self.kernel]


def squashed(posterior, squash):
    """Return mu and log-variance through tanh, as the released code has them, or as they are."""
    return tuple(torch.tanh(t) for t in posterior) if squash else posterior


def distance(networks, real, rec, fake, hp, reduction):
    """Return the distance of the whole batch's posteriors, also where its parts lie in several processes."""
    pair = (squashed(q, hp.squash) for q in (real if hp.reference == "real" else rec, fake))
    reference, fake = (tuple(networks.gather(t) for t in q) for q in pair)
    return as_distance(*reference, *fake, kernel=hp.kernel, reduction=reduction)


def encoder_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Encoder of the soft introspective family, batch mean, ``(lanes,)``.

    :math:`s(\beta_{rec} L_r(x) + \beta_{kl}\mathrm{KL}(x)) + \tfrac14\sum_f \mathbb E\exp(-2s(\beta_{rec} L_r(f) +
    \beta_{neg}[c\,\mathrm{KL}(f) + (1-c) D_{AS}]))`; f runs over reconstruction and sample, which enter detached.
    """
    s, dims = networks.normaliser, networks.event_dims
    mu, logvar = networks.encode(x)
    x_hat, fake = networks.decode_each(reparameterize(mu, logvar, draws["posterior"]), draws["prior"])
    reconstruction = reconstruction_error(x, x_hat, event_dims=dims).mean(-1)
    kl_real = kl_divergence(mu, logvar).mean(-1)

    fakes = (x_hat.detach(), fake.detach())
    posteriors = networks.encode_each(*fakes)
    noise = (draws["posterior_rec"], draws["posterior_fake"])
    again = networks.decode_each(*(reparameterize(*q, eps) for q, eps in zip(posteriors, noise, strict=True)))
    kls = [kl_divergence(*q) for q in posteriors]
    terms = {
        "reconstruction": reconstruction,
        "kl_real": kl_real,
        "kl_rec": kls[0].mean(-1),
        "kl_fake": kls[1].mean(-1),
    }
    c = hp.c(progress)[..., None]
    divergences = [c * kl for kl in kls]
    if hp.anneals:
        terms["as_distance"] = distance(networks, (mu, logvar), *posteriors, hp, hp.encoder_reduction)
        divergences = [kl + (1.0 - c) * terms["as_distance"][..., None] for kl in divergences]
    soft = [
        exp_elbo(reconstruction_error(f, r, event_dims=dims), d, scale=s, beta_rec=hp.beta_rec, beta_neg=hp.beta_neg)
        for f, r, d in zip(fakes, again, divergences, strict=True)
    ]
    terms["exp_elbo_rec"], terms["exp_elbo_fake"] = (e.mean(-1) for e in soft)
    value = s * (hp.beta_rec * reconstruction + hp.beta_kl * kl_real)
    value = value + 0.25 * (terms["exp_elbo_rec"] + terms["exp_elbo_fake"])
    return Loss(value, terms, {"x_hat": x_hat, "fake": fake})


def decoder_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Decoder of the soft introspective family, the encoder held fixed, batch mean, ``(lanes,)``.

    :math:`s(\beta_{rec} L_r(x) + \tfrac12\beta_{kl}[c(\mathrm{KL}(\hat x)+\mathrm{KL}(\tilde x)) + (1-c) D_{AS}])`.
    The papers' last term, :math:`\gamma_r = 10^{-8}` times the reconstruction error of fakes, is below single
    precision beside these and is left out.
    """
    x_hat, fake = shared["x_hat"], shared["fake"]
    rec, gen = networks.encode_each(x_hat, fake)
    kl_rec, kl_fake = (kl_divergence(*squashed(q, hp.anneals and hp.squash)).mean(-1) for q in (rec, gen))
    c = hp.c(progress)
    divergence = c * (kl_rec + kl_fake)
    terms = {"decoder_kl_rec": kl_rec, "decoder_kl_fake": kl_fake}
    if hp.anneals:
        real = rec
        if hp.reference == "real":
            with torch.no_grad():
                real = networks.encode(x)
        terms["decoder_as_distance"] = distance(networks, real, rec, gen, hp, "mean")
        divergence = divergence + (1.0 - c) * terms["decoder_as_distance"]
    reconstruction = reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    value = networks.normaliser * (hp.beta_rec * reconstruction + 0.5 * hp.beta_kl * divergence)
    return Loss(value, terms, {})


_PLAYERS = (Player("encoder", ("encoder",), encoder_loss), Player("decoder", ("decoder",), decoder_loss))
_DRAWS = ("posterior", "prior", "posterior_rec", "posterior_fake")

S_INTROVAE = Objective("s-introvae", "S-IntroVAE", SoftHyperparameters, _PLAYERS, _DRAWS, cost=4)
AS_INTROVAE = Objective("as-introvae", "AS-IntroVAE", Hyperparameters, _PLAYERS, _DRAWS, cost=5)
FAMILY = (S_INTROVAE.name, AS_INTROVAE.name)
"""By name."""
