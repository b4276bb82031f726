"""What the checkerboard's numbers say, in sentences that change with them."""

import numpy as np

from asvae.config.presets import COMBINATIONS
from asvae.studies.measures import exceeded_bound
from asvae.studies.table1 import Runs
from asvae_book.chapters.table1 import mean
from asvae_book.paper import toy_claims as claims
from asvae_book.paper.published import TABLE1
from asvae_book.paper.verdicts import MIN_SEEDS, Verdict

WORDS = {
    "reproduced": "reproduces",
    "within noise": "is within noise",
    "not reproduced": "does not reproduce",
    "partly": "reproduces in part",
    "undecided": "is undecided",
    "not run": "was not run",
}
"""Verdict → as a verb."""


def floor_sentence(floor: dict[str, float]) -> str:
    """Return how much of a printed score is the truth's own, and how wide one draw's noise is."""
    printed = TABLE1["C1", "as-introvae"][0]
    gaps = [TABLE1[row, "s-introvae"][0] - TABLE1[row, "as-introvae"][0] for row in COMBINATIONS]
    truth, noise = floor["kl"], floor["kl_draw_sd"]
    return (
        f"**Read every score against its floor.** The truth itself scores a KL of {truth:.1f}, so of a printed "
        f"{printed} only {printed - truth:.1f} are a model's. One evaluation's noise is {noise:.2f}, and Table 1 ranks "
        f"by differences of {min(gaps):.1f} to {max(gaps):.1f}: one evaluation cannot rank two methods here."
    )


def tie_sentence() -> str:
    """Return what the printed table does not say."""
    tied = [row for row in COMBINATIONS if TABLE1[row, "s-introvae"][1] == TABLE1[row, "as-introvae"][1]]
    value = TABLE1[tied[0], "as-introvae"][1]
    return (
        f"**At {' and '.join(tied)} the printed JSD is a tie** ({value} and {value}), so the table does not show the "
        "best scores “under all combinations”, as its caption says."
    )


def verdict_sentence(key: str, verdict: Verdict, scale: str) -> str:
    """Return a verdict with the counts behind it."""
    words = "" if verdict.said == "–" else f": {verdict.said}"
    return f"**{key}**, {claims.CLAIMS[key]}, **{WORDS[verdict.verdict]}** at {scale}{words}."


def runaway_sentence(cells: Runs, scale: str) -> str:
    """Return how often AS-IntroVAE's distance left the scale, and what it did to the score there."""
    parts = []
    for (row, name), runs in cells.items():
        if name != "as-introvae" or not runs:
            continue
        left = [run for run in runs if exceeded_bound(run)]
        stayed = [run for run in runs if not exceeded_bound(run)]
        kinds = (
            ("where it did", left),
            ("where it did not", stayed),
            ("S-IntroVAE", cells.get((row, "s-introvae"), [])),
        )
        scores = ", ".join(f"{kind} {mean(these, 'kl'):.1f}" for kind, these in kinds if these)
        parts.append(f"at {row} in {len(left)} of {len(runs)} {'run' if len(runs) == 1 else 'runs'} (KL: {scores})")
    if not parts:
        return ""
    return f"**AS-IntroVAE's distance left the scale**, at {scale}, {'; '.join(parts)}."


def introvae_sentence(cells: Runs) -> str:
    """Return how often IntroVAE became non-finite, and whether its scores are the worst."""
    runs = [run for (_, name), these in cells.items() if name == "introvae" for run in these]
    if not runs:
        return ""
    rows = dict.fromkeys(row for row, _ in cells)
    worst = []
    for row in rows:
        means = {name: mean(these, "kl") for (at, name), these in cells.items() if at == row and these}
        worst += (
            [row]
            if len(means) > 1 and "introvae" in means and means["introvae"] == np.nanmax([*means.values()])
            else []
        )
    diverged = sum(run.diverged for run in runs)
    scores = f"; it has the worst KL at {', '.join(worst)}" if worst else ""
    return (
        f"**IntroVAE became non-finite in {diverged} of {len(runs)} runs**, under our reading of its settings{scores}."
    )


def sentences(quick: Runs, published: Runs, floor: dict[str, float]) -> list[str]:
    """Return all of it: of the runs shown first, then of those at the published settings."""
    said = [floor_sentence(floor), tie_sentence()]
    scale = next((run.config.scale for runs in quick.values() for run in runs), "quick")
    shown = [(quick, f"the {scale} scale")] + [(published, "the published settings")] * (scale != "paper")
    for cells, name in shown:
        verdicts = {key: judge(cells) for key, judge in claims.JUDGES.items()}
        decided = {key: verdict for key, verdict in verdicts.items() if verdict.verdict not in ("undecided", "not run")}
        said += [verdict_sentence(key, verdict, name) for key, verdict in decided.items()]
        said += [runaway_sentence(cells, name)]
    seeds = max((len(runs) for runs in published.values()), default=0)
    if 0 < seeds < MIN_SEEDS:
        count = "is one run" if seeds == 1 else f"are {seeds} runs"
        said.append(
            f"**At the published settings there {count} a cell so far**: fewer than {MIN_SEEDS} decide nothing, "
            "whichever side they favour."
        )
    return [each for each in [*said, introvae_sentence(quick)] if each]
