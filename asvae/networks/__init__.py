"""Encoder, decoder and critic: stacked multilayer perceptrons for points, residual convolutions for images."""

from asvae.networks.base import Networks
from asvae.networks.mlp import mlp_networks
from asvae.networks.residual import image_networks

__all__ = ["Networks", "image_networks", "mlp_networks"]
