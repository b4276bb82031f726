"""Samples → numbers: points, images, latents, and how well a mean over seeds is known."""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=["features", "images", "intervals", "latents", "points"],
    submod_attrs={"points": ["HistogramScores", "histogram_scores"]},
)
__all__ = ["HistogramScores", "histogram_scores"]
