"""What a run on images would take, from its operations: an estimate for those who have not run it yet."""

from typing import NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from asvae import objectives
from asvae.config import RunConfig
from asvae.objectives import Loss, Player, play
from asvae.objectives.hyperparameters import StackedHyperparameters

aten = torch.ops.aten

H200_FLOPS = 989e12
"""Dense bfloat16 operations per second that NVIDIA's data sheet states for an H200 (half its figure with sparsity)."""

UTILISATION = 0.25
"""Share of it that is assumed: what well-kept convolutional training reaches."""

CORE_FLOPS = 50e9
"""Single-precision operations per second that are assumed of one CPU core with AVX2: steps were seen to reach from 30,
beside other work, to 80."""

LAUNCHES = 0.02
"""Seconds that a step takes at least: what its several thousand small operations cost to start."""

BATCH = 4
"""Images in the batch whose operations are counted; they are scaled to the run's batch size."""


class Cost(NamedTuple):
    """An estimate from operation counts, not a measurement."""

    flops: float
    """Floating-point operations of one step, of its convolutions and matrix products."""
    hours: float
    """Of all steps, on one H200 at :data:`UTILISATION`."""
    core_hours: float
    """Of all steps, on one CPU core at ``CORE_FLOPS``."""
    gibibytes: float
    """Memory of weights, moments and what a step keeps for its gradients, activations at two bytes an entry."""
    parameters: dict[str, int]
    """Of every network."""


def _batch_norm(x, *rest):
    return torch.empty_like(x), x.new_empty(x.shape[1]), x.new_empty(x.shape[1])


def _like(x, *rest):
    return torch.empty_like(x)


_UNCOUNTED = {
    aten.native_batch_norm.default: _batch_norm,
    aten.native_batch_norm_backward.default: lambda gradient, x, *rest: _batch_norm(x),
    aten.leaky_relu.default: _like,
    aten.leaky_relu_.default: lambda x, *rest: x,
    aten.leaky_relu_backward.default: _like,
    aten.add.Tensor: lambda x, y: _like(x) if y.shape == x.shape else x + y,
}
"""Operations that do not count, with their shapes, which take PyTorch most of the time of a step to derive."""


class _Count(TorchDispatchMode):
    """Adds up the floating-point operations of convolutions and matrix products.

    PyTorch's own ``FlopCounterMode`` also tracks modules, with hooks that a gradient inside a loss does not survive.
    """

    total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func in _UNCOUNTED and not kwargs:
            return _UNCOUNTED[func](*args)
        out = func(*args, **kwargs or {})
        if func._overloadpacket in flop_registry:
            self.total += flop_registry[func._overloadpacket](*args, **kwargs or {}, out_val=out)
        return out


def estimate(config: RunConfig) -> Cost:
    """Return what a run on images would take; nothing is trained, and no data are needed.

    A step is made with shapes alone (the ``meta`` device) on a batch of :data:`BATCH` and scaled to the batch size. The
    AS-distance, D·B² entries beside the networks' many more, is left out.
    """
    if config.hyperparameters.anneals:
        config = config.replace(schedule="kl-only")
    device = torch.device("meta")
    networks, recipe = config.networks(), config.recipe
    for module in networks.modules.values():
        module.to(device)
    objective = objectives.get(config.objective)
    hyperparameters = StackedHyperparameters([config.hyperparameters], device, torch.float32)
    x = torch.zeros(BATCH, *networks.shape, device=device)
    noise = {name: torch.zeros(BATCH, recipe.latent_dim, device=device) for name in objective.draws}
    noise |= {name: torch.zeros(BATCH, device=device) for name in objective.mixes}
    saved: dict[str, dict[int, torch.Tensor]] = {}
    latest: dict[int, torch.Tensor] = {}

    def remember(tensor: torch.Tensor) -> torch.Tensor:
        # Held, so that no two storages share an address: several operations save one tensor.
        latest[tensor.untyped_storage()._cdata] = tensor
        return tensor

    def move(player: Player, loss: Loss) -> bool:
        own = [p for name in player.networks for p in networks.parameters(name)]
        torch.autograd.grad(loss.value.sum(), own, retain_graph=bool(loss.shared), materialize_grads=True)
        # Of a player that moves several times one move counts: its graph is gone before the next.
        saved[player.name] = dict(latest)
        latest.clear()
        return True

    with _Count() as counter, torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
        play(objective, networks, lambda r: (x, noise), hyperparameters, 0.5, move)
    parameters = {name: sum(p.numel() for p in module.parameters()) for name, module in networks.modules.items()}
    weights = sum(parameters.values())
    scale = recipe.batch_size / BATCH
    activations = max(0, sum(each.numel() for kept in saved.values() for each in kept.values()) - weights) * scale * 2
    return Cost(
        flops=counter.total * scale,
        hours=max(LAUNCHES, counter.total * scale / (H200_FLOPS * UTILISATION)) * config.steps / 3600.0,
        core_hours=counter.total * scale / CORE_FLOPS * config.steps / 3600.0,
        gibibytes=(activations + 5 * 4 * weights) / 2**30,
        parameters=parameters,
    )
