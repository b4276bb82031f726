"""Eight Gaussians on a circle: the toy data of the main paper's Table 1 and Figure 3."""

from typing import ClassVar

import torch
from torch import Tensor

from asvae import draws
from asvae.datasets.base import position
from asvae.datasets.points import PointsDataset


class EightGaussians(PointsDataset):
    """Eight narrow Gaussians whose means lie evenly on a circle around 0.

    The construction is that of Soft-IntroVAE's released sampler: means on a circle of radius 2 and standard deviation
    0.02, both divided by 1.414. Its evaluation looks at [-2, 2]². A sample lies on a mode within three standard
    deviations of the mean (Srivastava et al. 2017), and belongs to a mode within half the distance to the next mean.
    """

    name: ClassVar[str] = "8gaussians"
    title: ClassVar[str] = "8 Gaussians"
    limit: ClassVar[float] = 2.0
    radius: ClassVar[float] = 2.0 / 1.414
    sd: ClassVar[float] = 0.02 / 1.414
    region = "disc"
    side: ClassVar[float] = 6.0 * sd
    basin: ClassVar[float] = 2.0 * radius * 0.3826834
    """Neighbouring means lie 2·radius·sin(π/8) apart."""
    modes: ClassVar[str] = "modes"

    def __init__(self):
        turns = torch.arange(8) * (torch.pi / 4)
        self.centres = self.radius * torch.stack([turns.cos(), turns.sin()], dim=1)
        """``(8, 2)``: the means, anticlockwise from (radius, 0)."""

    def sample(self, n: int, seed: int, step: int = 0) -> Tensor:
        """Return ``(n, 2)`` points."""
        n, seed, step = position(n, seed, step)
        which = (draws.uniform(seed, step, "data/8gaussians", (n,)) * 8).long()
        return self.centres[which] + self.sd * draws.normal(seed, step, "data/8gaussians/noise", (n, 2))
