r"""The terms every objective is made of: pure functions with one value per sample, in nats unless said otherwise.

Leading axes are lanes and pass through: a reduction touches the sample's own axes, never batch or lanes.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from asvae.checks import function, integer, need_tensors, number, refuse, shares


def _need_equal(function: str, *shapes: tuple[int, ...], weights: Sequence[tuple[int, ...]] = ()) -> None:
    """Refuse shapes that differ in more than leading axes of length 1; ``weights`` are one per lane, or one alone."""

    def core(shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape[next((i for i, n in enumerate(shape) if n != 1), len(shape)) :]

    lanes = core(shapes[0][:-1])
    fits = all(len(each) > 0 and core(each) == core(shapes[0]) for each in shapes)
    if not fits or any(core(each) not in ((), lanes) for each in weights):
        refuse(function, [*shapes, *weights], "equal shapes (..., B)" + " and weights (...)" * bool(weights))


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    r"""KL divergence of a diagonal Gaussian from the standard normal, summed over latent dimensions.

    :math:`\mathrm{KL}(N(\mu, \sigma^2) \,\|\, N(0, I)) = \tfrac12\sum_d (\mu_d^2 + \sigma_d^2 - 1 - \log\sigma_d^2)`
    (Kingma & Welling 2014, appendix B).

    Parameters
    ----------
    mu, logvar : Tensor
        Means and log-variances, ``(..., B, D)``.

    Returns
    -------
    Tensor
        ``(..., B)`` in nats, non-negative up to rounding.

    Raises
    ------
    InvalidArgumentError
        If one of them is no tensor of floating-point numbers, or the two shapes differ.
    """
    shapes = need_tensors(mu=mu, logvar=logvar)
    if mu.shape != logvar.shape:
        refuse("kl_divergence", shapes, "mu and logvar of equal shapes")
    return 0.5 * (mu.square() + logvar.exp() - 1.0 - logvar).sum(-1)


def reconstruction_error(x: Tensor, x_hat: Tensor, *, event_dims: int | None = None) -> Tensor:
    r"""Squared error :math:`L_r(x) = \lVert x - \hat x\rVert^2`, summed over a sample's entries.

    Parameters
    ----------
    x, x_hat : Tensor
        Samples and their reconstructions, ``(B, ...)``, or ``(lanes, B, ...)`` with ``event_dims`` given.
    event_dims : int, optional
        How many trailing axes make one sample: 1 for points, 3 for images. Default: all but the first.

    Returns
    -------
    Tensor
        ``(B,)`` (or ``(lanes, B)``), in squared units of x.

    Raises
    ------
    InvalidArgumentError
        If one of them is no tensor of floating-point numbers, the shapes differ or leave no batch axis, or
        ``event_dims`` is impossible.
    """
    shapes = need_tensors(x=x, x_hat=x_hat)
    event_dims = x.ndim - 1 if event_dims is None else integer("event_dims", event_dims, 1)
    if x.shape != x_hat.shape or not 0 < event_dims < x.ndim:
        refuse("reconstruction_error", shapes, "equal shapes (B, ...) with a sample axis")
    return (x - x_hat).square().flatten(-event_dims).sum(-1)


def exp_elbo(reconstruction: Tensor, divergence: Tensor, *, scale: float, beta_rec: Tensor, beta_neg: Tensor) -> Tensor:
    r"""Soft threshold on fakes: :math:`\exp(-2s(\beta_{rec} L_r + \beta_{neg} D))` (Soft-IntroVAE, eq. 5).

    Parameters
    ----------
    reconstruction, divergence : Tensor
        ``(..., B)`` each; the divergence is KL, the AS-distance, or their weighted sum.
    scale : float
        The normaliser s, 1 / (entries of a sample).
    beta_rec, beta_neg : Tensor
        ``(...)``: one weight per lane.

    Returns
    -------
    Tensor
        ``(..., B)`` in (0, 1] for non-negative inputs; exactly 0 in float32 once the exponent is below −104.

    Raises
    ------
    InvalidArgumentError
        If a tensor is none of floating-point numbers, the shapes do not fit, or the scale is impossible.
    """
    shapes = need_tensors(reconstruction=reconstruction, divergence=divergence, beta_rec=beta_rec, beta_neg=beta_neg)
    _need_equal("exp_elbo", *shapes[:2], weights=shapes[2:])
    scale = number("scale", scale, 0.0)
    return torch.exp(-2.0 * scale * (beta_rec[..., None] * reconstruction + beta_neg[..., None] * divergence))


def hinge(kl: Tensor, margin: Tensor) -> Tensor:
    r"""Hard threshold on fakes: :math:`\max(0, m - \mathrm{KL})` (IntroVAE, eq. 11).

    Parameters
    ----------
    kl : Tensor
        ``(..., B)`` in nats.
    margin : Tensor
        ``(...)``: m in nats, one per lane.

    Returns
    -------
    Tensor
        ``(..., B)``, 0 from the margin on.

    Raises
    ------
    InvalidArgumentError
        If one of them is no tensor of floating-point numbers, or the shapes do not fit.
    """
    shapes = need_tensors(kl=kl, margin=margin)
    _need_equal("hinge", shapes[0], weights=shapes[1:])
    return torch.clamp(margin[..., None] - kl, min=0.0)


def reparameterize(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    r"""Draw :math:`z = \mu + \sigma\varepsilon` (Kingma & Welling 2014, eq. 4); all ``(..., B, D)``.

    Raises
    ------
    InvalidArgumentError
        If one of them is no tensor of floating-point numbers, or the shapes differ.
    """
    _need_equal("reparameterize", *need_tensors(mu=mu, logvar=logvar, noise=noise))
    return mu + torch.exp(0.5 * logvar) * noise


def wasserstein_gap(score_real: Tensor, score_fake: Tensor) -> Tensor:
    r"""Estimate the distance of real and generated samples, :math:`\mathbb E\,C(x) - \mathbb E\,C(\tilde x)` (WGAN-GP).

    Parameters
    ----------
    score_real, score_fake : Tensor
        The critic's scores, ``(..., B)`` each.

    Returns
    -------
    Tensor
        ``(...)``: the critic maximises it, the generator minimises it through ``score_fake``.

    Raises
    ------
    InvalidArgumentError
        If one of them is no tensor of floating-point numbers, or their lanes differ.
    """
    real, fake = need_tensors(score_real=score_real, score_fake=score_fake)
    if real[:-1] != fake[:-1] or not real or not fake:
        refuse("wasserstein_gap", [real, fake], "scores (..., B) of the same lanes")
    return score_real.mean(-1) - score_fake.mean(-1)


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor, *, event_dims: int | None = None
) -> Tensor:
    r"""Penalise slopes other than one, :math:`\mathbb E(\lVert\nabla C(\bar x)\rVert - 1)^2` (WGAN-GP, eq. 3).

    Parameters
    ----------
    critic : callable
        Maps samples to scores ``(..., B)``.
    real, fake : Tensor
        Samples, ``(..., B, *shape)``.
    mix : Tensor
        ``(..., B)`` uniform in [0, 1], which only a CPU checks: where between the two, 1 at the real sample.
    event_dims : int, optional
        How many trailing axes make one sample. Default: all but the first.

    Returns
    -------
    Tensor
        ``(...)``, batch mean, differentiable once more.

    Raises
    ------
    InvalidArgumentError
        If a tensor is none of floating-point numbers, the shapes do not fit, the critic is no differentiable function,
        ``mix`` or ``event_dims`` is impossible, or gradients are not recorded.
    """
    shapes = need_tensors(real=real, fake=fake, mix=mix)
    if not torch.is_grad_enabled():
        refuse("gradient_penalty", "torch.no_grad", "a call outside of it")
    function("critic", critic, "samples")
    event_dims = integer("event_dims", real.ndim - 1 if event_dims is None else event_dims, 1, max(1, real.ndim - 1))
    if real.shape != fake.shape or mix.shape != real.shape[:-event_dims]:
        refuse("gradient_penalty", shapes, "equal shapes (..., B, *shape), and (..., B) of mix")
    shares("mix", mix)
    u = mix.reshape(*mix.shape, *[1] * event_dims)
    between = (u * real + (1.0 - u) * fake).detach().requires_grad_()
    need_tensors(**{"critic's scores": (scores := critic(between))})
    asked = {"create_graph": True, "allow_unused": True}
    slope = torch.autograd.grad(scores.sum(), between, **asked)[0] if scores.requires_grad else None
    if slope is None:
        refuse("critic", "scores that do not depend on the samples", "a differentiable function of samples")
    return (slope.flatten(-event_dims).norm(dim=-1) - 1.0).square().mean(-1)
