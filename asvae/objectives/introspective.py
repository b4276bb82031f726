"""S-IntroVAE (Daniel & Tamar 2021) and AS-IntroVAE (Lu et al. 2022): one family.

They differ by the schedule of c alone, the share of KL in the divergence that the encoder maximises and the decoder
minimises; the rest, 1 - c, is AS-distance. S-IntroVAE holds c at 1 (or at ``kl_share``, with nothing for the rest).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from asvae import schedules
from asvae.checks import option
from asvae.losses import as_distance, exp_elbo, kl_divergence, reconstruction_error, reparameterize
from asvae.losses.similarity import KERNELS, REDUCTIONS, STATISTICS, kernel_constant
from asvae.objectives.base import Loss, Objective, Player
from asvae.objectives.hyperparameters import Weights


@dataclass(frozen=True)
class FamilyHyperparameters(Weights):
    """Weights and switches that the whole family shares."""

    beta_neg: float = option(0.2, low=0.0)
    """Weight of the divergence of fakes in the encoder."""
    fake_rec: float = option(1.0, low=0.0, added=True)
    """Weight of the reconstruction error of fakes in the encoder, over ``beta_rec``."""
    live_target: bool = option(False, added=True)
    """Let a gradient reach the encoder also through the reconstruction as a target; both released codes do."""
    decoder_fake_rec: bool = option(False, added=True)
    """Keep the reconstruction error of fakes in the decoder's loss, as eq. 9 with γ = 1 has it. In both released codes
    it has the factor 10⁻⁸, below single precision beside the rest."""


@dataclass(frozen=True)
class SoftHyperparameters(FamilyHyperparameters):
    """Weights of Soft-IntroVAE."""

    kl_share: float = option(1.0, low=0.0, high=1.0)
    """c, constant: 1 is S-IntroVAE; ½ weights the KL of fakes by half and puts nothing in place of the rest."""

    @property
    def c(self) -> schedules.Schedule:
        """The weight of the KL of fakes: always :attr:`kl_share`."""
        return schedules.constant(self.kl_share)


@dataclass(frozen=True)
class Hyperparameters(FamilyHyperparameters):
    """Weights and switches of AS-IntroVAE. Every switch defaults to what the paper writes, where it writes anything."""

    schedule: str = option("linear", choices=schedules.names(), per_lane=True)
    """How c changes over training (eq. 9: linear; the released code: tanh): see :mod:`asvae.schedules`."""
    rate: float = option(5.0, low=0.0, open_low=True)
    """How fast the ramps rise."""
    clock: str = option("run", choices=("run", "adversarial"), added=True)
    """What t/T is a share of: the whole run, or the phase after the warm-up."""
    reference: str = option("reconstruction", choices=("reconstruction", "real"))
    """What generated samples are compared with: Figure 2 and the released code take the reconstructions, eq. 5 speaks
    of real data."""
    kernel: str = option("marginal", choices=KERNELS)
    """One kernel per latent dimension, averaged, or one of all: eq. 8 leaves it open, the code has ``"marginal"``."""
    kernel_constant: bool = option(True, added=True)
    r"""Keep the kernel's factor :math:`(2\pi)^{-1/2}` per dimension (eq. 8), which the released code leaves out."""
    statistic: str = option("v", choices=STATISTICS, added=True)
    """Which pairs the distance takes, and whether the prior weighs it (eq. 5): see :func:`asvae.losses.as_distance`."""
    squash_distance: bool = option(False, added=True)
    """Pass mu and log-variance through tanh before the distance; the released code does."""
    squash_kl: bool = option(False, added=True)
    """Pass them through tanh before the decoder's KL; the released code does."""
    encoder_reduction: str = option("mean", choices=REDUCTIONS)
    """Reduction of the distance in the encoder's turn; the released code has ``"sum"``."""

    @property
    def c(self) -> schedules.Schedule:
        """The weight of KL against AS-distance over the adversarial phase, or over the whole run: see :attr:`clock`."""
        return schedules.get(self.schedule, self.rate)

    @property
    def anneals(self) -> bool:
        """Whether the AS-distance ever has weight."""
        return self.schedule != "kl-only"

    def pair_matrices(self, latent_dim: int) -> int:
        """Return how many matrices of B × B entries the AS-distance holds at once."""
        if self.kernel == "marginal" and self.statistic != "weighted":
            return 4
        # The other kernels are plain operations, whose steps are all kept for the gradient.
        return 3 * {"v": 7, "u": 8, "weighted": 28}[self.statistic] * latent_dim


