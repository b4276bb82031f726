"""The checkerboard: uniform on eight of sixteen squares, the toy data of the supplement's Table 1 and Figure 8."""

from typing import ClassVar

import torch
from torch import Tensor

from asvae import draws
from asvae.datasets.base import position
from asvae.datasets.points import PointsDataset


class Checkerboard(PointsDataset):
    """Points uniform on the filled squares (side 2) of a 4×4 board on [-4, 4]².

    The construction is that of Soft-IntroVAE's released sampler: the first coordinate is uniform, the
    second uniform on the two filled squares of that column. Its density is 1/32 on the squares.
    """

    name: ClassVar[str] = "checkerboard"
    title: ClassVar[str] = "checkerboard"
    limit: ClassVar[float] = 4.0
    region = "square"
    side: ClassVar[float] = 2.0
    modes: ClassVar[str] = "squares"

    def __init__(self):
        columns = torch.arange(-2, 2)
        rows = torch.stack([columns % 2 - 2, columns % 2], dim=1)
        cells = torch.stack([columns[:, None].expand(4, 2), rows], dim=-1).reshape(8, 2)
        self.centres = (cells + 0.5) * self.side
        """``(8, 2)``: the centres of the filled squares, column by column."""

    def sample(self, n: int, seed: int, step: int = 0) -> Tensor:
        """Return ``(n, 2)`` points in [-4, 4)²."""
        n, seed, step = position(n, seed, step)
        u = draws.uniform(seed, step, "data/checkerboard", (3, n))
        x1 = u[0] * 4.0 - 2.0
        x2 = u[1] - 2.0 * (u[2] < 0.5) + x1.floor() % 2
        return torch.stack([x1, x2], dim=1) * self.side
