"""From a configuration to untrained networks."""

from collections.abc import Sequence

from asvae import objectives
from asvae.config import RunConfig
from asvae.networks import Networks, image_networks, mlp_networks
from asvae.recipes import PlaneRecipe


def build_networks(config: RunConfig, seeds: Sequence[int]) -> Networks:
    """Return the untrained networks that ``config`` describes: in the plane one lane a seed, for images of one seed."""
    recipe, shape, names = config.recipe, config.data().shape, objectives.get(config.objective).networks
    if isinstance(recipe, PlaneRecipe):
        return mlp_networks(names, shape, recipe.latent_dim, recipe.width, recipe.depth, seeds)
    [seed] = seeds
    return image_networks(names, shape, recipe.latent_dim, recipe.wide, seed)
