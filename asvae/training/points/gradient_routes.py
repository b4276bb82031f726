r"""Which way a gradient comes: the loss of a soft introspective player, taken apart into routes.

The encoder's adversarial term is :math:`\tfrac14\sum_f\mathbb E\exp(-2s(\beta_{rec}L_r(f) + \beta_{neg}\Delta(f)))`,
:math:`\Delta(f) = c\,\mathrm{KL}(f) + (1-c)D_{AS}`. Its gradient is a sum over what the exponent depends on: with all
parts but one held, the gradient of that route is left. The routes of a player add up to its gradient.
"""

import torch
from torch import Tensor

from asvae import objectives
from asvae.losses import exp_elbo, kl_divergence, reconstruction_error, reparameterize
from asvae.objectives.introspective import FAMILY, distance, squashed
from asvae.training.points.lanes import Lanes

ROUTES = ("data", "fakes", "kl", "as")
"""Real data; the reconstruction error of fakes; their KL; the AS-distance."""


def encoder_routes(networks, x, draws, hp, progress) -> dict[str, Tensor]:
    """Return what the encoder minimises by route, ``(lanes,)`` each: only their gradients add up to its own."""
    s, dims = networks.normaliser, networks.event_dims
    mu, logvar = networks.encode(x)
    x_hat, fake = networks.decode_each(reparameterize(mu, logvar, draws["posterior"]), draws["prior"])
    data = hp.beta_rec * reconstruction_error(x, x_hat, event_dims=dims).mean(-1)
    fakes = (x_hat.detach(), fake.detach())
    posteriors = networks.encode_each(*fakes)
    noise = (draws["posterior_rec"], draws["posterior_fake"])
    again = networks.decode_each(*(reparameterize(*q, eps) for q, eps in zip(posteriors, noise, strict=True)))
    errors = [reconstruction_error(f, r, event_dims=dims) for f, r in zip(fakes, again, strict=True)]
    kls, c = [kl_divergence(*q) for q in posteriors], hp.c(progress)[..., None]
    apart = torch.zeros_like(c)
    if hp.anneals:
        apart = distance(networks, (mu, logvar), *posteriors, hp, hp.encoder_reduction)[..., None]

    def adversarial(live: str) -> Tensor:
        def part(value: Tensor, name: str) -> Tensor:
            return value if name == live else value.detach()

        return 0.25 * sum(
            exp_elbo(
                part(error, "fakes"),
                c * part(kl, "kl") + (1.0 - c) * part(apart, "as"),
                scale=s,
                beta_rec=hp.beta_rec,
                beta_neg=hp.beta_neg,
            ).mean(-1)
            for error, kl in zip(errors, kls, strict=True)
        )

    routes = {"data": s * (data + hp.beta_kl * kl_divergence(mu, logvar).mean(-1))}
    return routes | {name: adversarial(name) for name in ROUTES[1:] if name != "as" or hp.anneals}


def decoder_routes(networks, x, draws, hp, progress) -> dict[str, Tensor]:
    """Return what the decoder minimises by route, ``(lanes,)`` each; they add up to its loss."""
    with torch.no_grad():
        real = networks.encode(x)
    x_hat, fake = networks.decode_each(reparameterize(*real, draws["posterior"]), draws["prior"])
    rec, gen = networks.encode_each(x_hat, fake)
    s, c = networks.normaliser, hp.c(progress)
    kls = sum(kl_divergence(*squashed(q, hp.anneals and hp.squash)).mean(-1) for q in (rec, gen))
    error = reconstruction_error(x, x_hat, event_dims=networks.event_dims).mean(-1)
    routes = {"data": s * hp.beta_rec * error, "kl": 0.5 * s * hp.beta_kl * c * kls}
    if hp.anneals:
        routes["as"] = 0.5 * s * hp.beta_kl * (1.0 - c) * distance(networks, real, rec, gen, hp, "mean")
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


def names(objective: str) -> list[str]:
    """Return the curves that :func:`gradient_norms` gives for a method, none outside the family."""
    if objective not in FAMILY:
        return []
    anneals = hasattr(objectives.get(objective).hyperparameters, "schedule")
    routes = [(p, r) for p in ("encoder", "decoder") for r in ROUTES if (p, r) != ("decoder", "fakes")]
    return [f"grad_{player}_{route}" for player, route in routes if route != "as" or anneals]
