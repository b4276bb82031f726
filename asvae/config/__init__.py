"""What a run is: its configuration, its sizes, and what was published for it."""

from asvae.config.recipes import ImageRecipe, PointsRecipe, Recipe
from asvae.config.run_config import RunConfig

__all__ = ["ImageRecipe", "PointsRecipe", "Recipe", "RunConfig"]
