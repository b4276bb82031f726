"""AS-IntroVAE against S-IntroVAE under every specification, and one test of them all (Simonsohn et al. 2020).

A specification is one way of filling in what the paper leaves open, with one choice of weights; the runs are those of
``asvae_book.studies.SPECIFICATIONS``. Each is decided by Student's 95 % interval of the difference
over shared seeds, AS minus S, so that below 0 is AS-IntroVAE's side. A method has it only if none of its runs diverged
where the other's ended, and the other has it if more than half did.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asvae.training.run import Result
from asvae_book.paper.verdicts import MIN_SEEDS
from asvae_book.studies import Cells
from asvae_book.studies.intervals import Interval, over_seeds
from asvae_book.studies.measures import headline, unscored
from asvae_book.studies.pairs import shared
from asvae_book.studies.specification import HUB, PAIR

OUR_SIDE, OPEN, THEIR_SIDE = "on AS-IntroVAE's side", "open", "on S-IntroVAE's side"
TOO_FEW, ABSENT = "too few seeds", "not run"
"""What a specification can say: on whose side of 0 its interval lies. A verdict asks for more, as ``decided`` does."""

FEWEST = 3
"""Seeds that both methods must have finished for a specification to say anything."""

EXACT = 12
"""Seeds up to which the sign-flip test goes through all assignments; for more it draws :data:`DRAWS` of them."""

DRAWS = 9_999


@dataclass(frozen=True)
class Outcome:
    """What the runs of one specification say."""

    name: str
    differences: dict[int, float]
    """Seed → score of AS-IntroVAE minus that of S-IntroVAE, where neither diverged."""
    seeds: int
    """Number of seeds that both methods were run with."""
    diverged: tuple[tuple[int, ...], tuple[int, ...]]
    """Of these, the seeds with which AS-IntroVAE diverged, and those with which S-IntroVAE did."""

    @property
    def gap(self) -> Interval:
        """The mean difference with its interval."""
        return over_seeds([*self.differences.values()])

    @property
    def decides(self) -> bool:
        """Whether enough seeds ended for a mean difference with an interval that means something."""
        return len(self.differences) >= FEWEST

    @property
    def says(self) -> str:
        """On whose side of 0 the interval lies, if it does not hold 0."""
        ours, theirs = (len(set(lost) - set(others)) for lost, others in (self.diverged, self.diverged[::-1]))
        if self.seeds < FEWEST:
            return TOO_FEW if self.seeds else ABSENT
        if 2 * max(ours, theirs) > self.seeds:
            return THEIR_SIDE if ours > theirs else OUR_SIDE
        if not self.decides:
            return TOO_FEW
        side = self.gap.side
        return OUR_SIDE if side < 0 and not ours else THEIR_SIDE if side > 0 and not theirs else OPEN

    @property
    def decided(self) -> bool:
        """Whether it has the seeds of a verdict and both of its tests reject 0."""
        return len(self.differences) >= MIN_SEEDS["points"] and bool(self.gap.decided())

    def minus(self, other: "Outcome") -> Interval:
        """Return by how much this specification's difference exceeds another's, seed by seed."""
        shared = [seed for seed in self.differences if seed in other.differences]
        return over_seeds([self.differences[seed] - other.differences[seed] for seed in shared])


def outcomes(cells: Cells[Result]) -> list[Outcome]:
    """Return the outcome of every specification, the lowest mean difference first.

    Behind them those with too few seeds, then those without a seed that both methods finished.
    """
    found = [_outcome(name, *(cells.get((name, each), []) for each in reversed(PAIR))) for name, _ in cells]
    unique = {outcome.name: outcome for outcome in found}
    return sorted(unique.values(), key=_place)


def _outcome(name: str, ours: Sequence[Result], theirs: Sequence[Result]) -> Outcome:
    pairs = {run.config.seed: (run, other) for run, other in shared(ours, theirs)}
    differences = {seed: headline(ours) - headline(theirs) for seed, (ours, theirs) in pairs.items()}
    lost = tuple(tuple(seed for seed, pair in pairs.items() if unscored(pair[side])) for side in (0, 1))
    return Outcome(name, {seed: each for seed, each in differences.items() if math.isfinite(each)}, len(pairs), lost)


def _place(outcome: Outcome) -> tuple[int, float]:
    mean = outcome.gap.mean
    return (2, 0.0) if math.isnan(mean) else (0 if outcome.decides else 1, mean)


def hub(found: Sequence[Outcome]) -> Outcome:
    """Return the outcome of the specification that all others differ from in one choice."""
    return next(outcome for outcome in found if outcome.name == HUB)


@dataclass(frozen=True)
class SignFlip:
    """A test of the median difference over specifications, which share seeds and runs and so are not independent."""

    median: float
    """Over specifications of the mean difference over seeds; NaN without any."""
    p: float
    """Two-sided: the share of sign assignments whose median is at least as far from 0; NaN without seeds."""
    seeds: int
    specifications: int
    assignments: int
    """How many were gone through: all, or random ones."""

    @property
    def exact(self) -> bool:
        """Whether they were all there are."""
        return self.seeds <= EXACT

    @property
    def smallest(self) -> float:
        """The smallest p that the test can give with so many seeds.

        The assignment that was observed and its mirror image always count.
        """
        return 2.0 / self.assignments if self.exact else 1.0 / self.assignments


def sign_flip(found: Sequence[Outcome]) -> SignFlip:
    """Test whether the median difference over specifications could be 0.

    If no specification preferred a method, AS − S of a seed would be as likely to have the other sign. All differences
    of one seed, whatever the specification, change their sign together, since specifications share it, and with it
    data, noise and runs of S-IntroVAE. Specifications with too few seeds are left out, and so are seeds that no more
    than half of the others have.
    """
    judged = [outcome for outcome in found if outcome.decides]
    counts = Counter(seed for outcome in judged for seed in outcome.differences)
    # A seed of few specifications cannot move the median, and would only make the smallest p look smaller.
    seeds = sorted(seed for seed, count in counts.items() if 2 * count > len(judged))
    judged = [outcome for outcome in judged if not outcome.differences.keys().isdisjoint(seeds)]
    if not judged:
        return SignFlip(math.nan, math.nan, 0, 0, 1)
    # (specifications, seeds)
    table = np.array([[outcome.differences.get(seed, math.nan) for seed in seeds] for outcome in judged])
    shares = np.nan_to_num(table) / np.isfinite(table).sum(1, keepdims=True)
    signs = _signs(len(seeds))
    medians = np.abs(np.median(signs @ shares.T, axis=1))
    # The first assignment flips nothing. Sums in another order differ in their last digits.
    p = float(np.mean(medians >= medians[0] * (1.0 - 1e-9)))
    return SignFlip(float(np.median(shares.sum(1))), p, len(seeds), len(judged), len(signs))


def _signs(seeds: int) -> np.ndarray:
    """Return assignments of signs to seeds, one row per assignment, the first without a flip."""
    if seeds <= EXACT:
        bits = np.arange(2**seeds)[:, None] >> np.arange(seeds) & 1
        return 1.0 - 2.0 * bits
    drawn = np.random.default_rng(0).integers(0, 2, (DRAWS, seeds))
    return np.concatenate([np.ones((1, seeds)), 1.0 - 2.0 * drawn])


def sentence(found: Sequence[Outcome]) -> str:
    """Return in how many specifications the interval lies on whose side, in Markdown."""
    names = {said: [outcome.name for outcome in found if outcome.says == said] for said in _SAID}
    judged = sum(len(names[said]) for said in (OUR_SIDE, THEIR_SIDE, OPEN))
    if not judged:
        return f"None of {len(found)} specifications has {FEWEST} seeds that both methods finished."
    settled = sum(outcome.decided for outcome in found)
    ours, theirs, unsettled = (len(names[said]) for said in (OUR_SIDE, THEIR_SIDE, OPEN))
    said = (
        f"In **{ours} of {judged}** specifications the interval lies on AS-IntroVAE's side{_listed(names[OUR_SIDE])}, "
        f"in {theirs} on S-IntroVAE's{_listed(names[THEIR_SIDE])}, and in {unsettled} it holds 0. By the rule of the "
        f"[ledger](ledger.ipynb#the-rule), which asks for {MIN_SEEDS['points']} seeds and a second test, "
        f"{settled or 'none'} of them {'are' if settled > 1 else 'is'} decided."
    )
    rest = [f"{len(names[each])} more: {each}" for each in (TOO_FEW, ABSENT) if names[each]]
    return f"{said} ({'; '.join(rest)}.)" if rest else said


_SAID = (OUR_SIDE, THEIR_SIDE, OPEN, TOO_FEW, ABSENT)


def _listed(names: Sequence[str]) -> str:
    return f" (*{'*, *'.join(names)}*)" if 0 < len(names) <= 5 else ""
