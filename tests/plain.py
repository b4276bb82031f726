"""The objectives written down again, straight from the method chapter: one run, no lanes, no shared passes."""

import math
from types import SimpleNamespace

import torch

from asvae import RunConfig
from asvae.training.points.lanes import Lanes


def kl(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar).sum(1)


def error(x, y):
    return ((x - y) ** 2).sum(1)


def as_distance(a, b, reduction="mean", statistic="v"):
    def block(p, q):
        v1, v2 = torch.exp(p[1])[:, None], torch.exp(q[1])[None]
        m1, m2, v = p[0][:, None], q[0][None], v1 + v2
        k = torch.exp(-((m1 - m2) ** 2) / (2 * v)) / torch.sqrt(v)
        if statistic == "weighted":
            # The product of two Gaussians is a third, of this mean and variance; the prior weighs it.
            mean, width = (m1 * v2 + m2 * v1) / v, 1 + v1 * v2 / v
            k = k * torch.exp(-(mean**2) / (2 * width)) / torch.sqrt(width)
        if statistic == "u" and p is q:
            k = k[~torch.eye(len(k), dtype=torch.bool)]
        return k.mean() if reduction == "mean" else k.sum()

    return block(a, a) + block(b, b) - 2 * block(a, b)


def scene(objective="as-introvae", **hyperparameters):
    """A small untrained run, one batch of data and noise, and everything the equations speak of."""
    config = RunConfig(objective, seed=3, width=16, depth=2, batch_size=12, warmup=0.0, **hyperparameters)
    lanes = Lanes([config])
    # Untrained posteriors are all alike; larger weights give the distance something to see.
    with torch.no_grad():
        for module in lanes.networks.modules.values():
            for parameter in module.parameters():
                parameter.mul_(2.0)
    x = lanes.dataset.sample(12, seed=3)[None]
    generator = torch.Generator().manual_seed(0)
    names = ("posterior", "prior", "posterior_rec", "posterior_fake")
    noise = {name: torch.randn(1, 12, 2, generator=generator) for name in names}
    weights = {key: value[0].double().requires_grad_() for key, value in lanes.networks.state().items()}

    def mlp(name, h):
        for layer in range(3):
            key = f"{name}{{}}.{layer}"
            h = (torch.relu(h) if layer else h) @ weights[key.format("weights")] + weights[key.format("biases")]
        return h

    def encode(y):
        return mlp("encoder.body.", y).chunk(2, dim=1)

    def decode(z):
        return mlp("decoder.", z)

    eps = {name: value[0].double() for name, value in noise.items()}
    real = x[0].double()
    posterior = encode(real)
    z = posterior[0] + torch.exp(posterior[1] / 2) * eps["posterior"]
    rec, fake = decode(z), decode(eps["prior"])
    q_rec, q_fake = encode(rec), encode(fake)
    # To the encoder the fakes are data.
    q_rec_e, q_fake_e = encode(rec.detach()), encode(fake.detach())
    again = [
        decode(q[0] + torch.exp(q[1] / 2) * eps[name])
        for q, name in ((q_rec_e, "posterior_rec"), (q_fake_e, "posterior_fake"))
    ]
    return SimpleNamespace(
        lanes=lanes, config=config, hp=config.hyperparameters, x=x, noise=noise, weights=weights,
        real=real, posterior=posterior, rec=rec, fake=fake, again=again,
        q_rec=q_rec, q_fake=q_fake, q_rec_e=q_rec_e, q_fake_e=q_fake_e, eps=eps, decode=decode,
    )  # fmt: skip


def ours(s, progress, turn):
    """The core's loss of a player on the scene's batch; the decoder gets what the encoder hands on."""
    arguments = (s.lanes.networks, s.x, s.noise, s.lanes.hyperparameters, progress)
    players = s.lanes.objective.players
    first = players[0].loss(*arguments, {})
    return first if turn == 0 else players[1].loss(*arguments, first.shared)


def vae(s, progress):
    return (s.hp.beta_rec * error(s.real, s.rec) + s.hp.beta_kl * kl(*s.posterior)).mean()


def introvae_encoder(s, progress):
    hinges = sum(torch.relu(s.hp.margin - kl(*q)) for q in (s.q_rec_e, s.q_fake_e))
    loss = s.hp.beta_rec * error(s.real, s.rec) + s.hp.beta_kl * (kl(*s.posterior) + s.hp.alpha * hinges)
    return loss.mean()


def introvae_decoder(s, progress):
    reconstruction = s.hp.beta_rec * error(s.real, s.rec) if s.hp.decoder_reconstruction else 0.0
    return (reconstruction + s.hp.alpha * (kl(*s.q_rec) + kl(*s.q_fake))).mean()


def _squash(q, s, where):
    return tuple(torch.tanh(t) for t in q) if getattr(s.hp, where, False) else q


def _distance(s, rec, fake, reduction):
    reference = rec if s.hp.reference == "reconstruction" else s.posterior
    pair = (_squash(q, s, "squash_distance") for q in (reference, fake))
    # The marginal kernel is an integral over one dimension: of two Gaussians, or of three where the prior weighs it.
    gaussians = 3 if s.hp.statistic == "weighted" else 2
    constant = (2 * math.pi) ** (-(gaussians - 1) / 2) if s.hp.kernel_constant else 1.0
    return constant * as_distance(*pair, reduction, s.hp.statistic)


def soft_encoder(s, progress):
    scale, c = 0.5, s.hp.c(progress)
    distance = _distance(s, s.q_rec_e, s.q_fake_e, s.hp.encoder_reduction) if hasattr(s.hp, "schedule") else 0.0
    soft = 0.0
    # Both released codes detach what enters the network, and not what its output is compared with.
    rec, fake = (s.rec, s.fake) if s.hp.live_target else (s.rec.detach(), s.fake.detach())
    for f, q, again in ((rec, s.q_rec_e, s.again[0]), (fake, s.q_fake_e, s.again[1])):
        exponent = s.hp.fake_rec * s.hp.beta_rec * error(f, again) + s.hp.beta_neg * (c * kl(*q) + (1 - c) * distance)
        soft = soft + torch.exp(-2 * scale * exponent).mean()
    elbo = s.hp.beta_rec * error(s.real, s.rec) + s.hp.beta_kl * kl(*s.posterior)
    return scale * elbo.mean() + soft / 4


def soft_decoder(s, progress):
    c = s.hp.c(progress)
    distance = _distance(s, s.q_rec, s.q_fake, "mean") if hasattr(s.hp, "schedule") else 0.0
    kls = sum(kl(*_squash(q, s, "squash_kl")).mean() for q in (s.q_rec, s.q_fake))
    divergence = c * kls + (1 - c) * distance
    reconstruction = error(s.real, s.rec)
    if s.hp.decoder_fake_rec:
        # Both what is decoded and what it is compared with are held fixed; the noise is the encoder's.
        for f, q, name in ((s.rec, s.q_rec, "posterior_rec"), (s.fake, s.q_fake, "posterior_fake")):
            z = (q[0] + torch.exp(q[1] / 2) * s.eps[name]).detach()
            reconstruction = reconstruction + error(f.detach(), s.decode(z)) / 2
    return 0.5 * (s.hp.beta_rec * reconstruction.mean() + 0.5 * s.hp.beta_kl * divergence)
