"""What a toy problem's numbers say, in sentences that change with them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from asvae.store.results import results
from asvae.store.rows import TABLE_ROWS
from asvae.training.run import Result
from asvae_book.chapters.toy import Toy, nothing_in_common
from asvae_book.chapters.toy_tables import label, mean, rows_of
from asvae_book.paper.claims import Claim
from asvae_book.paper.measures import exceeded_bound
from asvae_book.paper.standing import BETTER, TOO_FEW, WORSE, fewest, standing
from asvae_book.paper.verdicts import NOT_RUN, Verdict
from asvae_book.studies import Cells
from asvae_book.studies.measures import unscored
from asvae_book.studies.pairs import difference

COUNTED = (
    "Share of samples where the data lie, and mean distance of a covered mode's sample centroid to its centre (a mode "
    "that was missed does not count, nor a run that covers none, which flatters who misses modes). A square is 2 wide; "
    "a Gaussian counts as hit within three standard deviations, 0.04, and a sample belongs to the nearest. KL and "
    "textbook JSD of this large sample have a floor near zero."
)
"""How the table of modes was counted."""

NOISE = 4.0
"""A mean that lies further from a printed score than so many times one draw's noise does not fit it."""


def findings(toy: Toy, cells: Cells, *larger: Cells) -> list[str]:
    """Return three findings: AS- against S-IntroVAE, what that says of the claims, where the distance goes.

    Of ``larger``, the same table at other scales, those that were judged add their verdicts.
    """
    judged = [(claim, each, claim.judge(each)) for claim in toy.claims for each in (cells, *larger) if each.runs]
    verdicts = " ".join(
        verdict_sentence(claim, verdict, _scale(each))
        for claim, each, verdict in judged
        if each is cells or verdict.verdict != NOT_RUN
    )
    compared = " ".join(filter(None, [compared_sentence(toy, cells), *map(larger_sentence, larger)]))
    return [each for each in (compared, verdicts, exceeded_sentence(cells, _scale(cells))) if each]


def _scale(cells: Cells) -> str:
    return f"the {next((run.config.scale for run in cells.runs), 'quick')} scale"


def compared_sentence(toy: Toy, cells: Cells) -> str:
    """Return the mean KL of VAE, S- and AS-IntroVAE in every row, and which is ahead; empty without runs."""
    names = [name for name in ("vae", "s-introvae", "as-introvae") if cells.of(name)]
    rows = [row for row in rows_of(cells) if all(cells.get((row, name)) for name in names)]
    if "as-introvae" not in names or "s-introvae" not in names or not rows:
        return ""
    scores = "; ".join(
        f"{row} " + ", ".join(f"{label(name)} {_mean_said(cells[row, name], 'kl')}" for name in names) for row in rows
    )
    pairs = [(cells[row, "as-introvae"], cells[row, "s-introvae"]) for row in rows]
    stands = [standing(*pair, len(rows)) for pair in pairs]
    better, worse = stands.count(BETTER), stands.count(WORSE)
    few = [row for row, said in zip(rows, stands, strict=True) if said == TOO_FEW]
    said = (
        "not shown to be better or worse than S-IntroVAE in any row"
        if not better + worse
        else (f"better than S-IntroVAE in {better} and worse in {worse} of {len(rows)} rows")
    )
    open_ = f" At {', '.join(few)} there are {TOO_FEW}, fewer than {fewest(pairs[0][0])}." if few else ""
    lowest = [row for row in rows if "vae" in names and _is_lowest("vae", row, cells)]
    plain = f" At {' and '.join(lowest)} the VAE has the lowest." if lowest else ""
    return f"**At {_scale(cells)} AS-IntroVAE is {said}.**{open_} Mean KL, lower is better: {scores}.{plain}"


def _is_lowest(name: str, row: str, cells: Cells) -> bool:
    means = _means_of_scored(row, cells)
    return name in means and all(means[name] < value for other, value in means.items() if other != name)


def _means_of_scored(row: str, cells: Cells) -> dict[str, float]:
    """Return each method's mean KL in a row, of its runs that have one: NaN would take the worst out of comparisons."""
    scored = {name: [run for run in runs if not unscored(run)] for (at, name), runs in cells.items() if at == row}
    return {name: mean(runs, "kl") for name, runs in scored.items() if runs}


def _mean_said(runs: Sequence[Result], score: str) -> str:
    """Return a mean over the runs that have a score, and of how many it is where some have none."""
    scored = [run for run in runs if not unscored(run)]
    said = f"{mean(scored, score):.1f}" if scored else "–"
    return said if len(scored) == len(runs) else f"{said} ({len(scored)} of {len(runs)} runs)"


