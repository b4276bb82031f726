r"""Gradients by path: the loss of a soft introspective player, decomposed.

The encoder's adversarial term is :math:`\tfrac14\sum_f\mathbb E\exp(-2s(\beta_{rec}L_r(f) + \beta_{neg}\Delta(f)))`,
:math:`\Delta(f) = c\,\mathrm{KL}(f) + (1-c)D_{AS}`. Its gradient is a sum over what the exponent depends on: with all
parts but one held, the gradient along that path is left. The paths of a player add up to its gradient.
"""

import torch
from torch import Tensor

from asvae.losses import reparameterize
from asvae.objectives.introspective import FAMILY, decoder_pieces, encoder_pieces, exp_elbos
from asvae.training.points.lanes import Lanes

ROUTES = ("data", "fakes", "kl", "as")
"""Real data; the reconstruction error of fakes; their KL; the AS-distance."""


def encoder_routes(networks, x, draws, hp, progress) -> dict[str, Tensor]:
    """Return what the encoder minimises by path, ``(lanes,)`` each: only their gradients add up to its own."""
    s, c, pieces = networks.normaliser, hp.c(progress), encoder_pieces(networks, x, draws, hp)

    def adversarial(live: str) -> Tensor:
        def part(value: Tensor, name: str) -> Tensor:
            return value if name == live else value.detach()

        errors = [part(error, "fakes") for error in pieces.errors]
        kls = [part(kl, "kl") for kl in pieces.kls]
        apart = None if pieces.distance is None else part(pieces.distance, "as")
        return 0.25 * sum(exp_elbos(errors, kls, apart, hp, c, s))

    routes = {"data": s * (hp.beta_rec * pieces.reconstruction + hp.beta_kl * pieces.kl_real)}
    return routes | {name: adversarial(name) for name in ROUTES[1:] if name != "as" or hp.anneals}


def decoder_routes(networks, x, draws, hp, progress) -> dict[str, Tensor]:
    """Return what the decoder minimises by path, ``(lanes,)`` each; they add up to its loss."""
    with torch.no_grad():
        real = networks.encode(x)
    x_hat, fake = networks.decode_each(reparameterize(*real, draws["posterior"]), draws["prior"])
    s, c, pieces = networks.normaliser, hp.c(progress), decoder_pieces(networks, x, x_hat, fake, draws, hp)
    routes = {
        "data": s * hp.beta_rec * pieces.reconstruction,
        "kl": 0.5 * s * hp.beta_kl * c * (pieces.kl_rec + pieces.kl_fake),
    }
    if pieces.distance is not None:
        routes["as"] = 0.5 * s * hp.beta_kl * (1.0 - c) * pieces.distance
    if pieces.errors is not None:
        routes["fakes"] = 0.5 * s * hp.beta_rec * pieces.errors
    return routes


def gradient_norms(lanes: Lanes, step: int) -> dict[str, Tensor]:
    """Return ``"grad_<player>_<route>"``, ``(lanes,)`` each: the Euclidean norm of a player's gradient by route.

    Taken with the weights as they are and the draws of ``step``. Nothing for other methods and during a warm-up.
    """
    if lanes.configs[0].objective not in FAMILY or step < lanes.warmup:
        return {}
    inputs = {name: value.to(lanes.device) for name, value in lanes.draw(step).items()}
    x, progress, norms = inputs.pop("x"), lanes.configs[0].progress(step), {}
    for player, routes in (("encoder", encoder_routes), ("decoder", decoder_routes)):
        parameters = lanes.networks.parameters(player)
        values = routes(lanes.networks, x, inputs, lanes.hyperparameters, progress)
        for name, value in values.items():
            grads = torch.autograd.grad(value.sum(), parameters, retain_graph=True, allow_unused=True)
            squares = [grad.flatten(1).square().sum(1) for grad in grads if grad is not None]
            norms[f"grad_{player}_{name}"] = sum(squares, torch.zeros_like(value.detach())).sqrt()
    return norms
