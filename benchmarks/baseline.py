"""What our speed is compared with: a textbook S-IntroVAE step, and the AS-distance by its formula.

The step makes every pass that the released 2-D loop of Soft-IntroVAE makes, in its order: both players decode their own
fakes and encode them, the decoder reconstructs the fakes once more for its γ_r term, and gradients are switched on and
off by player. It is about 34 network passes; ours makes 24 for the same update.
"""

import itertools

import torch
from torch import Tensor, nn

GAMMA_R = 1e-8


def mlp(sizes: list[int]) -> nn.Sequential:
    """Return linear layers with ReLU between."""
    layers = []
    for n, m in itertools.pairwise(sizes):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL from N(0, I), ``(B,)``."""
    return -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1)


def error(x: Tensor, y: Tensor) -> Tensor:
    """Squared error, ``(B,)``."""
    return (x - y).pow(2).flatten(1).sum(1)


def plane(width: int, depth: int) -> tuple[nn.Module, nn.Module]:
    """Return encoder and decoder for points in the plane, with two latent dimensions."""
    hidden = [width] * depth
    return mlp([2, *hidden, 4]), mlp([2, *hidden, 2])


class TextbookStep:
    """S-IntroVAE as one writes it first: encoder and decoder, β of KL, reconstruction and fakes, and s."""

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        learning_rate: float,
        betas: tuple[float, float, float],
        scale: float = 0.5,
        latent_dim: int = 2,
    ):
        self.encoder, self.decoder, self.scale, self.latent_dim = encoder, decoder, scale, latent_dim
        self.beta_kl, self.beta_rec, self.beta_neg = betas
        self.adam_e = torch.optim.Adam(self.encoder.parameters(), lr=learning_rate)
        self.adam_d = torch.optim.Adam(self.decoder.parameters(), lr=learning_rate)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return mu, log-variance and a draw of z."""
        mu, logvar = self.encoder(x).chunk(2, 1)
        return mu, logvar, mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def exp_elbo(self, fake: Tensor) -> Tensor:
        """Return the adversarial term of one batch of fakes."""
        mu, logvar, z = self.encode(fake)
        again = self.decoder(z)
        return torch.exp(-2 * self.scale * (self.beta_rec * error(fake, again) + self.beta_neg * kl(mu, logvar))).mean()

    def __call__(self, x: Tensor) -> tuple[float, float]:
        """Make one step; return both losses, as a loop that prints them does."""
        noise = torch.randn(len(x), self.latent_dim, device=x.device)
        self.encoder.requires_grad_(True)
        self.decoder.requires_grad_(False)
        fake = self.decoder(noise)
        mu, logvar, z = self.encode(x)
        rec = self.decoder(z)
        real = self.scale * (self.beta_rec * error(x, rec).mean() + self.beta_kl * kl(mu, logvar).mean())
        loss_e = real + 0.25 * (self.exp_elbo(rec.detach()) + self.exp_elbo(fake.detach()))
        self.adam_e.zero_grad()
        loss_e.backward()
        self.adam_e.step()

        self.encoder.requires_grad_(False)
        self.decoder.requires_grad_(True)
        fake, rec = self.decoder(noise), self.decoder(z.detach())
        loss_d = self.beta_rec * error(x, rec).mean()
        for each in (rec, fake):
            mu, logvar, z = self.encode(each)
            again = self.decoder(z.detach())
            loss_d = loss_d + 0.5 * self.beta_kl * kl(mu, logvar).mean()
            loss_d = loss_d + 0.5 * GAMMA_R * self.beta_rec * error(each.detach(), again).mean()
        loss_d = self.scale * loss_d
        self.adam_d.zero_grad()
        loss_d.backward()
        self.adam_d.step()
        return loss_e.item(), loss_d.item()


def plain_as_distance(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> Tensor:
    """Return the AS-distance (marginal, mean) as its formula reads: arrays of B × B × D, differentiated by PyTorch."""

    def mean_kernel(mu_l: Tensor, logvar_l: Tensor, mu_r: Tensor, logvar_r: Tensor) -> Tensor:
        v = logvar_l.exp()[:, None] + logvar_r.exp()[None]
        return (torch.exp(-0.5 * (mu_l[:, None] - mu_r[None]) ** 2 / v) / torch.sqrt(v)).mean()

    a, b = (mu_a, logvar_a), (mu_b, logvar_b)
    return mean_kernel(*a, *a) + mean_kernel(*b, *b) - 2.0 * mean_kernel(*a, *b)
