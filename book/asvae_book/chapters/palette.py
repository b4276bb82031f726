"""One colour per method in every figure, that the colour-blind can tell apart; shades of it for a study's variants."""

from collections.abc import Mapping

from matplotlib.colors import to_hex, to_rgb

from asvae import objectives
from asvae_book.studies import Label, Study

TRUTH = "#4d4d4d"
"""Of real data and of what is printed in the paper."""

OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#f0e442", "#56b4e9")
"""The colours of methods, in the order in which these are registered (Okabe and Ito 2008)."""

LIGHTEST, DARKEST = 0.5, 0.6
"""How much white is mixed into the lightest shade, and how much black into the darkest."""


def of_method(name: str) -> str:
    """Return the colour of the objective called ``name``."""
    at = objectives.names().index(name)
    colour = OKABE_ITO[at % len(OKABE_ITO)]
    # Beyond seven methods each round is darker than the one before.
    return _darker(colour, 1.0 - 0.6 ** (at // len(OKABE_ITO)))


def shades(name: str, count: int) -> list[str]:
    """Return ``count`` shades of a method's colour, from light to dark, none of them the colour itself.

    Mixed with white or black, a colour keeps its hue.
    """
    light, dark = count - count // 2, count // 2
    whites = [_mixed(name, 1.0, LIGHTEST * (light - i) / light) for i in range(light)]
    return whites + [_mixed(name, 0.0, DARKEST * (i + 1) / dark) for i in range(dark)]


def of_study(study: Study) -> Mapping[Label, str]:
    """Return the colour of every variant of a study by label: its method's, or a shade of that.

    The colour itself goes to the principal variant of a method, and to the method as it is; the others follow in the
    study's order, light to dark.
    """
    colours = {}
    for name in dict.fromkeys(variant.objective for variant in study.variants.values()):
        own = {label: variant for label, variant in study.variants.items() if variant.objective == name}
        changed = [label for label, variant in own.items() if variant.changes and not variant.principal]
        colours |= dict.fromkeys(own, of_method(name)) | dict(zip(changed, shades(name, len(changed)), strict=True))
    return {label: colours[label] for label in study.variants}


def _mixed(name: str, grey: float, share: float) -> str:
    """Return a method's colour with a ``share`` of white (``grey`` 1) or black (0) in it."""
    return to_hex([(1.0 - share) * channel + share * grey for channel in to_rgb(of_method(name))])


def _darker(colour: str, share: float) -> str:
    return to_hex([(1.0 - share) * channel for channel in to_rgb(colour)]) if share else colour
