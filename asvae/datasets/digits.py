"""Handwritten digits that need no download: the embedded stand-in for every image chapter."""

from typing import ClassVar

import numpy as np
import torch
from torch.nn.functional import interpolate

from asvae import draws
from asvae.datasets.content import Content
from asvae.datasets.images import ImageDataset


class Digits(ImageDataset):
    """scikit-learn's 1,797 real scans, 8×8 in 17 grey levels, enlarged to 16×16.

    A fifth, drawn at random but the same for all seeds, is for testing.
    """

    name: ClassVar[str] = "digits"
    title: ClassVar[str] = "digits"
    shape = (1, 16, 16)
    flip: ClassVar[bool] = False
    files: ClassVar[bool] = False
    classes: ClassVar[int] = 10
    whole: ClassVar[int] = 1_438
    source: ClassVar[str] = (
        "1,797 handwritten digits of 13 people (UCI's Optical Recognition of Handwritten Digits, test part, CC BY 4.0) "
        "as they come with scikit-learn, enlarged bilinearly from 8×8 to 16×16."
    )

    def _load(self) -> Content:
        from sklearn.datasets import load_digits  # seconds to import, and most runs train on something else

        scans = load_digits()
        levels = torch.from_numpy(scans.images)[:, None] / 16.0
        # Bilinear weights and grey levels are multiples of 1/16, so double precision is exact before the rounding.
        large = interpolate(levels, size=self.shape[1:], mode="bilinear", align_corners=False)
        pixels = (large * 255.0).round().to(torch.uint8).numpy()
        order = draws.generator(0, 0, "data/digits").permutation(len(pixels))
        train, test = order[len(order) // 5 :], order[: len(order) // 5]
        return Content(pixels[train], pixels[test], scans.target[train].astype(np.int64))
