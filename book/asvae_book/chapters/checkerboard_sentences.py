"""What the checkerboard's numbers say, in sentences that change with them."""

import numpy as np

from asvae.config.presets import TABLE_ROWS
from asvae_book.chapters.checkerboard import mean
from asvae_book.paper import published
from asvae_book.paper.claims import CLAIMS, Claim
from asvae_book.paper.measures import exceeded_bound
from asvae_book.paper.verdicts import MIN_SEEDS, Verdict
from asvae_book.studies import TABLE1, Cells

VERBS = {
    "reproduced": "reproduces",
    "within noise": "is within noise",
    "not reproduced": "does not reproduce",
    "partly": "reproduces in part",
    "undecided": "is undecided",
    "not run": "was not run",
}
"""Verdict → as a verb."""


def sentences(cells: Cells, published_settings: Cells, floor: dict[str, float]) -> list[str]:
    """Return all of it: of the runs shown first, ``cells``, then of those at the published settings."""
    said = [floor_sentence(floor), tie_sentence()]
    scale = next((run.config.scale for run in cells.runs), "quick")
    shown = [(cells, f"the {scale} scale")] + [(published_settings, "the published settings")] * (scale != "paper")
    for these, name in shown:
        verdicts = {claim: claim.judge(these) for claim in CLAIMS if claim.study is TABLE1}
        decided = {claim: each for claim, each in verdicts.items() if each.verdict not in ("undecided", "not run")}
        said += [verdict_sentence(claim, verdict, name) for claim, verdict in decided.items()]
        said += [exceeded_sentence(these, name)]
    seeds = max((len(runs) for runs in published_settings.values()), default=0)
    if 0 < seeds < MIN_SEEDS:
        count = "is one run" if seeds == 1 else f"are {seeds} runs"
        said.append(
            f"**At the published settings there {count} a cell so far**: fewer than {MIN_SEEDS} decide nothing, "
            "whichever side they favour."
        )
    return [each for each in [*said, introvae_sentence(cells)] if each]


def floor_sentence(floor: dict[str, float]) -> str:
    """Return how much of a printed score is the truth's own, and how wide one draw's noise is."""
    printed = published.TABLE1["C1", "as-introvae"][0]
    gaps = [published.TABLE1[row, "s-introvae"][0] - published.TABLE1[row, "as-introvae"][0] for row in TABLE_ROWS]
    truth, noise = floor["kl"], floor["kl_draw_sd"]
    return (
        f"**Read every score against its floor.** The truth itself scores a KL of {truth:.1f}, so of a printed "
        f"{printed} only {printed - truth:.1f} are a model's. One evaluation's noise is {noise:.2f}, and Table 1 ranks "
        f"by differences of {min(gaps):.1f} to {max(gaps):.1f}: one evaluation cannot rank two methods here."
    )


def tie_sentence() -> str:
    """Return what the printed table does not say."""
    jsd = {cell: value for cell, (_, value) in published.TABLE1.items()}
    tied = [row for row in TABLE_ROWS if jsd[row, "s-introvae"] == jsd[row, "as-introvae"]]
    value = jsd[tied[0], "as-introvae"]
    return (
        f"**At {' and '.join(tied)} the printed JSD is a tie** ({value} and {value}), so the table does not show the "
        "best scores “under all combinations”, as its caption says."
    )


def verdict_sentence(claim: Claim, verdict: Verdict, scale: str) -> str:
    """Return a verdict with the counts behind it."""
    words = "" if verdict.said == "–" else f": {verdict.said}"
    return f"**{claim.key}**, {claim.text}, **{VERBS[verdict.verdict]}** at {scale}{words}."


def exceeded_sentence(cells: Cells, scale: str) -> str:
    """Return how often AS-IntroVAE's distance exceeded its bound, of runs with a curve, and the score where it did."""
    parts = []
    for (row, _), runs in cells.of("as-introvae").items():
        left, stayed = ([run for run in runs if exceeded_bound(run) is answer] for answer in (True, False))
        if count := len(left) + len(stayed):
            kinds = {
                "where it did": left,
                "where it did not": stayed,
                "S-IntroVAE": cells.get((row, "s-introvae"), []),
            }
            scores = ", ".join(f"{kind} {mean(these, 'kl'):.1f}" for kind, these in kinds.items() if these)
            parts.append(f"at {row} in {len(left)} of {count} {'run' if count == 1 else 'runs'} (KL: {scores})")
    return f"**AS-IntroVAE's distance left the scale**, at {scale}, {'; '.join(parts)}." if parts else ""


def introvae_sentence(cells: Cells) -> str:
    """Return how often IntroVAE became non-finite, and whether its scores are the worst."""
    runs = cells.of("introvae").runs
    if not runs:
        return ""
    worst = []
    for row in dict.fromkeys(row for row, _ in cells):
        means = {name: mean(these, "kl") for (at, name), these in cells.items() if at == row and these}
        if len(means) > 1 and means.get("introvae") == np.nanmax([*means.values()]):
            worst.append(row)
    diverged = sum(run.diverged for run in runs)
    scores = f"; it has the worst KL at {', '.join(worst)}" if worst else ""
    return (
        f"**IntroVAE became non-finite in {diverged} of {len(runs)} runs**, under our reading of its settings{scores}."
    )
