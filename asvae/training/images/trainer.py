"""The step for images: one run on one device or several, on Lightning Fabric, from the objectives that lanes train.

Every process draws the whole batch's noise from (seed, step) and keeps its share, gradients are averaged in one
reduction, and the AS-distance sees the latents of all: several processes take the step that one would take.
Modules stay unwrapped: DDP's hooks miss gradients that ``torch.autograd.grad`` returns, without a word.
"""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
import torch
import torch._functorch.config
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from asvae import draws, objectives
from asvae.checks import refuse
from asvae.config import RunConfig
from asvae.datasets.images import ImageDataset
from asvae.networks import Networks
from asvae.networks.base import copied
from asvae.objectives import Loss, Objective, Player, play
from asvae.objectives.base import drawn_as
from asvae.objectives.hyperparameters import StackedHyperparameters
from asvae.training.images.distributed import gather, mean
from asvae.training.images.machinery import Machinery
from asvae.training.images.statistics import estimate_statistics
from asvae.training.run import Divergence
from asvae.training.stepper import under

RESIDENT = 0.5
"""Share of a GPU's free memory that the data set may take to lie there whole."""

PIECE = 1_024
"""Images that go there at once, so that the host never holds them all."""


class Trainer:
    """Networks, optimisers and data of one image run, advanced one step at a time.

    Parameters
    ----------
    config : RunConfig
        The run, on an image data set.
    device : str
        A torch device. Under ``torchrun``, ``"cuda"`` is each process's own.
    machinery : Machinery, optional
        How it is computed.
    dtype : torch.dtype
        Of weights, data and noise; float64 is for comparing numerics.
    """

    def __init__(
        self,
        config: RunConfig,
        device: str = "cpu",
        machinery: Machinery | None = None,
        dtype: torch.dtype = torch.float32,
    ):
        self.config, self.recipe, self.dtype = config, config.recipe, dtype
        self.machinery = (machinery or Machinery()).on(device)
        self.fabric = self.machinery.fabric(device)
        self.dataset: ImageDataset = config.data(self.machinery.data_root)
        self.dataset.steps_per_epoch(self.recipe.batch_size)
        self.device, world = self.fabric.device, self.fabric.world_size
        if self.recipe.batch_size % world:
            refuse("batch_size", self.recipe.batch_size, f"a multiple of {world}, one share for every process")
        share = self.recipe.batch_size // world
        self._rows = slice(self.fabric.global_rank * share, (self.fabric.global_rank + 1) * share)
        self.objective = objectives.get(config.objective)
        self.hyperparameters = StackedHyperparameters([config.hyperparameters], self.device, dtype)
        self.networks = self._place(config.networks())
        self._adams = {
            name: torch.optim.Adam(module.parameters(), lr=self.recipe.learning_rate, betas=self.objective.betas)
            for name, module in self.networks.modules.items()
        }
        self.ema = None
        if self.recipe.ema:
            average = get_ema_multi_avg_fn(self.recipe.ema)
            self.ema = AveragedModel(self.networks.modules["decoder"], multi_avg_fn=average, use_buffers=True)
        self.divergence: Divergence | None = None
        self._pixels = self._resident()

    def _place(self, networks: Networks) -> Networks:
        layout = torch.channels_last if self.machinery.channels_last else torch.contiguous_format
        several = self.fabric.world_size > 1
        for name, module in networks.modules.items():
            if several and self.device.type == "cuda":
                module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
            networks.modules[name] = module.to(self.device, self.dtype, memory_format=layout)
            # A compiled graph cannot be differentiated twice, as the critic's penalty needs.
            if self.machinery.compiled and name != "critic":
                # The decoder's turn goes through the graph of the encoder's once more.
                torch._functorch.config.donated_buffer = False
                module.compile()
        joined = gather if several else networks.gather
        return dataclasses.replace(networks, autocast=self.fabric.autocast, gather=joined)

    def _resident(self) -> Tensor | None:
        """Return the images on the GPU if they fit there, else ``None``: then every batch travels."""
        if self.device.type != "cuda":
            return None
        free = torch.cuda.mem_get_info(self.device)[0]
        images = self.dataset.images
        if images.nbytes >= RESIDENT * free:
            return None
        pixels = torch.empty(images.shape, dtype=torch.uint8, device=self.device)
        for part in range(0, len(images), PIECE):
            pixels[part : part + PIECE] = torch.from_numpy(np.array(images[part : part + PIECE])).to(self.device)
        return pixels

    def step(self, step: int) -> dict[str, Tensor]:
        """Let every player of ``step`` move; return the terms, one number each, of this process's share.

        A loss or gradient that is not finite sets :attr:`divergence` before its player moves.
        """
        objective, progress = self.config.phase(step), self.config.progress(step)
        self.hyperparameters.c(progress)
        for adam in self._adams.values():
            adam.param_groups[0]["lr"] = self.recipe.rate(step)
        inputs = functools.cache(functools.partial(self._draw, objective, step))
        move = functools.partial(self._update, step)
        terms = play(objective, self.networks, inputs, self.hyperparameters, progress, move)
        if self.divergence is None:
            self._share_statistics()
            if self.ema is not None:
                self.ema.update_parameters(self.networks.modules["decoder"])
        return terms

    def _draw(self, objective: Objective, step: int, r: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return this process's share of the batch and noise of a player's move number r in ``step``."""
        size, seed, shape = self.recipe.batch_size, self.config.seed, (self.recipe.batch_size, self.recipe.latent_dim)
        noise = {name: draws.normal(seed, step, drawn_as(name, r), shape) for name in objective.draws}
        noise |= {name: draws.uniform(seed, step, drawn_as(name, r), (size,)) for name in objective.mixes}
        x = self.batch(step * objective.batches(self.hyperparameters) + r)
        return x, {name: value[self._rows].to(self.device, self.dtype) for name, value in noise.items()}

    def batch(self, at: int) -> Tensor:
        """Return this process's share of batch number ``at``, ``(b, C, H, W)`` in [0, 1]."""
        size, seed = self.recipe.batch_size, self.config.seed
        rows = self.dataset.indices(size, seed, at)[self._rows]
        mirrored = torch.from_numpy(self.dataset.mirrored(size, seed, at)[self._rows]).to(self.device)
        if self._pixels is not None:
            x = self._pixels[torch.from_numpy(rows).to(self.device)]
        else:
            x = torch.from_numpy(self.dataset.images[rows]).to(self.device)
        x = x.to(self.dtype) / 255.0
        x = torch.where(mirrored[:, None, None, None], x.flip(-1), x)
        return x.contiguous(memory_format=torch.channels_last) if self.machinery.channels_last else x

    def _update(self, step: int, player: Player, loss: Loss) -> bool:
        flat = [parameter for name in player.networks for parameter in self.networks.parameters(name)]
        grads = torch.autograd.grad(loss.value.sum(), flat, retain_graph=bool(loss.shared), materialize_grads=True)
        value, grads = self._averaged(loss.value.detach().sum(), grads)
        norm = nn.utils.get_total_norm([value, *grads])
        if not norm.isfinite():
            self.divergence = Divergence(step, player.name, _first_broken(loss, value))
            return False
        if self.recipe.clip:
            scale = (self.recipe.clip / nn.utils.get_total_norm(grads)).clamp(max=1.0)
            grads = [grad * scale for grad in grads]
        for parameter, grad in zip(flat, grads, strict=True):
            parameter.grad = grad
        for name in player.networks:
            self._adams[name].step()
            self._adams[name].zero_grad()
        return True

    def _averaged(self, value: Tensor, grads: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return the loss and its gradients averaged over all processes, in one reduction."""
        if self.fabric.world_size == 1:
            return value, list(grads)
        flat = torch.cat([value.reshape(1), *(grad.flatten() for grad in grads)])
        value, *parts = mean(flat).split([1, *(grad.numel() for grad in grads)])
        return value.squeeze(), [part.view_as(grad) for part, grad in zip(parts, grads, strict=True)]

    def _share_statistics(self) -> None:
        """Average BatchNorm's running statistics where it is not synchronised, so that all processes keep one model."""
        if self.fabric.world_size == 1 or self.device.type == "cuda":
            return
        buffers = (buffer for module in self.networks.modules.values() for buffer in module.buffers())
        for buffer in filter(torch.is_floating_point, buffers):
            mean(buffer)

    def shown(self, *, running: bool = False) -> Networks:
        """Return networks to evaluate: the averaged decoder, BatchNorm's statistics estimated again or as they ran.

        They are copies, on this trainer's device; every process has its own and may use them alone.
        """
        averaged = {} if self.ema is None else {"decoder": self.ema.module}
        current = dataclasses.replace(self.networks, modules=self.networks.modules | averaged)
        networks = dataclasses.replace(self.config.networks(), autocast=self.fabric.autocast)
        for module in networks.modules.values():
            module.to(self.device, self.dtype)
        networks.load_state(current.state())
        if not running:
            estimate_statistics(networks, self.dataset, self.recipe.batch_size)
        networks.evaluate()
        return networks

    def state(self) -> dict[str, Tensor]:
        """Return copies on the CPU of what a resumed run needs beside its step: weights, moments, average."""
        kept = {f"network.{key}": value for key, value in self.networks.state().items()}
        for name, adam in self._adams.items():
            for i, moments in adam.state_dict()["state"].items():
                kept |= {f"adam.{name}.{i}.{key}": value for key, value in moments.items()}
        if self.ema is not None:
            kept |= {f"ema.{key}": value for key, value in self.ema.state_dict().items()}
        return copied(kept)

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take what :meth:`state` gave; anything missing, unknown or misshapen raises ``RuntimeError``."""
        prefixes = ("network.", "adam.", "ema.")
        network, moments, average = (under(state, prefix) for prefix in prefixes)
        if unknown := [key for key in state if not key.startswith(prefixes)]:
            raise RuntimeError(f"unknown in a trainer's state: {unknown[0]}")
        self.networks.load_state(network)
        self._check_moments({key: value.shape for key, value in moments.items()})
        for name, adam in self._adams.items():
            own = {i: under(moments, f"{name}.{i}.") for i in range(len(self.networks.parameters(name)))}
            adam.load_state_dict(adam.state_dict() | {"state": own if moments else {}})
        if self.ema is not None:
            self.ema.load_state_dict(average)
        elif average:
            raise RuntimeError("an average of the decoder's weights, which this run does not keep")

    def _check_moments(self, shapes: dict[str, torch.Size]) -> None:
        """Refuse moments that are not this run's: Adam takes any, and begins anew with those that are missing."""
        expected = {
            f"{name}.{i}.{moment}": torch.Size() if moment == "step" else parameter.shape
            for name in self._adams
            for i, parameter in enumerate(self.networks.parameters(name))
            for moment in ("step", "exp_avg", "exp_avg_sq")
        }
        # Before the first step there are none.
        if shapes and shapes != expected:
            wrong = sorted(set(shapes.items()) ^ set(expected.items()))
            raise RuntimeError(f"Adam's moments are missing, unknown or misshapen: {wrong[0][0]}")


def _first_broken(loss: Loss, value: Tensor) -> str:
    broken = [name for name, term in loss.terms.items() if not term.isfinite().all()]
    return broken[0] if broken else "loss" if not value.isfinite() else "gradient"
