"""Which runs are fit to be compared: what the diagnostics find decides, some of it on images only."""

from asvae.training.diagnostics import findings
from asvae.training.run import Result

UNFIT: dict[str, frozenset[str]] = {
    "points": frozenset(),
    "images": frozenset({"exp term underflowed", "KL of real above KL of samples", "critic without gradient"}),
}
"""Kind of data → names of the findings that make a run unfit.

On images each of these says that the adversary, which the claims are about, was not at work; a Fréchet distance then
compares settings, not methods. On points none does:

- *non-finite* is what a method does, anywhere: such a run counts as lost to the other method, not as missing.
- *KL of real above KL of samples* is what equilibrium looks like there. The two KLs meet, and which of them ends higher
  is chance: about half of the healthiest runs show it.
- *exp term underflowed* and *dead latents* are what some of the claims are about, that a method does or does not do
  it. To leave such runs out would be to select by the outcome, after the treatment. Their score, the distance of the
  samples from a known truth, stays valid.
"""


def healthy(run: Result) -> bool:
    """Whether nothing that the diagnostics find in a run makes it unfit to be compared, see :data:`UNFIT`."""
    unfit = UNFIT[run.config.kind]
    return not unfit or unfit.isdisjoint(finding.name for finding in findings(run))
