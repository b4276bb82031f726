"""``paper.md``: the reproduction as a short paper in JOSS form; ``book/refresh.py ledger`` writes it."""

from collections.abc import Sequence

from asvae_book.chapters import index, ledger_page, runaways
from asvae_book.paper.ledger import Entry, ledger

_TEXT = """\
---
title: 'AS-IntroVAE, reproduced: an executable companion'
tags:
  - Python
  - reproducibility
  - variational autoencoders
  - adversarial training
authors:
  - name: The AS-IntroVAE companion's authors
    affiliation: 1
affiliations:
  - name: Independent
    index: 1
date: {date}
bibliography: book/references.bib
---

# Summary

AS-IntroVAE [@lu2022asintrovae] adds a distance between batches of posteriors to Soft-IntroVAE [@daniel2021soft] and
lets it give way to the KL divergence while training goes on. This companion is a library, `asvae`, with five methods
from VAE [@kingma2014auto] to AS-IntroVAE, and an executable book that trains them, draws the paper's figures and tables
again, and judges each of its claims over seeds by one rule that is code. {headline}

# Statement of need

The released code of AS-IntroVAE does not run as it is and differs from the paper, which leaves a dozen choices open.
Researchers who build on it need each choice as a switch, every number with the runs behind it, and a claim's verdict
that says at which scale it was reached. Students need the equations beside the functions that compute them.

# Results

{summary}

{experiments}

**AS-IntroVAE's runs on points at quick scale, in every reading that was run.** {caption}

# Availability

`make book` sets up pinned packages, executes the chapters and renders them; `make test` checks the mathematics against
independent calculations and every printed number against its committed runs. {scope}

# References
"""


def paper(entries: Sequence[Entry] | None = None) -> str:
    """Return the paper as Markdown; without ``entries`` by the ledger of today's committed results."""
    entries = entries or ledger()
    found = {dataset: runaways.dots(dataset) for dataset in ("checkerboard", "8gaussians")}
    return _TEXT.format(
        date=index.planned(),
        headline=index.headline(),
        summary=ledger_page.summary(entries),
        experiments=index.experiments(entries, links=False),
        caption=runaways.caption(found),
        scope=index.scope(entries),
    )
