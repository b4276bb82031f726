r"""The AS-distance: squared L2 distance of two aggregate posteriors, from pairs of Gaussians.

For :math:`q_a(z) = \frac1B\sum_i N(z; \mu_i, v_i)` the distance :math:`\int (q_a - q_b)^2\,dz` is
:math:`\mathbb E\,k(a, a') + \mathbb E\,k(b, b') - 2\,\mathbb E\,k(a, b)` with the closed form

.. math:: k = \frac{\exp\left(-\tfrac12 (\mu_1-\mu_2)^2 / (v_1+v_2)\right)}{\sqrt{v_1+v_2}},

the integral of the product of two Gaussians without its factor :math:`(2\pi)^{-1/2}`.
"""

import math

import torch
from torch import Tensor

from asvae.checks import need_tensors, one_of, refuse

ENTRIES = {"cpu": 2**14, "cuda": 2**22}
"""Pairs times dimensions that are computed at once, by kind of device: as many as a CPU's cache holds, or as give a GPU
enough work."""

FAR = -80.0
"""Minus the logarithm of the largest gradient that a kernel may have in single precision, which ends at e⁸⁸: see
:func:`_leaves_float`."""

KERNELS = ("marginal", "joint")
REDUCTIONS = ("mean", "sum")
STATISTICS = ("v", "u", "weighted")


def as_distance(
    mu_a: Tensor,
    logvar_a: Tensor,
    mu_b: Tensor,
    logvar_b: Tensor,
    *,
    kernel: str = "marginal",
    reduction: str = "mean",
    statistic: str = "v",
) -> Tensor:
    r"""AS-distance between two batches of diagonal Gaussians, by default a V-statistic: all pairs, diagonal included.

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
    statistic : "v", "u" or "weighted"
        ``"v"`` takes all pairs within a batch, those of a Gaussian with itself included; ``"u"`` leaves these out, and
        may be negative. ``"weighted"`` takes all pairs under the expectation over the prior that the definition has
        (Lu et al. 2022, eq. 5): the kernel times :math:`e^{-m^2/2(1+s)}/\sqrt{1+s}` per dimension, with
        :math:`m = (\mu_1v_2 + \mu_2v_1)/(v_1+v_2)` and :math:`s = v_1v_2/(v_1+v_2)`; it is the integral of
        :math:`N(z; 0, 1)` times both Gaussians, without its factor :math:`(2\pi)^{-1}`.

    Returns
    -------
    Tensor
        ``(...)``: one value per lane, ``()`` without lanes; of ``"v"`` and ``"weighted"`` non-negative up to rounding.
        Times :math:`(2\pi)^{-1/2}` (marginal, mean) or :math:`(2\pi)^{-D/2}` (joint, mean) it is the integral above,
        in units of a density. A CPU takes float64 where gradients would leave float32. A GPU, whose steps asking would
        hold up, does not: below a log-variance of −59 (jointly: half the sum plus the least, below −88) float32's
        gradients may be infinite or NaN, and below −89 (jointly: a sum below −176) the value, too.

    Raises
    ------
    InvalidArgumentError
        If kernel, reduction or statistic is unknown, a tensor is none of floating-point numbers, the shapes do not fit,
        ``"u"`` gets a batch of one, or the pairs do not fit into memory.
    """
    one_of("kernel", kernel, KERNELS)
    one_of("reduction", reduction, REDUCTIONS)
    one_of("statistic", statistic, STATISTICS)
    _check_shapes(mu_a, logvar_a, mu_b, logvar_b, reduction)
    if statistic == "u" and 1 in (mu_a.shape[-2], mu_b.shape[-2]):
        refuse("statistic", statistic, "'v' or 'weighted' for a batch of one")
    given = (mu_a, logvar_a, mu_b, logvar_b)
    if mu_a.device.type == "cpu" and mu_a.dtype != torch.float64 and _leaves_float(logvar_a, logvar_b, kernel):
        options = {"kernel": kernel, "reduction": reduction, "statistic": statistic}
        return as_distance(*(t.double() for t in given), **options).to(mu_a.dtype)
    if statistic == "weighted" or kernel == "joint":
        try:
            return _in_logarithms((mu_a, logvar_a), (mu_b, logvar_b), kernel, reduction, statistic)
        except RuntimeError as error:
            if "allocate" not in str(error):
                raise
            refuse("as_distance", [tuple(t.shape) for t in given], "batches whose pairs fit into memory")
    distance = _Marginal.apply(mu_a, logvar_a, mu_b, logvar_b, reduction, statistic == "u")
    if statistic == "u":
        for logvar in (logvar_a, logvar_b):
            own = torch.exp(-0.5 * logvar).sum((-2, -1)) / math.sqrt(2.0)
            rows, dims = logvar.shape[-2:]
            distance = distance - (own if reduction == "sum" else own / (rows * (rows - 1) * dims))
    return distance


def kernel_constant(kernel: str, statistic: str, dims: int) -> float:
    r"""Return the factor that :func:`asvae.losses.as_distance` leaves out of a kernel over ``dims`` dimensions.

    :math:`(2\pi)^{-1/2}` per dimension of the kernel (eq. 8), :math:`(2\pi)^{-1}` where the prior is a third Gaussian
    in the integral. Of ``"sum"`` and ``"mean"`` alike.
    """
    factor = 1.0 / (2.0 * math.pi) if statistic == "weighted" else 1.0 / math.sqrt(2.0 * math.pi)
    return factor**dims if kernel == "joint" else factor


