r"""The AS-distance: squared L2 distance of two aggregate posteriors, from pairs of Gaussians.

For :math:`q_a(z) = \frac1B\sum_i N(z; \mu_i, v_i)` the distance :math:`\int (q_a - q_b)^2\,dz` is
:math:`\mathbb E\,k(a, a') + \mathbb E\,k(b, b') - 2\,\mathbb E\,k(a, b)` with the closed form

.. math:: k = \frac{\exp\left(-\tfrac12 (\mu_1-\mu_2)^2 / (v_1+v_2)\right)}{\sqrt{v_1+v_2}},

the integral of the product of two Gaussians without its factor :math:`(2\pi)^{-1/2}`.
"""

import math

import torch
from torch import Tensor

from asvae.checks import InvalidArgumentError, one_of, refuse

ENTRIES = 2**22
"""Pairs times dimensions that a GPU computes in one launch: a single dimension would be too little work for it."""

KERNELS = ("marginal", "joint")
REDUCTIONS = ("mean", "sum")


def as_distance(
    mu_a: Tensor,
    logvar_a: Tensor,
    mu_b: Tensor,
    logvar_b: Tensor,
    *,
    kernel: str = "marginal",
    reduction: str = "mean",
) -> Tensor:
    r"""AS-distance between two batches of diagonal Gaussians: a V-statistic over all pairs, diagonal included.

    Parameters
    ----------
    mu_a, logvar_a : Tensor
        Means and log-variances of the first batch, ``(..., B, D)``; leading axes are lanes.
    mu_b, logvar_b : Tensor
        The second batch, ``(..., C, D)``.
    kernel : "marginal" or "joint"
        ``"marginal"`` compares each latent dimension on its own and averages over dimensions (the released
        code); ``"joint"`` multiplies over dimensions, computed in logarithms. The joint kernel leaves the
        range of float32 when D is large: with variances e⁻¹ all pairs are 0 from D = 128 on.
    reduction : "mean" or "sum"
        Average over pairs (and dimensions, for ``"marginal"``) or sum over them. ``"sum"`` needs B = C.

    Returns
    -------
    Tensor
        ``(...)``: one value per lane, non-negative up to rounding; ``()`` without lanes. Times
        :math:`(2\pi)^{-1/2}` (marginal, mean) or :math:`(2\pi)^{-D/2}` (joint, mean) it is the integral above, in
        units of a density.

    Raises
    ------
    InvalidArgumentError
        If kernel or reduction is unknown or the shapes do not fit.
    """
    one_of("kernel", kernel, KERNELS)
    one_of("reduction", reduction, REDUCTIONS)
    _check_shapes(mu_a, logvar_a, mu_b, logvar_b, reduction)
    if kernel == "marginal":
        return _Marginal.apply(mu_a, logvar_a, mu_b, logvar_b, reduction)
    return _joint(mu_a, logvar_a, mu_b, logvar_b, reduction)


def _check_shapes(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor, reduction: str) -> None:
    for name, value in {"mu_a": mu_a, "logvar_a": logvar_a, "mu_b": mu_b, "logvar_b": logvar_b}.items():
        if not isinstance(value, Tensor):
            refuse(name, type(value).__name__, "a torch.Tensor")
    fits = mu_a.shape == logvar_a.shape and mu_b.shape == logvar_b.shape and mu_a.ndim == mu_b.ndim >= 2
    if not fits or mu_a.shape[:-2] != mu_b.shape[:-2] or mu_a.shape[-1] != mu_b.shape[-1]:
        got = [tuple(t.shape) for t in (mu_a, logvar_a, mu_b, logvar_b)]
        raise InvalidArgumentError(f"as_distance: got shapes {got}; allowed: two pairs (..., B, D) and (..., C, D).")
    if 0 in mu_a.shape or 0 in mu_b.shape:
        raise InvalidArgumentError(
            f"as_distance: got {tuple(mu_a.shape)} and {tuple(mu_b.shape)}; allowed: no empty axis."
        )
    if reduction == "sum" and mu_a.shape[-2] != mu_b.shape[-2]:
        sizes = (mu_a.shape[-2], mu_b.shape[-2])
        raise InvalidArgumentError(
            f"reduction: got 'sum' with batches of {sizes}; allowed: 'sum' for equal sizes, 'mean'."
        )


