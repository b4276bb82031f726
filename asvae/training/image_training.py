"""From a configuration to a run on images: trained, watched, interrupted and resumed, scored."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch

from asvae import pictures
from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.cpu import threads
from asvae.metrics import images as image_metrics
from asvae.metrics import latents
from asvae.metrics.features import VARIABLE, classifier, inception
from asvae.networks import Networks
from asvae.training import provenance, snapshots
from asvae.training.golden import fingerprint
from asvae.training.images.machinery import Machinery
from asvae.training.images.trainer import Trainer
from asvae.training.marks import CHECKPOINT_SECONDS, Interruption, checks_score, notes_curves
from asvae.training.run import Run, sample

SHEETS = 10
"""How often a run draws its samples, reconstructions and curves while it trains."""

SAMPLES = 64
"""How many samples of a run are kept with its scores, 16 of images larger than 64 pixels."""

ENCODED = 2_000
"""At most how many test images, and as many samples, are encoded at the end."""

SAVING_SHARE = 100
"""How many times longer than it took to write a checkpoint the next one waits: a hundredth of the time goes there."""


def train_images(
    config: RunConfig,
    device: str,
    machinery: Machinery,
    advance: Callable[[int], object],
    interruption: Interruption | None = None,
    commit: str | None = None,
) -> Run | None:
    """Train and score one run on images, from its newest whole checkpoint if there is one.

    ``advance`` is told every step how many images have passed. Returns ``None`` if it was interrupted; then a
    checkpoint is on disk. While it trains, sheets of samples, reconstructions and curves lie beside its checkpoints.
    Of several processes all return the run, and the first alone writes.
    """
    interruption = interruption or Interruption()
    if interruption.due:
        return None
    with threads(machinery.threads):
        loop = _Loop(config, device, machinery, interruption, commit)
        return loop.finish() if loop.run(advance) else None


class _Loop:
    """The steps of one run, and what happens between them."""

    def __init__(self, config, device, machinery, interruption, commit):
        self.config, self.device, self.machinery, self.interruption = config, device, machinery, interruption
        self.trainer = Trainer(config, device, machinery)
        self.folder: Path | None = interruption.path
        # Another folder's images, or the same ones changed, begin again.
        self.numerics = f"{fingerprint(config.objective, config.dataset)}-{self.trainer.dataset.fingerprint}"
        self.curves: list[tuple[int, dict[str, float]]] = []
        # What scoring needs is looked for now and not at the end of a week.
        image_metrics.set_size(self.trainer.dataset)
        named = machinery.inception or os.environ.get(VARIABLE)
        self.inception = inception(named, str(self.trainer.device)) if named else None
        self.done, before, self.checked = 0, 0.0, None
        self.commit = commit or provenance.commit()
        begun = self.folder and snapshots.newest(self.folder, config, self.numerics)
        if begun:
            self.trainer.load_state(begun.state)
            self.done, before, self.commit, self.curves = begun.step, begun.seconds, begun.commit, list(begun.curves)
        first = self.trainer.fabric.broadcast(self.done)
        if first != self.done:
            refuse(
                "checkpoints",
                f"step {self.done}, and {first} in the first process",
                "a folder that all processes share",
            )
        self.start = time.perf_counter() - before
        self.chief = self.trainer.fabric.is_global_zero

    def run(self, advance: Callable[[int], object]) -> bool:
        """Make the steps that are left; return whether they were made."""
        steps, size = self.config.steps, self.config.recipe.batch_size
        looks = max(1, steps // SHEETS)
        advance(self.done * size)
        saved, pause = time.perf_counter(), CHECKPOINT_SECONDS
        for step in range(self.done, steps):
            terms = self.trainer.step(step)
            if self.trainer.divergence:
                advance((steps - step) * size)
                return True
            if notes_curves(step, steps):
                if self.chief and checks_score(step, steps):
                    terms["score"] = self._check()
                self.curves.append((step, {name: float(f"{float(term):.5g}") for name, term in terms.items()}))
            advance(size)
            if (step + 1) % looks == 0 and self.folder is not None:
                self._draw_sheets(step + 1)
            if self._stops():
                self._save(step + 1)
                # Nobody looks for the checkpoint before it is there.
                self.trainer.fabric.barrier()
                return False
            if time.perf_counter() - saved > pause:
                begin = time.perf_counter()
                self._save(step + 1)
                saved = time.perf_counter()
                pause = max(CHECKPOINT_SECONDS, SAVING_SHARE * (saved - begin))
        return True

    def _stops(self) -> bool:
        if self.trainer.fabric.world_size == 1 or math.isinf(self.interruption.deadline):
            return self.interruption.due
        # All processes must stop at the same step: the first one's clock decides.
        return self.trainer.fabric.broadcast(self.interruption.due)

    def _save(self, step: int) -> None:
        if self.folder is not None and self.chief:
            here = (step, time.perf_counter() - self.start, self.commit, self.curves, self.trainer.state())
            snapshots.keep(self.folder, self.config, snapshots.Snapshot(*here), self.numerics)

    def _check(self) -> float:
        """Return the Fréchet distance as it is now, from fewer images than at the end: to see it move."""
        dataset = self.trainer.dataset
        if self.checked is None:
            extractor = classifier(dataset, device=str(self.trainer.device))
            self.checked = image_metrics.Check(dataset, extractor)
        networks = self.trainer.shown()
        value = self.checked(lambda n, draw: sample(networks, n, draw))
        self.trainer.train_mode()
        return value

    def _draw_sheets(self, step: int) -> None:
        """Write what the run can do now: samples, real images above their reconstructions, curves."""
        if not self.chief:
            return
        networks, dataset = self.trainer.shown(), self.trainer.dataset
        pictures.save_sheet(sample(networks, 32, 0), self.folder / f"samples-{step:09d}.png")
        if "encoder" in networks.modules:
            real = torch.from_numpy(dataset.test_images[:8].copy()) / 255.0
            both = torch.cat([real, networks.generate(networks.posterior(real)[0])])
            pictures.save_sheet(both, self.folder / f"reconstructions-{step:09d}.png")
        steps, curves = _history(self.curves)
        pictures.save_curves(steps, curves, self.folder / "curves.png")
        self.trainer.train_mode()

    def finish(self) -> Run:
        """Score the run and return it, on the CPU."""
        config, trainer = self.config, self.trainer
        seconds, networks = time.perf_counter() - self.start, trainer.shown()
        steps, curves = _history(self.curves)
        single = config.networks()
        single.load_state(networks.state())
        single.evaluate()
        scores, protocol, kept = image_metrics.nothing() | latents.nothing(), {}, {}
        samples = torch.zeros(0, *networks.shape)
        # A run that diverged has no model to score: its row in the table is NaN, whatever its last weights give.
        if not trainer.divergence:
            # Of several processes the first has all that scores need, and it alone keeps them.
            if self.chief:
                scores, protocol = self._score(networks)
            count = SAMPLES if config.recipe.pixels <= 64 else SAMPLES // 4
            samples = pictures.to_bytes(sample(single, count, 0)) / 255.0
            kept = _examples(single, torch.from_numpy(trainer.dataset.test_images[:16].copy()) / 255.0)
        source = provenance.collect(config, self.device, seconds, self.commit)
        source |= {
            "data": trainer.dataset.fingerprint,
            "skipped": len(trainer.dataset.skipped),
            "precision": trainer.machinery.precision,
            "processes": trainer.fabric.world_size,
            "protocol": protocol,
        }
        return Run(
            config=config,
            divergence=trainer.divergence,
            scores=scores,
            history={"step": steps} | curves,
            samples=samples,
            pictures=kept,
            provenance=source,
            networks=single,
        )

    def _score(self, networks: Networks) -> tuple[dict[str, float], dict]:
        dataset = self.trainer.dataset
        extractor, inner = classifier(dataset, device=str(self.trainer.device)), self.inception
        scores = image_metrics.nothing() | latents.nothing()
        scores |= image_metrics.score(
            lambda n, draw: sample(networks, n, draw), dataset, extractor=extractor, inception=inner
        )
        if "encoder" in networks.modules:
            scores |= image_metrics.reconstruction_scores(
                lambda x: networks.generate(networks.posterior(x)[0]), dataset
            )
            real = torch.from_numpy(dataset.test_images[:ENCODED].copy()) / 255.0
            scores |= latents.latent_scores(networks, real, sample(networks, len(real), 0))
        decoder = f"EMA {self.config.recipe.ema:g}" if self.config.recipe.ema else "as trained"
        return scores, image_metrics.protocol(dataset, extractor=extractor, inception=inner, decoder=decoder)


def _history(curves: list[tuple[int, dict[str, float]]]) -> tuple[list[int], dict[str, list[float]]]:
    names = dict.fromkeys(name for _, terms in curves for name in terms)
    return [step for step, _ in curves], {n: [terms.get(n, math.nan) for _, terms in curves] for n in names}


def _examples(networks: Networks, real: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return what a figure shows beside samples: real images, their reconstructions, the way between four pairs."""
    if "encoder" not in networks.modules:
        return {"real": real}
    mu, _ = networks.posterior(real)
    if len(real) < 2:
        return {"real": real, "reconstructed": pictures.to_bytes(networks.generate(mu)) / 255.0}
    weights = torch.linspace(0.0, 1.0, 8)[:, None]
    ways = torch.cat([torch.lerp(mu[2 * i], mu[2 * i + 1], weights) for i in range(min(4, len(mu) // 2))])
    made = {"reconstructed": networks.generate(mu), "interpolation": networks.generate(ways)}
    return {"real": real} | {name: pictures.to_bytes(images) / 255.0 for name, images in made.items()}