def squashed(posterior, squash):
    """Return mu and log-variance through tanh, as the released code does, or unchanged."""
    return tuple(torch.tanh(t) for t in posterior) if squash else posterior


def distance(networks, real, rec, fake, hp, reduction):
    """Return the AS-distance of the whole batch's posteriors, also where several processes hold its parts."""
    reference = real if hp.reference == "real" else rec
    whole = [networks.gather(t) for posterior in (reference, fake) for t in squashed(posterior, hp.squash_distance)]
    apart = as_distance(*whole, kernel=hp.kernel, reduction=reduction, statistic=hp.statistic)
    if not hp.kernel_constant:
        return apart
    return apart * kernel_constant(hp.kernel, hp.statistic, networks.latent_dim)


class EncoderPieces(NamedTuple):
    """What the encoder's loss is made of, before it is weighted; of fakes: the reconstruction's, then the sample's."""

    x_hat: Tensor
    fake: Tensor
    reconstruction: Tensor
    """Mean error on real data, ``(lanes,)``."""
    kl_real: Tensor
    """Mean KL of real data, ``(lanes,)``."""
    errors: list[Tensor]
    """Reconstruction errors of fakes, ``(lanes, B)`` each."""
    kls: list[Tensor]
    """Their KL, ``(lanes, B)`` each."""
    distance: Tensor | None
    """AS-distance, ``(lanes,)``; ``None`` where it never has weight."""


def encoder_pieces(networks, x, draws, hp) -> EncoderPieces:
    """Compute the pieces of the encoder's loss; fakes enter the encoder detached."""
    dims = networks.event_dims
    mu, logvar = networks.encode(x)
    x_hat, fake = networks.decode_each(reparameterize(mu, logvar, draws["posterior"]), draws["prior"])
    reconstruction = reconstruction_error(x, x_hat, event_dims=dims).mean(-1)
    kl_real = kl_divergence(mu, logvar).mean(-1)
    fakes = (x_hat.detach(), fake.detach())
    posteriors = networks.encode_each(*fakes)
    noise = (draws["posterior_rec"], draws["posterior_fake"])
    again = networks.decode_each(*(reparameterize(*q, eps) for q, eps in zip(posteriors, noise, strict=True)))
    targets = (x_hat, fake) if hp.live_target else fakes
    errors = [reconstruction_error(f, r, event_dims=dims) for f, r in zip(targets, again, strict=True)]
    kls = [kl_divergence(*q) for q in posteriors]
    apart = distance(networks, (mu, logvar), *posteriors, hp, hp.encoder_reduction) if hp.anneals else None
    return EncoderPieces(x_hat, fake, reconstruction, kl_real, errors, kls, apart)


def exp_elbos(errors, kls, apart, hp, c, s) -> list[Tensor]:
    """Return the soft threshold of either fake, batch mean, ``(lanes,)``; ``c`` is ``(lanes,)``."""
    divergences = [c[..., None] * kl for kl in kls]
    if apart is not None:
        divergences = [kl + (1.0 - c[..., None]) * apart[..., None] for kl in divergences]
    weights = {"scale": s, "beta_rec": hp.beta_rec * hp.fake_rec, "beta_neg": hp.beta_neg}
    return [exp_elbo(error, d, **weights).mean(-1) for error, d in zip(errors, divergences, strict=True)]