class _Marginal(torch.autograd.Function):
    """Kernel and analytic gradient, one latent dimension at a time (on a GPU a few): memory B·C instead of B·C·D.

    The gradients are computed with the value while the pair matrices are at hand, and only scaled later: nothing of
    size B·C outlives the forward pass. The four matrices are allocated once: fresh ones cost more than their sums.
    """

    @staticmethod
    def forward(ctx, mu_a, logvar_a, mu_b, logvar_b, reduction):
        # (..., D, B): the values of one dimension lie together.
        given = (mu_a, logvar_a.exp()), (mu_b, logvar_b.exp())
        sets = [tuple(t.transpose(-1, -2).contiguous() for t in pair) for pair in given]
        grads = [tuple(torch.zeros_like(t) for t in pair) for pair in sets]
        needs = any(ctx.needs_input_grad[:2]), any(ctx.needs_input_grad[2:4])
        total = mu_a.new_zeros(mu_a.shape[:-2])
        for left, right, sign in ((0, 0, 1.0), (1, 1, 1.0), (0, 1, -2.0)):
            (mu_l, var_l), (mu_r, var_r) = sets[left], sets[right]
            *lanes, dims, rows = mu_l.shape
            at_once = 1 if mu_l.device.type == "cpu" else max(1, min(dims, ENTRIES // (rows * mu_r.shape[-1])))
            matrices = mu_l.new_empty((4, *lanes, at_once, rows, mu_r.shape[-1]))
            weight = sign if reduction == "sum" else sign / (rows * mu_r.shape[-1] * dims)
            # A batch against itself meets every point on both sides: by symmetry, twice its rows.
            sides = [(left, -1, 2.0)] if left == right else [(left, -1, 1.0), (right, -2, 1.0)]
            sides = [(side, axis, times * weight) for side, axis, times in sides if needs[side]]
            for first in range(0, dims, at_once):
                d = slice(first, first + at_once)
                variances = var_l[..., d, :, None], var_r[..., d, None, :]
                out = matrices[..., : min(at_once, dims - first), :, :]
                k, u, u2, r = _kernel(mu_l[..., d, :, None], mu_r[..., d, None, :], *variances, out)
                total = total + weight * k.sum((-3, -2, -1))
                if not sides:
                    continue
                kr = k.mul_(r)
                k_mu, k_var = u.mul_(kr), u2.sub_(1.0).mul_(kr)
                for side, axis, factor in sides:
                    grad_mu, grad_logvar = (grad[..., d, :] for grad in grads[side])
                    grad_mu += (factor if axis == -2 else -factor) * k_mu.sum(axis)
                    # v₁r, at most √v₁, comes first: r² alone would overflow where variances collapse.
                    scaled = torch.mul(variances[axis + 1], r, out=out[0]).mul_(k_var)
                    grad_logvar += 0.5 * factor * scaled.sum(axis)
        ctx.save_for_backward(*(grad.transpose(-1, -2) for pair in grads for grad in pair))
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upstream):
        return *(upstream[..., None, None] * grad for grad in ctx.saved_tensors), None


def _kernel(mu_l: Tensor, mu_r: Tensor, var_l: Tensor, var_r: Tensor, out: Tensor) -> tuple[Tensor, ...]:
    """Return k, u = (μ₁−μ₂)/√v, u² and r = 1/√v for all pairs, v = v₁ + v₂, in the four matrices of ``out``.

    Then ∂k/∂μ₁ = −kru = −∂k/∂μ₂ and ∂k/∂log v₁ = ½k(u² − 1)·v₁/v.
    """
    k, u, u2, r = out
    torch.add(var_l, var_r, out=r).rsqrt_()
    torch.sub(mu_l, mu_r, out=u).mul_(r)
    torch.mul(u, u, out=u2)
    torch.mul(u2, -0.5, out=k).exp_().mul_(r)
    return k, u, u2, r


def _pairs(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return a.unsqueeze(-1), b.unsqueeze(-2)


def _joint(mu_a, logvar_a, mu_b, logvar_b, reduction):
    def mean_kernel(mu_l, logvar_l, mu_r, logvar_r):
        log_k = 0.0
        for d in range(mu_l.shape[-1]):
            m1, m2 = _pairs(mu_l[..., d], mu_r[..., d])
            log_v = torch.logaddexp(*_pairs(logvar_l[..., d], logvar_r[..., d]))
            log_k = log_k - 0.5 * ((m1 - m2) ** 2 * torch.exp(-log_v) + log_v)
        pairs = log_k.shape[-2] * log_k.shape[-1]
        log_sum = torch.logsumexp(log_k.flatten(-2), -1)
        return torch.exp(log_sum - math.log(pairs) if reduction == "mean" else log_sum)

    a, b = (mu_a, logvar_a), (mu_b, logvar_b)
    return mean_kernel(*a, *a) + mean_kernel(*b, *b) - 2.0 * mean_kernel(*a, *b)
