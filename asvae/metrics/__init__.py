"""Scores of samples: points, images, latents."""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=["features", "images", "latents", "points"],
    submod_attrs={"points": ["HistogramScores", "histogram_scores"]},
)
__all__ = ["HistogramScores", "histogram_scores"]