def _leaves_float(logvar_a: Tensor, logvar_b: Tensor, kernel: str) -> bool:
    """Whether a kernel times a precision, which gradients are made of, leaves the range of float32."""
    for logvar in (logvar_a.detach(), logvar_b.detach()):
        least = logvar.amin(-1)
        if (0.5 * (logvar.sum(-1) if kernel == "joint" else least) + least).min() < FAR:
            return True
    return False


def _check_shapes(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor, reduction: str) -> None:
    shapes = need_tensors(mu_a=mu_a, logvar_a=logvar_a, mu_b=mu_b, logvar_b=logvar_b)
    fits = mu_a.shape == logvar_a.shape and mu_b.shape == logvar_b.shape and mu_a.ndim == mu_b.ndim >= 2
    if not fits or mu_a.shape[:-2] != mu_b.shape[:-2] or mu_a.shape[-1] != mu_b.shape[-1] or 0 in shapes[0] + shapes[2]:
        refuse("as_distance", shapes, "two pairs of shapes (..., B, D) and (..., C, D), no axis empty")
    if reduction == "sum" and shapes[0] != shapes[2]:
        refuse("reduction", reduction, f"'mean' for batches of {mu_a.shape[-2]} and {mu_b.shape[-2]}")


class _Marginal(torch.autograd.Function):
    """Kernel and analytic gradient, a few latent dimensions at a time: memory B·C instead of B·C·D.

    The gradients are computed with the value while the pair matrices are at hand, and only scaled later: nothing of
    size B·C outlives the forward pass. The four matrices are allocated once: fresh ones cost more than their sums.
    """

    @staticmethod
    def forward(ctx, mu_a, logvar_a, mu_b, logvar_b, reduction, unbiased):
        # (..., D, B): the values of one dimension lie together.
        given = (mu_a, logvar_a.exp()), (mu_b, logvar_b.exp())
        sets = [tuple(t.transpose(-1, -2).contiguous() for t in pair) for pair in given]
        grads = [tuple(torch.zeros_like(t) for t in pair) for pair in sets]
        needs = any(ctx.needs_input_grad[:2]), any(ctx.needs_input_grad[2:4])
        total = mu_a.new_zeros(mu_a.shape[:-2])
        for left, right, sign in ((0, 0, 1.0), (1, 1, 1.0), (0, 1, -2.0)):
            (mu_l, var_l), (mu_r, var_r) = sets[left], sets[right]
            *lanes, dims, rows = mu_l.shape
            entries = ENTRIES.get(mu_l.device.type, ENTRIES["cpu"])
            at_once = max(1, min(dims, entries // (rows * mu_r.shape[-1])))
            matrices = mu_l.new_empty((4, *lanes, at_once, rows, mu_r.shape[-1]))
            # Without the diagonal there is one pair less per row; the caller takes the diagonal itself away.
            others = mu_r.shape[-1] - (unbiased and left == right)
            weight = sign if reduction == "sum" else sign / (rows * others * dims)
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
        return *(upstream[..., None, None] * grad for grad in ctx.saved_tensors), None, None


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


def _in_logarithms(a, b, kernel, reduction, statistic):
    """Return the distance from logarithms of the kernel, in plain operations: products over many dimensions fit."""

    def block(left, right, within):
        *_, rows, dims = left[0].shape
        pairs = rows * right[0].shape[-2]
        logs = [_log_kernel(*(t[..., d] for t in (*left, *right)), statistic) for d in range(dims)]
        if within and statistic == "u":
            own = torch.eye(rows, dtype=torch.bool, device=left[0].device)
            logs, pairs = [log_k.masked_fill(own, -math.inf) for log_k in logs], pairs - rows
        if kernel == "joint":
            log_sum = torch.logsumexp(sum(logs).flatten(-2), -1)
        else:
            log_sum, pairs = torch.logsumexp(torch.stack(logs, -1).flatten(-3), -1), pairs * dims
        return torch.exp(log_sum - math.log(pairs) if reduction == "mean" else log_sum)

    return block(a, a, True) + block(b, b, True) - 2.0 * block(a, b, False)


def _log_kernel(mu_l, logvar_l, mu_r, logvar_r, statistic):
    """Return the logarithm of one dimension's kernel for all pairs."""
    m1, m2, l1, l2 = mu_l[..., :, None], mu_r[..., None, :], logvar_l[..., :, None], logvar_r[..., None, :]
    log_v = torch.logaddexp(l1, l2)
    log_k = -0.5 * ((m1 - m2) ** 2 * torch.exp(-log_v) + log_v)
    if statistic != "weighted":
        return log_k
    mean = m1 * torch.exp(l2 - log_v) + m2 * torch.exp(l1 - log_v)
    log_width = torch.nn.functional.softplus(l1 + l2 - log_v)  # log(1 + s)
    return log_k - 0.5 * (mean**2 * torch.exp(-log_width) + log_width)
