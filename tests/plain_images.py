"""Training on images written down again: plain modules, plain Adam, one pass for everything, nothing handed on."""

import torch

from asvae import draws, objectives
from plain import as_distance, error, kl

SMALL = {"width": 1 / 16, "latent_dim": 4, "batch_size": 8, "steps": 6, "warmup": 0.0, "ema": 0.5}


def train(config, steps=None):
    """Return the losses of every step, by player, and the networks after it, all in double precision."""
    networks = {name: module.double() for name, module in config.networks().modules.items()}
    rate, betas = config.recipe.learning_rate, (0.0, 0.9) if config.objective == "wgan-gp" else (0.9, 0.999)
    adams = {name: torch.optim.Adam(net.parameters(), lr=rate, betas=betas) for name, net in networks.items()}
    data, losses = config.data(), []
    for step in range(config.steps if steps is None else steps):
        for adam in adams.values():
            adam.param_groups[0]["lr"] = rate * min(1.0, 2.0 - 2.0 * step / config.steps)
        losses.append(_STEPS[config.objective](config, data, networks, adams, step))
    return losses, networks


def _batch(config, data, at):
    return (255 * data.sample(config.recipe.batch_size, config.seed, at)).round().double() / 255


def _noise(config, step, name):
    return draws.normal(config.seed, step, name, (config.recipe.batch_size, config.recipe.latent_dim)).double()


def _move(loss, *adams):
    for adam in adams:
        adam.zero_grad()
    loss.backward()
    for adam in adams:
        adam.step()
    return loss.item()


def _miss(x, y):
    return error(x.flatten(1), y.flatten(1))


def _drawn(q, eps):
    return q[0] + torch.exp(q[1] / 2) * eps


def _vae(config, data, networks, adams, step):
    hp, x, encoder, decoder = config.hyperparameters, _batch(config, data, step), *networks.values()
    q = encoder(x)
    loss = hp.beta_rec * _miss(x, decoder(_drawn(q, _noise(config, step, "posterior")))) + hp.beta_kl * kl(*q)
    return {"loss_vae": _move(loss.mean(), *adams.values())}


def _two_turns(encoder_loss, decoder_loss):
    """Encoder, then decoder: both decode the same latents, and to the encoder what comes out is data."""

    def step_of_both(config, data, networks, adams, step):
        x, encoder, decoder = _batch(config, data, step), networks["encoder"], networks["decoder"]
        noise = {name: _noise(config, step, name) for name in objectives.get(config.objective).draws}
        q = encoder(x)
        z = _drawn(q, noise["posterior"])
        fakes = decoder(z).detach(), decoder(noise["prior"]).detach()
        again = [
            decoder(_drawn(encoder(f), noise[name])) if name in noise else None
            for f, name in zip(fakes, ("posterior_rec", "posterior_fake"), strict=True)
        ]
        turn = encoder_loss(config, step, x, q, decoder(z), fakes, [encoder(f) for f in fakes], again)
        losses = {"loss_encoder": _move(turn, adams["encoder"])}
        rec, fake = decoder(z.detach()), decoder(noise["prior"])
        turn = decoder_loss(config, step, x, encoder(x), rec, encoder(rec), encoder(fake))
        return losses | {"loss_decoder": _move(turn, adams["decoder"])}

    return step_of_both


def _introvae_encoder(config, step, x, q, rec, fakes, posteriors, again):
    hp = config.hyperparameters
    hinges = sum(torch.relu(hp.margin - kl(*f)) for f in posteriors)
    return (hp.beta_rec * _miss(x, rec) + hp.beta_kl * (kl(*q) + hp.alpha * hinges)).mean()


def _introvae_decoder(config, step, x, q, rec, q_rec, q_fake):
    hp = config.hyperparameters
    reconstruction = hp.beta_rec * _miss(x, rec) if hp.decoder_reconstruction else 0.0
    return (reconstruction + hp.alpha * (kl(*q_rec) + kl(*q_fake))).mean()


def _share(config, step):
    """c, and whether there is a distance at all."""
    anneals = config.objective == "as-introvae"
    return config.hyperparameters.c(step / config.steps) if anneals else 1.0, anneals


def _distance(hp, real, rec, fake):
    """The marginal kernel's constant is that of an integral over one dimension."""
    constant = (2 * torch.pi) ** -0.5 if hp.kernel_constant else 1.0
    return constant * as_distance(real if hp.reference == "real" else rec, fake)


def _soft_encoder(config, step, x, q, rec, fakes, posteriors, again):
    hp, s, (c, anneals) = config.hyperparameters, 1.0 / x[0].numel(), _share(config, step)
    distance = _distance(hp, q, *posteriors) if anneals else 0.0
    loss = s * (hp.beta_rec * _miss(x, rec) + hp.beta_kl * kl(*q)).mean()
    for f, p, a in zip(fakes, posteriors, again, strict=True):
        exponent = hp.beta_rec * _miss(f, a) + hp.beta_neg * (c * kl(*p) + (1 - c) * distance)
        loss = loss + torch.exp(-2 * s * exponent).mean() / 4
    return loss


def _soft_decoder(config, step, x, q, rec, q_rec, q_fake):
    hp, s, (c, anneals) = config.hyperparameters, 1.0 / x[0].numel(), _share(config, step)
    distance = _distance(hp, [t.detach() for t in q], q_rec, q_fake) if anneals else 0.0
    divergence = c * (kl(*q_rec) + kl(*q_fake)).mean() + (1 - c) * distance
    return s * (hp.beta_rec * _miss(x, rec).mean() + 0.5 * hp.beta_kl * divergence)


def _wgan_gp(config, data, networks, adams, step):
    hp, critic, generator = config.hyperparameters, networks["critic"], networks["decoder"]
    for r in range(5):
        end = f"/{r}" if r else ""
        x, fake = _batch(config, data, 5 * step + r), generator(_noise(config, step, "prior_critic" + end)).detach()
        u = draws.uniform(config.seed, step, "mix" + end, (len(x),)).double()[:, None, None, None]
        between = (u * x + (1 - u) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = ((slope.square().sum((1, 2, 3)).sqrt() - 1) ** 2).mean()
        moved = _move(critic(fake).mean() - critic(x).mean() + hp.penalty * penalty, adams["critic"])
    made = -critic(generator(_noise(config, step, "prior"))).mean()
    return {"loss_critic": moved, "loss_generator": _move(made, adams["decoder"])}


_STEPS = {
    "vae": _vae,
    "introvae": _two_turns(_introvae_encoder, _introvae_decoder),
    "s-introvae": _two_turns(_soft_encoder, _soft_decoder),
    "as-introvae": _two_turns(_soft_encoder, _soft_decoder),
    "wgan-gp": _wgan_gp,
}
