"""A run's configuration, its sizes, and the published settings."""

from asvae.config.recipes import ImageRecipe, PointsRecipe, Recipe
from asvae.config.run_config import RunConfig

__all__ = ["ImageRecipe", "PointsRecipe", "Recipe", "RunConfig"]
