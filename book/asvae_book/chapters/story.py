"""What was found, in the few sentences that the landing page begins with; each follows the committed results."""

from collections.abc import Sequence

from asvae import datasets
from asvae.store.rows import TABLE_ROWS
from asvae.training.run import Result
from asvae_book.paper import published
from asvae_book.paper.specifications import outcomes, sentence
from asvae_book.studies import SPECIFICATIONS, Cells, Study
from asvae_book.studies.intervals import over_seeds, paired

OURS, THEIRS = "as-introvae", "s-introvae"


def table_sentence(study: Study, cells: Cells[Result]) -> str:
    """Return AS-IntroVAE beside S-IntroVAE in every row of a table of points, each with the printed value.

    Rows without runs of both are left out; empty if all are.
    """
    printed = published.POINTS[study.dataset]
    parts = []
    for row in TABLE_ROWS:
        ours, theirs = ([run for run in cells.get((row, name), []) if not run.diverged] for name in (OURS, THEIRS))
        if ours and theirs:
            means = {name: over_seeds(_kl(runs)).mean for name, runs in ((THEIRS, theirs), (OURS, ours))}
            parts.append(
                f"{row} S-IntroVAE {means[THEIRS]:.1f} (printed {printed[row, THEIRS][0]}), "
                f"AS-IntroVAE {means[OURS]:.1f} (printed {printed[row, OURS][0]}), "
                f"difference {_difference(ours, theirs)}"
            )
    if not parts:
        return ""
    scale = next(run.config.scale for run in cells.runs)
    about = f"**{_title(study.dataset)}**, KL at {scale} scale, mean over seeds, lower is better"
    return f"{about}: {'; '.join(parts)}."


def reading_sentences() -> list[str]:
    """Return for either toy problem in how many readings AS-IntroVAE is better, worse or neither."""
    said = []
    for dataset, study in SPECIFICATIONS.items():
        found = outcomes(study.find(dataset))
        if any(outcome.gap.n for outcome in found):
            said.append(f"**{_title(dataset)}, under every reading**: {sentence(found)}")
    return said


def _difference(ours: Sequence[Result], theirs: Sequence[Result]) -> str:
    by_seed = [{run.config.seed: run for run in runs} for runs in (ours, theirs)]
    shared = sorted(by_seed[0].keys() & by_seed[1].keys())
    gap = paired(*(_kl([runs[seed] for seed in shared]) for runs in by_seed))
    return gap.text("{:+.1f}")


def _kl(runs: Sequence[Result]) -> list[float]:
    return [run.scores["kl"] for run in runs]


def _title(dataset: str) -> str:
    title = datasets.title(dataset)
    return title[0].upper() + title[1:]
