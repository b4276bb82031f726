"""The interface of a feature network."""

import torch
from torch import Tensor, nn

from asvae.checks import InvalidArgumentError


class FeatureExtractor(nn.Module):
    """A frozen network from images to features; its BatchNorm uses running statistics, so no image affects another.

    Parameters
    ----------
    network : Module
        Maps ``(N, C, H, W)`` in uint8 to ``(N, num_features)``.
    num_features : int
        Number of features.
    name : str
        What it is, to be shown with every distance.
    identity : str
        12 hex digits: a SHA-256 over its weights. Distances are comparable only if it is the same.
    resize : str
        How it resizes images.
    head : Module, optional
        Maps features to the logits of the data set's classes, where it was trained on labels.
    """

    def __init__(
        self,
        network: nn.Module,
        num_features: int,
        name: str,
        identity: str,
        resize: str,
        head: nn.Module | None = None,
    ):
        super().__init__()
        self.network, self.head = network, head
        self.num_features, self.name, self.identity, self.resize = num_features, name, identity, resize
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "FeatureExtractor":
        """Stay in evaluation mode, whatever mode is asked for."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Map images ``(N, C, H, W)`` in uint8 to ``(N, num_features)`` in float32, on the network's device.

        Raises
        ------
        InvalidArgumentError
            If the images have another type or shape.
        """
        if images.dtype != torch.uint8 or images.ndim != 4:
            got = f"{images.dtype} of shape {tuple(images.shape)}"
            raise InvalidArgumentError(f"images: got {got}; allowed: torch.uint8 of shape (N, C, H, W).")
        return self.network(images.to(next(self.network.parameters()).device))