def encoder_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Encoder of the soft introspective family, batch mean, ``(lanes,)``.

    :math:`s(\beta_{rec} L_r(x) + \beta_{kl}\mathrm{KL}(x)) + \tfrac14\sum_f \mathbb E\exp(-2sA(f))`, where
    :math:`A(f) = \beta_{rec} L_r(f) +` :math:`\beta_{neg}[c\,\mathrm{KL}(f) + (1-c) D_{AS}]`; f runs over
    reconstruction and sample, which enter detached.
    With ``fake_rec`` the first term in the exponent has that factor; with ``live_target`` f is compared undetached.
    """
    s, pieces = networks.normaliser, encoder_pieces(networks, x, draws, hp)
    terms = {
        "reconstruction": pieces.reconstruction,
        "kl_real": pieces.kl_real,
        "kl_rec": pieces.kls[0].mean(-1),
        "kl_fake": pieces.kls[1].mean(-1),
    }
    if pieces.distance is not None:
        terms["as_distance"] = pieces.distance
    soft = exp_elbos(pieces.errors, pieces.kls, pieces.distance, hp, hp.c(progress), s)
    terms["exp_elbo_rec"], terms["exp_elbo_fake"] = soft
    value = s * (hp.beta_rec * pieces.reconstruction + hp.beta_kl * pieces.kl_real) + 0.25 * (soft[0] + soft[1])
    return Loss(value, terms, {"x_hat": pieces.x_hat, "fake": pieces.fake})


class DecoderPieces(NamedTuple):
    """What the decoder's loss is made of, before it is weighted, ``(lanes,)`` each."""

    reconstruction: Tensor
    kl_rec: Tensor
    kl_fake: Tensor
    distance: Tensor | None
    """``None`` where it never has weight."""
    errors: Tensor | None
    """Reconstruction errors of both fakes, summed; ``None`` where they have no weight."""


def decoder_pieces(networks, x, x_hat, fake, draws, hp) -> DecoderPieces:
    """Compute the pieces of the decoder's loss from what it decoded."""
    rec, gen = networks.encode_each(x_hat, fake)
    squash = getattr(hp, "squash_kl", False)  # S-IntroVAE has no such switch
    kl_rec, kl_fake = (kl_divergence(*squashed(q, squash)).mean(-1) for q in (rec, gen))
    apart = None
    if hp.anneals:
        real = rec
        if hp.reference == "real":
            with torch.no_grad():
                real = networks.encode(x)
        apart = distance(networks, real, rec, gen, hp, "mean")
    errors = None
    if hp.decoder_fake_rec:
        # As in Soft-IntroVAE's release: data and latents are held fixed, the decoder learns to decode its own samples.
        noise = (draws["posterior_rec"], draws["posterior_fake"])
        latents = (reparameterize(*q, eps).detach() for q, eps in zip((rec, gen), noise, strict=True))
        again = zip((x_hat, fake), networks.decode_each(*latents), strict=True)
        errors = sum(reconstruction_error(f.detach(), r, event_dims=networks.event_dims).mean(-1) for f, r in again)
    reconstruction = reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    return DecoderPieces(reconstruction, kl_rec, kl_fake, apart, errors)


def decoder_loss(networks, x, draws, hp, progress, shared) -> Loss:
    r"""Decoder of the soft introspective family, the encoder held fixed, batch mean, ``(lanes,)``.

    :math:`s(\beta_{rec} L_r(x) + \tfrac12\beta_{kl}[c(\mathrm{KL}(\hat x)+\mathrm{KL}(\tilde x)) + (1-c) D_{AS}])`.
    The last term of the releases, :math:`\gamma_r = 10^{-8}` times :math:`\tfrac12 s\beta_{rec}(L_r(\hat x) +
    L_r(\tilde x))`, is below single precision beside these and is left out, or with ``decoder_fake_rec`` kept with
    :math:`\gamma_r = 1`.
    """
    pieces, c = decoder_pieces(networks, x, shared["x_hat"], shared["fake"], draws, hp), hp.c(progress)
    divergence = c * (pieces.kl_rec + pieces.kl_fake)
    terms = {"decoder_kl_rec": pieces.kl_rec, "decoder_kl_fake": pieces.kl_fake}
    if pieces.distance is not None:
        terms["decoder_as_distance"] = pieces.distance
        divergence = divergence + (1.0 - c) * pieces.distance
    reconstruction = pieces.reconstruction
    if pieces.errors is not None:
        reconstruction = reconstruction + 0.5 * pieces.errors
    value = networks.normaliser * (hp.beta_rec * reconstruction + 0.5 * hp.beta_kl * divergence)
    return Loss(value, terms, {})


_PLAYERS = (Player("encoder", ("encoder",), encoder_loss), Player("decoder", ("decoder",), decoder_loss))
_DRAWS = ("posterior", "prior", "posterior_rec", "posterior_fake")

S_INTROVAE = Objective("s-introvae", "S-IntroVAE", SoftHyperparameters, _PLAYERS, _DRAWS, cost=4)
AS_INTROVAE = Objective("as-introvae", "AS-IntroVAE", Hyperparameters, _PLAYERS, _DRAWS, cost=5)
FAMILY = (S_INTROVAE.name, AS_INTROVAE.name)
"""Names of the family's objectives."""
