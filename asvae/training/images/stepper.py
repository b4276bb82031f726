"""A run on images as the loop sees it: its trainer, watched, drawn and scored."""

import functools
import math
import os
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from asvae import pictures
from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.metrics import images, latents
from asvae.metrics.features import JUDGES, VARIABLE, FeatureExtractor, inception, judges
from asvae.networks import Networks
from asvae.training.curves import Curves, history
from asvae.training.images.machinery import Machinery
from asvae.training.images.sheets import save_curves, save_sheet
from asvae.training.images.statistics import MODE, on_cpu, posterior_of_samples
from asvae.training.images.trainer import Trainer
from asvae.training.marks import Marks
from asvae.training.run import Divergence, sample
from asvae.training.stepper import Interruption, Judged, Stepper, Terms

SAMPLES = 64
"""How many samples of a run are kept with its scores, 16 of images larger than 64 pixels."""

ENCODED = 2_000
"""At most how many test images, and as many samples, are encoded at the end."""


class ImagesStepper(Stepper):
    """One run on images as the loop sees it, in one process or several.

    Of several processes all return the run, and the main one alone scores and writes.
    """

    def __init__(self, config: RunConfig, device: str, machinery: Machinery):
        self.configs, self.device, self.amount = [config], device, config.recipe.batch_size
        self.trainer = Trainer(config, device, machinery)
        self.dataset, self.fabric = self.trainer.dataset, self.trainer.fabric
        self.writes = self.fabric.is_global_zero
        # Another folder's images, or the same ones changed, begin again.
        self.data = self.dataset.fingerprint
        # What scoring needs is looked for now and not at the end of a week.
        images.set_size(self.dataset)
        named = machinery.inception or os.environ.get(VARIABLE)
        self.inception = inception(named, str(self.trainer.device)) if named else None
        self._intermediate: images.Check | None = None

    @property
    def divergences(self) -> list[Divergence | None]:
        """Where the run became non-finite."""
        return [self.trainer.divergence]

    def step(self, step: int) -> Terms:
        """Make ``step``; return the terms, one number each, of this process's share."""
        return self.trainer.step(step)

    def watch(self, step: int, marks: Marks) -> Terms:
        """Return the Fréchet distance as it is now, from fewer images than at the end: to see it move."""
        if not (marks.score and self.writes):
            return {}
        if self._intermediate is None:
            self._intermediate = images.Check(self.dataset, self._judges()[0])
        value = self._intermediate(functools.partial(sample, self.trainer.shown()))
        return {"score": torch.tensor(value, dtype=torch.float64)}

    def sheet(self, step: int, curves: Curves, folder: Path) -> None:
        """Write what the run can do now: samples, real images above their reconstructions, curves."""
        networks = self.trainer.shown()
        save_sheet(sample(networks, 32, 0), folder / f"samples-{step:09d}.png")
        if "encoder" in networks.modules:
            real = self._test_images(8)
            save_sheet(torch.cat([real, networks.reconstruct(real)]), folder / f"reconstructions-{step:09d}.png")
        lines = history(curves)
        save_curves(lines.pop("step"), lines, folder / "curves.png")

    def alive(self, marked: bool) -> bool:
        """Whether the run is still finite."""
        return self.trainer.divergence is None

    def resumes_at(self, step: int) -> None:
        """Refuse to go on where the main process stands at another step."""
        first = self.fabric.broadcast(step)
        if first != step:
            refuse("checkpoints", f"step {step}, and {first} in the main process", "a folder that all processes share")

    def stops(self, interruption: Interruption) -> bool:
        """Whether to stop now: all processes at the same step, by the main process's clock."""
        if self.fabric.world_size == 1 or math.isinf(interruption.deadline):
            return interruption.due
        return self.fabric.broadcast(interruption.due)

    def wait(self) -> None:
        """Return once all processes are here."""
        self.fabric.barrier()

    def state(self) -> Terms:
        """Return weights, moments and average."""
        return self.trainer.state()

    def load_state(self, state: Terms, divergences: Sequence[Divergence | None]) -> None:
        """Take what :meth:`state` gave."""
        self.trainer.load_state(state)

    def networks_of(self, run: int) -> Networks:
        """Return the networks with the averaged decoder, BatchNorm's statistics estimated again."""
        return on_cpu(self.trainer.shown())

    def judge(self, run: int, networks: Networks) -> Judged:
        """Score the run; show samples, and with an encoder reconstructions and interpolations of test images."""
        scores, protocol, examples = images.nothing() | latents.nothing(), {}, {}
        samples = torch.zeros(0, *networks.shape)
        if self.trainer.divergence is None:
            if self.writes:
                judged, protocol = self._score(self.trainer.shown())
                scores |= judged
            count = SAMPLES if self.configs[0].recipe.pixels <= 64 else SAMPLES // 4
            samples = pictures.to_bytes(sample(networks, count, 0)) / 255.0
            examples = _examples(networks, self._test_images(16))
        source = {
            "data": self.dataset.fingerprint,
            "skipped": len(self.dataset.skipped),
            "precision": self.trainer.machinery.precision,
            "processes": self.fabric.world_size,
            "protocol": protocol,
        }
        return Judged(scores, samples, examples, source)

    def _score(self, networks: Networks) -> tuple[dict[str, float], dict]:
        recipe, judging = self.configs[0].recipe, {"extractors": self._judges(), "inception": self.inception}
        scores = {"frechet_classifier_running": self._with_running_statistics()}
        scores |= images.score(functools.partial(sample, networks), self.dataset, **judging)
        if "encoder" in networks.modules:
            scores |= images.reconstruction_scores(networks.reconstruct, self.dataset)
            real = self._test_images(ENCODED)
            fake = posterior_of_samples(networks, len(real), self.dataset, recipe.batch_size)
            scores |= latents.latent_scores(networks.posterior(real), fake)
        decoder = f"EMA {recipe.ema:g}" if recipe.ema else "as trained"
        return scores, images.protocol(self.dataset, **judging, decoder=decoder, batch_norm=MODE)

    def _with_running_statistics(self) -> float:
        """Return the Fréchet distance as it is without a new estimate: for comparison alone, it ranks nothing."""
        running = functools.partial(sample, self.trainer.shown(running=True))
        checks = (images.Check(self.dataset, each, k, images.LIMIT) for k, each in enumerate(self._judges()))
        return sum(check(running) for check in checks) / JUDGES

    def _judges(self) -> list[FeatureExtractor]:
        return judges(self.dataset, str(self.trainer.device))

    def _test_images(self, n: int) -> Tensor:
        return torch.from_numpy(self.dataset.test_images[:n].copy()) / 255.0


def _examples(networks: Networks, real: Tensor) -> dict[str, Tensor]:
    """Return what a figure shows beside samples: real images, their reconstructions, the way between four pairs."""
    if "encoder" not in networks.modules:
        return {"real": real}
    mu, _ = networks.posterior(real)
    made = {"reconstructed": networks.generate(mu, of_data=True)}
    if len(real) > 1:
        weights = torch.linspace(0.0, 1.0, 8)[:, None]
        ways = [torch.lerp(mu[2 * i], mu[2 * i + 1], weights) for i in range(min(4, len(mu) // 2))]
        made["interpolation"] = networks.generate(torch.cat(ways), of_data=True)
    return {"real": real} | {name: pictures.to_bytes(images) / 255.0 for name, images in made.items()}