def otherwise_sentence(toy: Toy, cells: Cells) -> str:
    """Return the KL of every committed run at the published settings that is not read as the paper writes it."""
    table = results(toy.dataset, "paper")
    table = table[(table["reading"] != "paper") & table["current"]]
    parts = []
    for (name, reading), runs in table.groupby(["objective", "reading"], sort=False):
        scores = [f"{row.combination} {row.kl:.1f} (seed {row.seed})" for row in runs.itertuples()]
        parts.append(f"{label(name)}, `{reading}`: {', '.join(scores)}")
    if not parts:
        return ""
    soft = [f"{row} {_mean_said(runs, 'kl')}" for (row, _), runs in cells.of("s-introvae").items() if runs]
    beside = f"; S-IntroVAE beside them: {', '.join(soft)}" if soft else ""
    return f"**Runs at these settings with other readings**, KL: {'; '.join(parts)}{beside}."


def larger_sentence(cells: Cells) -> str:
    """Return AS- minus S-IntroVAE in every row of another scale that has both, and what the rule says of it."""
    pairs = {row: [cells.get((row, name), []) for name in ("as-introvae", "s-introvae")] for row in rows_of(cells)}
    gaps = {row: difference(*pair) for row, pair in pairs.items()}
    parts = [
        f"{row} {gap.text()} ({gap.n} {'seed' if gap.n == 1 else 'seeds'}, {standing(*pairs[row], len(pairs))})"
        for row, gap in gaps.items()
        if gap.n
    ]
    return f"At {_scale(cells)}, AS minus S in KL: {'; '.join(parts)}." if parts else ""


def diverged_sentence(cells: Cells) -> str:
    """Return which runs became non-finite, when, and which term went first; one that stands in several rows once."""
    runs: dict = {}
    for (row, name), these in cells.items():
        for run in these:
            runs.setdefault(run.config, (row, name, run))
    lost = [
        f"{row} {label(name)}, seed {run.config.seed}, at step {run.divergence.step:,} ({run.divergence.term})"
        for row, name, run in runs.values()
        if run.diverged
    ]
    said = f"{len(lost)} of {len(runs)} runs became non-finite" + (f": {'; '.join(lost)}." if lost else ".")
    return " ".join(each for each in (said, introvae_sentence(cells)) if each)


def truth_sentences(toy: Toy, floor: Mapping[str, float]) -> list[str]:
    """Return how to read the scores of the data set: floor, noise, unit, and what the largest ones mean."""
    window, far = 2.0 * toy.data.limit, nothing_in_common(toy.data)
    printed = {name: [toy.printed[row, name][0] for row in TABLE_ROWS] for name in ("vae", "s-introvae", "as-introvae")}
    gaps = np.abs(np.subtract(printed["s-introvae"], printed["as-introvae"]))
    noise, span = floor["kl_draw_sd"], f"{gaps.min():.1f} to {gaps.max():.1f}"
    between = "differences between S-IntroVAE and AS-IntroVAE"
    best = toy.printed["C1", "as-introvae"][0]
    said = [
        f"**Read every score against its floor.** The truth itself scores a KL of {floor['kl']:.1f}, so of a printed "
        f"{best} only {best - floor['kl']:.1f} are a model's."
    ]
    if gaps.min() < 2.0 * noise:
        said.append(
            f"The printed {between} are {span} in KL: the size of **one draw's noise**, {noise:.2f}, so a single "
            "evaluation cannot rank them."
        )
    else:
        said.append(
            f"**One draw's noise** is {noise:.2f} in KL, and the printed {between} are {span}: one evaluation ranks "
            "two models. Whether it ranks two methods depends on how far the seeds of one method lie apart."
        )
    if min(printed["vae"]) > 0.9 * far.kl:
        said.append(
            f"There is a **ceiling**, too: a model that shares no cell with the truth scores {far.kl:.1f}, however far "
            f"off it is. The VAE's printed {min(printed['vae']):.1f} to {max(printed['vae']):.1f} are that."
        )
    said.append(
        f"The unit is the estimator's own: with cells {window / 100:g} wide the printed KL is the textbook KL in nats "
        f"times {100 / window**2:.4g} (where no cell is empty), while the printed JSD has its arguments swapped, so it "
        "is not bounded by ln 2."
    )
    return said


def tie_sentence(toy: Toy) -> str:
    """Return where the printed table does not show what its caption says; empty if it does everywhere."""
    jsd = {cell: value for cell, (_, value) in toy.printed.items()}
    tied = [row for row in TABLE_ROWS if jsd[row, "s-introvae"] == jsd[row, "as-introvae"]]
    if not tied:
        return ""
    value = jsd[tied[0], "as-introvae"]
    return (
        f"**At {' and '.join(tied)} the printed JSD is a tie** ({value} and {value}), so the table does not show the "
        "best scores “under all hyperparameter combinations”, as its caption says."
    )


