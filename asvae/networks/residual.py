"""Residual convolutional networks for images: the design of the IntroVAE line (Huang et al. 2018, figure 7).

A 5×5 convolution, then residual blocks of two 3×3 convolutions with BatchNorm and LeakyReLU 0.2; average pooling
halves the image before every block but the first, nearest up-sampling doubles it on the way back; one linear layer
to 2·D numbers. Following Soft-IntroVAE's released code, a block's BatchNorm precedes its sum with the shortcut, and
the decoder ends in a plain convolution, so outputs may leave [0, 1] a little.
"""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from asvae import draws
from asvae.networks.base import GaussianEncoder, Networks


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut, which is a 1×1 convolution where the number of channels changes.

    A critic has no BatchNorm: the gradient penalty is defined per image, and BatchNorm would mix the images of a batch.
    """

    def __init__(self, channels_in: int, channels_out: int, norm: bool):
        super().__init__()
        changes = channels_in != channels_out
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1, bias=False) if changes else nn.Identity()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=not norm),
            *_normed(channels_out, norm),
            nn.LeakyReLU(0.2, inplace=norm),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=not norm),
            *_normed(channels_out, norm),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, channels_in, H, W)`` to ``(B, channels_out, H, W)``."""
        return nn.functional.leaky_relu(self.body(x) + self.shortcut(x), 0.2)

    def enlarged(self, x: Tensor) -> Tensor:
        """Return what :meth:`forward` makes of ``x`` enlarged twice by its nearest neighbours, in fewer operations.

        ``(B, channels_in, H, W)`` to ``(B, channels_out, 2 H, 2 W)``.
        """
        first, *rest = self.body
        hidden = doubled_convolution(x, first.weight, first.bias)
        for layer in rest:
            hidden = layer(hidden)
        # A 1×1 convolution and nearest neighbours commute.
        return nn.functional.leaky_relu(hidden + _doubled(self.shortcut(x)), 0.2)


def _doubled(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2, mode="nearest")


def doubled_convolution(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return the 3×3 convolution, padded by one, of ``x`` enlarged twice by its nearest neighbours.

    The small image is convolved once, transposed and with stride two, by the kernel convolved with 2×2 ones: 16
    products for four pixels instead of 36, and no enlarged image in memory.

    Parameters
    ----------
    x : Tensor
        ``(B, C, H, W)``.
    weight : Tensor
        ``(channels_out, C, 3, 3)``.
    bias : Tensor, optional
        ``(channels_out,)``.

    Returns
    -------
    Tensor
        ``(B, channels_out, 2 H, 2 W)``.
    """
    kernel = weight.flip(2, 3).transpose(0, 1)
    kernel = nn.functional.pad(kernel, (0, 1, 0, 0)) + nn.functional.pad(kernel, (1, 0, 0, 0))
    kernel = nn.functional.pad(kernel, (0, 0, 0, 1)) + nn.functional.pad(kernel, (0, 0, 1, 0))
    return nn.functional.conv_transpose2d(x, kernel, bias, stride=2, padding=1)


class Upward(nn.Sequential):
    """Layers in sequence; a residual block takes over the up-sampling before it."""

    def forward(self, x: Tensor) -> Tensor:
        """Map latents ``(B, D)`` to images ``(B, C, H, W)``."""
        for before, layer in itertools.pairwise([None, *self]):
            if isinstance(before, nn.Upsample):
                x = layer.enlarged(x)
            elif not isinstance(layer, nn.Upsample):
                x = layer(x)
        return x


def _normed(channels: int, norm: bool) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels)] if norm else []


def _coarse(shape: tuple[int, ...], channels: Sequence[int]) -> int:
    """Return the side of the coarsest feature map: the image halved once for every entry of ``channels``."""
    return shape[-1] // 2 ** len(channels)


def downward(shape: tuple[int, ...], channels: Sequence[int], outputs: int, norm: bool = True) -> nn.Sequential:
    """Build the down-sampling network from images ``(B, *shape)`` to ``(B, outputs)``."""
    first, last, side = channels[0], channels[-1], _coarse(shape, channels)
    layers = [nn.Conv2d(shape[0], first, 5, padding=2, bias=not norm), *_normed(first, norm), nn.LeakyReLU(0.2)]
    for before, after in itertools.pairwise([*channels, last]):
        layers += [nn.AvgPool2d(2), ResidualBlock(before, after, norm)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(last * side * side, outputs))


def upward(shape: tuple[int, ...], channels: Sequence[int], latent_dim: int) -> Upward:
    """Build the up-sampling network from latents ``(B, latent_dim)`` to images ``(B, *shape)``."""
    first, last, side = channels[0], channels[-1], _coarse(shape, channels)
    layers = [nn.Linear(latent_dim, last * side * side), nn.ReLU(), nn.Unflatten(1, (last, side, side))]
    for before, after in itertools.pairwise([last, *reversed(channels)]):
        layers += [ResidualBlock(before, after, norm=True), nn.Upsample(scale_factor=2, mode="nearest")]
    return Upward(*layers, ResidualBlock(first, first, norm=True), nn.Conv2d(first, shape[0], 5, padding=2))


def image_networks(
    names: Sequence[str],
    shape: tuple[int, ...],
    latent_dim: int,
    channels: Sequence[int],
    seed: int,
    logvar_limit: float = 10.0,
) -> Networks:
    """Build the networks called ``names`` for images of ``shape``, initialised from ``seed`` alone.

    Weights and biases of convolutions and linear layers are uniform in ±1/√(fan-in), as PyTorch's own.

    Parameters
    ----------
    names : sequence of str
        Any of ``"encoder"``, ``"decoder"``, ``"critic"``.
    shape : tuple of int
        ``(C, H, W)``; H = W, divisible by two as often as there are ``channels``.
    latent_dim : int
        Dimensions of z.
    channels : sequence of int
        Channels of each block, from the finest resolution to the coarsest.
    seed : int
        The run's seed.
    logvar_limit : float
        Bound of the encoder's absolute log-variance; 0: none.
    """
    build = {
        "encoder": lambda: GaussianEncoder(downward(shape, channels, 2 * latent_dim), logvar_limit),
        "decoder": lambda: upward(shape, channels, latent_dim),
        "critic": lambda: downward(shape, channels, 1, norm=False),
    }
    networks = Networks({name: build[name]() for name in names}, shape, latent_dim, stacked=False)
    for name, module in networks.modules.items():
        initialise(module, seed, f"init/{name}")
    return networks


@torch.no_grad()
def initialise(module: nn.Module, seed: int, name: str) -> None:
    """Draw weights and biases of convolutions and linear layers: uniform in ±1/√(fan-in), as PyTorch's own."""
    for path, layer in module.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            for part, value in layer.named_parameters():
                noise = draws.uniform(seed, 0, f"{name}/{path}/{part}", tuple(value.shape))
                value.copy_((2.0 * noise - 1.0) * bound)
