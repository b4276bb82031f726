"""What the specification curve's numbers say, in sentences that change with them."""

from collections.abc import Mapping, Sequence

import numpy as np

from asvae import datasets
from asvae_book.chapters.readings import form_of
from asvae_book.paper.specifications import FEWEST, Outcome, hub, sentence, sign_flip
from asvae_book.studies.intervals import LEVEL, signed
from asvae_book.studies.specification import CHOICES, HUB, ROWS


def findings(found: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """Return what the curve of each data set says, and what the seeds leave open; ``found`` is by data set."""
    said = [
        f"**{_title(dataset)}.** {sentence(each)} {_moved(each) if _decided(each) > 1 else ''}".strip()
        for dataset, each in found.items()
    ]
    return [*said, *filter(None, [_widths(found)])]


def by_chance(found: Sequence[Outcome], dataset: str) -> str:
    """Return whether chance alone could give the curve, how far its means go, and which runs diverged."""
    said = [_one_sided(found), _ranges(found, dataset), _tested(found)] if _decided(found) > 1 else []
    said = [each for each in [*said, _diverged(found)] if each]
    return f"**{_title(dataset)}.** {' '.join(said)}" if said else ""


def _decided(found: Sequence[Outcome]) -> int:
    return sum(outcome.decides for outcome in found)


def _one_sided(found: Sequence[Outcome]) -> str:
    judged = _decided(found)
    return (
        f"Each interval is a 95 % one by itself: of {judged}, {(1.0 - LEVEL) * judged:.1f} would on average lie on one "
        "side of 0 by chance if the two methods never differed."
    )


def _ranges(found: Sequence[Outcome], dataset: str) -> str:
    """Return between which means readings move the difference, weights held, and the other way round."""
    form, parts = form_of(found), []
    kinds = {"Over readings, at the hub's weights,": CHOICES, "Over weights, read as the hub,": ROWS[dataset]}
    for kind, names in kinds.items():
        means = [outcome.gap.mean for outcome in found if outcome.decides and outcome.name in (HUB, *names)]
        if len(means) > 1:
            ends = " to ".join(signed(form, end) for end in (min(means), max(means)))
            parts.append(f"{kind} the mean difference goes from {ends} ({len(means)} specifications).")
    centre = hub(found)
    if parts and centre.decides:
        parts.append(f"The hub's own is {centre.gap.text(form)}.")
    return " ".join(parts)


def _moved(found: Sequence[Outcome]) -> str:
    """Return which choices move the hub's difference by more than the seeds' noise."""
    centre, form = hub(found), form_of(found)
    changes = {outcome.name: outcome.minus(centre) for outcome in found if outcome is not centre}
    changes = {name: change for name, change in changes.items() if change.n >= FEWEST}
    if not changes:
        return ""
    sides = {"towards AS-IntroVAE": -1, "towards S-IntroVAE": 1}
    parts = []
    for way, side in sides.items():
        moved = [f"*{name}* ({signed(form, each.mean)})" for name, each in changes.items() if each.side == side]
        parts += [f"{way} by {', '.join(moved)}"] if moved else []
    if not parts:
        return f"**None of {len(changes)} choices moves the hub's difference** beyond what its interval allows."
    return (
        f"Of {len(changes)} choices, the hub's difference is moved {'; '.join(parts)}, each by its own 95 % interval."
    )


def _tested(found: Sequence[Outcome]) -> str:
    """Return the sign-flip test in words, with what it cannot say."""
    test = sign_flip(found)
    how = "all" if test.exact else "random"
    said = (
        f"**The median difference of {test.specifications} specifications is {signed(form_of(found), test.median)}**; "
        f"sign-flip test over {test.seeds} seeds: p = {_p(test.p)} ({how} {test.assignments:,} assignments of signs; "
        f"the smallest p that it can give is {_p(test.smallest)})."
    )
    if test.smallest > 1.0 - LEVEL:
        return f"{said} With so few seeds it cannot reject at 5 %, whatever they show."
    return f"{said} The median is {'' if test.p < 1.0 - LEVEL else 'not '}distinguished from 0 at 5 %."


def _p(value: float) -> str:
    return f"{value:.4f}" if value < 0.01 else f"{value:.2f}"


def _diverged(found: Sequence[Outcome]) -> str:
    named = [
        f"{name} in *{outcome.name}* with seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
        for outcome in found
        for name, seeds in zip(("AS-IntroVAE", "S-IntroVAE"), outcome.diverged, strict=True)
        if seeds
    ]
    return f"Diverged, and without a difference: {'; '.join(named)}." if named else ""


def _widths(found: Mapping[str, Sequence[Outcome]]) -> str:
    parts = []
    for dataset, each in found.items():
        judged = [outcome for outcome in each if outcome.decides]
        if judged:
            seeds = [len(outcome.differences) for outcome in judged]
            few = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
            half = form_of(each).replace("+", "").format(float(np.median([outcome.gap.half for outcome in judged])))
            parts.append(
                f"{_title(dataset)}: {few} seeds per specification, and half of the intervals wider than ± {half}"
            )
    return f"**Small differences stay inconclusive.** {'; '.join(parts)}." if parts else ""


def _title(dataset: str) -> str:
    title = datasets.title(dataset)
    return title[0].upper() + title[1:]
