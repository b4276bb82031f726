"""What all data sets of points share: the window of histograms and figures, and the regions that hold all points."""

from typing import ClassVar, Literal

import torch
from torch import Tensor

from asvae.datasets.base import Dataset, Kind


class PointsDataset(Dataset):
    """Points ``(2,)``, drawn by a formula, whose distribution is supported on equal regions around :attr:`centres`."""

    kind: ClassVar[Kind] = "points"
    shape: ClassVar[tuple[int, ...]] = (2,)
    limit: ClassVar[float]
    """Half the side of the window [-limit, limit]² that histograms and figures show."""
    region: ClassVar[Literal["square", "disc"]]
    """Shape of every region."""
    side: ClassVar[float]
    """Side of a square, diameter of a disc."""
    basin: ClassVar[float | None] = None
    """Side or diameter of what belongs to a region although it may lie outside of it; ``None``: nothing does."""
    modes: ClassVar[str]
    """The regions' name in text, in the plural."""
    centres: Tensor
    """``(K, 2)``: the centres of the regions."""

    def mode(self, points: Tensor) -> Tensor:
        """Return ``(N,)``: the index of the region that each point belongs to, itself or its basin, else -1."""
        return self._within(points, self.basin or self.side)

    def region_of(self, points: Tensor) -> Tensor:
        """Return ``(N,)``: the index in :attr:`centres` of the region each of ``(N, 2)`` points lies in, else -1.

        Squares are half-open (lower edges belong to them), so no point lies in two.
        """
        return self._within(points, self.side)

    def _within(self, points: Tensor, side: float) -> Tensor:
        offset, half = points[:, None, :] - self.centres, side / 2
        if self.region == "square":
            inside = ((offset >= -half) & (offset < half)).all(-1)
        else:
            inside = offset.norm(dim=-1) < half
        return torch.where(inside.any(-1), inside.int().argmax(-1), -1)