def fit_sentence(toy: Toy, cells: Cells) -> str:
    """Return whether the VAE with other weights comes out as printed; empty if it was not run with them."""
    runs = cells.of("vae")
    if not runs:
        return ""
    rows = [row for row, _ in runs]
    ours = [mean(runs[row, "vae"], "kl") for row in rows]
    printed = [toy.printed[row, "vae"][0] for row in rows]
    noise = [mean(runs[row, "vae"], "kl_draw_sd") for row in rows]
    off = [row for row, a, b, sd in zip(rows, ours, printed, noise, strict=True) if not abs(a - b) <= NOISE * sd]
    figures = "; ".join(f"{row} {a:.1f} for {b}" for row, a, b in zip(rows, ours, printed, strict=True))
    fit = f"do not fit at {', '.join(off)}" if off else "fit"
    known = [kl for kl, _ in toy.printed.values() if not math.isnan(kl)]
    far = NOISE * max(noise)
    wide = (
        f" As all that is printed lies within {max(known) - min(known):.1f}, a fit excludes collapse and little else."
        if not max(known) - min(known) > 2.0 * far
        else ""
    )
    return (
        f"**With these weights the VAE's scores {fit}** what is printed: {figures} (KL, ours for the printed one; they "
        f"fit if they differ by at most {NOISE:g} times one draw's noise, {far:.1f}).{wide}"
    )


def verdict_sentence(claim: Claim, verdict: Verdict, scale: str) -> str:
    """Return a verdict with the counts behind it."""
    caveat = f" {claim.caveat}" if claim.caveat else ""
    return f"**{claim.key}**, {claim.text}: **{verdict.verdict}** at {scale}{caveat} ({verdict.said})."


def modes_sentence(toy: Toy, cells: Cells, scale: str) -> str:
    """Return what S- and AS-IntroVAE cover, beside the paper's words where it has some; empty without runs."""
    parts = []
    for name in ("s-introvae", "as-introvae"):
        figures = [
            f"{row} {_mean_said(these, 'modes_covered')}" + (f" (“{toy.words[row, name]}”)" if toy.words else "")
            for (row, _), these in cells.of(name).items()
            if these
        ]
        if figures:
            parts.append(f"{label(name)} {', '.join(figures)}")
    total, modes = len(toy.data.centres), toy.data.modes
    words = " and the paper's words" if toy.words else ""
    said = f"**{modes.capitalize()} covered, of {total}**, at {scale}, means over seeds{words}"
    return f"{said}: {'; '.join(parts)}." if parts else ""


def exceeded_sentence(cells: Cells, scale: str) -> str:
    """Return how often AS-IntroVAE's distance exceeded its bound, of runs with a curve, and the score where it did."""
    about = "AS-IntroVAE's distance exceeded what variances of one can give"
    parts, answers = [], [exceeded_bound(run) for run in cells.of("as-introvae").runs]
    known = [answer for answer in answers if answer is not None]
    if not any(known):
        stayed = f"**AS-IntroVAE's distance stayed within what variances of one can give**, at {scale}, in all"
        return f"{stayed} of {len(known)} runs." if known else ""
    for (row, _), runs in cells.of("as-introvae").items():
        left, stayed = ([run for run in runs if exceeded_bound(run) is answer] for answer in (True, False))
        if count := len(left) + len(stayed):
            kinds = {
                "where it did": left,
                "where it did not": stayed,
                "S-IntroVAE": cells.get((row, "s-introvae"), []),
            }
            scores = ", ".join(f"{kind} {_mean_said(these, 'kl')}" for kind, these in kinds.items() if these)
            parts.append(f"at {row} in {len(left)} of {count} {'run' if count == 1 else 'runs'} (KL: {scores})")
    return f"**{about}**, at {scale}, {'; '.join(parts)}."


def introvae_sentence(cells: Cells) -> str:
    """Return how often IntroVAE became non-finite, and whether its scores are the worst."""
    runs = cells.of("introvae").runs
    if not runs:
        return ""
    worst = []
    for row in rows_of(cells):
        means = _means_of_scored(row, cells)
        if len(means) > 1 and means.get("introvae") == max(means.values()):
            worst.append(row)
    diverged = sum(run.diverged for run in runs)
    outside = sum(map(unscored, runs)) - diverged
    lost = (
        f"; in {outside} more no sample lies in the estimator's window, for which the printed score is NaN as well"
        if outside
        else ""
    )
    scores = f"; it has the worst KL at {', '.join(worst)}" if worst else ""
    return (
        f"**IntroVAE became non-finite in {diverged} of {len(runs)} runs**, under our reading of its settings"
        f"{lost}{scores}."
    )
