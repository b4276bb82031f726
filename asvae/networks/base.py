"""What the objectives see of a run's networks, which know nothing of losses."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from math import prod

import torch
from torch import Tensor, nn
from torch.func import functional_call

from asvae.checks import InvalidArgumentError

PASS = 2**20
"""Entries of one batch (B·C·H·W) in a forward pass without gradients: bounds the memory of sampling and encoding."""

_OF_DATA = "of_data."


class GaussianEncoder(nn.Module):
    """A body whose output is split into the mean and log-variance of q(z|x).

    Parameters
    ----------
    body : Module
        Maps samples to ``(..., B, 2 D)``.
    limit : float
        Bound of the absolute log-variance; 0: none.
    """

    def __init__(self, body: nn.Module, limit: float = 0.0):
        super().__init__()
        self.body, self.limit = body, limit

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map samples to ``mu`` and ``logvar``, ``(..., B, D)`` each."""
        mu, logvar = self.body(x).chunk(2, dim=-1)
        return mu, logvar.clamp(-self.limit, self.limit) if self.limit else logvar


def _same(value: Tensor) -> Tensor:
    return value


def _wide(value: Tensor) -> Tensor:
    """Return 16-bit outputs as float32: losses sum many terms and take small differences of large ones."""
    return value.float() if value.dtype in (torch.bfloat16, torch.float16) else value


def copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return copies of a state's entries on the CPU, each contiguous."""
    return {k: v.detach().cpu().clone(memory_format=torch.contiguous_format) for k, v in state.items()}


@dataclass(frozen=True)
class Networks:
    """The networks of a run (or of a stack of lanes), as the objectives see them."""

    modules: dict[str, nn.Module]
    """``"encoder"`` and ``"decoder"``, or ``"critic"`` and ``"decoder"``, which is then called the generator."""
    shape: tuple[int, ...]
    """Shape of one sample."""
    latent_dim: int
    stacked: bool = True
    """Whether weights have a leading lane axis. Networks for images have none; they have BatchNorm, so that two batches
    must not share a forward pass."""
    autocast: Callable[[], AbstractContextManager] = nullcontext
    """Makes the context that sets the precision of a forward pass; outputs are float32 at least."""
    gather: Callable[[Tensor], Tensor] = _same
    """Joins the batches ``(B, D)`` of all processes into one, differentiably: for statistics of the whole batch."""
    of_data: dict[str, Tensor] = field(default_factory=dict)
    """BatchNorm's statistics of the decoder for latents of data; empty while a run trains, and without BatchNorm."""

    @property
    def event_dims(self) -> int:
        """How many trailing axes make one sample."""
        return len(self.shape)

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of the weights."""
        return next(self.modules["decoder"].parameters()).dtype

    @property
    def device(self) -> torch.device:
        """Device that holds the weights."""
        return next(self.modules["decoder"].parameters()).device

    @property
    def normaliser(self) -> float:
        """The papers' s: 1 / (entries of a sample), ½ for points and 1/(C·H·W) for images."""
        return 1.0 / prod(self.shape)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``mu`` and ``logvar`` of q(z|x), ``(..., B, D)`` each."""
        with self.autocast():
            mu, logvar = self.modules["encoder"](x)
        return _wide(mu), _wide(logvar)

    def decode(self, z: Tensor) -> Tensor:
        """Return samples ``(..., B, *shape)`` of latents ``(..., B, D)``."""
        with self.autocast():
            return _wide(self.modules["decoder"](z))

    def criticise(self, x: Tensor) -> Tensor:
        """Return the critic's scores ``(..., B)`` of samples."""
        with self.autocast():
            return _wide(self.modules["critic"](x)).squeeze(-1)

    def encode_each(self, *batches: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Encode several batches of one size, in a single pass where no BatchNorm would mix them."""
        if not self.stacked:
            return [self.encode(batch) for batch in batches]
        mu, logvar = self.encode(torch.cat(batches, dim=-1 - self.event_dims))
        n = len(batches)
        return list(zip(mu.chunk(n, dim=-2), logvar.chunk(n, dim=-2), strict=True))

    def decode_each(self, *latents: Tensor) -> list[Tensor]:
        """Decode several batches of latents of one size, in a single pass where no BatchNorm would mix them."""
        if not self.stacked:
            return [self.decode(batch) for batch in latents]
        x = self.decode(torch.cat(latents, dim=-2))
        return list(x.chunk(len(latents), dim=-1 - self.event_dims))

    @property
    def _pass(self) -> int:
        return max(1, min(256, PASS // prod(self.shape)))

    @torch.no_grad()
    def generate(self, z: Tensor, *, of_data: bool = False) -> Tensor:
        """Return samples ``(N, *shape)`` of latents ``(N, D)`` by a single run, on the CPU.

        With ``of_data`` the latents are those of data, not of the prior: BatchNorm has other statistics for them.
        """
        z, statistics = z.to(self.device, self.dtype), self.of_data if of_data else {}
        if self.stacked:
            return self.decode(z[None])[0].cpu()
        decoder = self.modules["decoder"]
        with self.autocast():
            return torch.cat([_wide(functional_call(decoder, statistics, p)).cpu() for p in z.split(self._pass)])

    @torch.no_grad()
    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``mu`` and ``logvar``, ``(N, D)`` each, of ``(N, *shape)`` samples by a single run, on the CPU.

        Raises
        ------
        InvalidArgumentError
            If the run has no encoder.
        """
        if "encoder" not in self.modules:
            raise InvalidArgumentError("encode: got a run without an encoder; allowed: a run of an objective with one.")
        x = x.to(self.device, self.dtype)
        if self.stacked:
            mu, logvar = self.encode(x[None])
            return mu[0].cpu(), logvar[0].cpu()
        mu, logvar = zip(*(self.encode(part) for part in x.split(self._pass)), strict=True)
        return torch.cat(mu).cpu(), torch.cat(logvar).cpu()

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return ``(N, *shape)`` samples through their posterior means, by a single run, on the CPU."""
        return self.generate(self.posterior(x)[0], of_data=True)

    def evaluate(self) -> None:
        """Let BatchNorm use its stored statistics, so that no sample depends on another."""
        for module in self.modules.values():
            module.eval()

    def parameters(self, name: str) -> list[nn.Parameter]:
        """Return the parameters of the network called ``name``."""
        return list(self.modules[name].parameters())

    def state(self) -> dict[str, Tensor]:
        """Return copies of all weights on the CPU, keyed ``network.parameter``, and of :attr:`of_data`."""
        return copied(nn.ModuleDict(self.modules).state_dict() | {_OF_DATA + k: v for k, v in self.of_data.items()})

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Load the weights that :meth:`state` returned; a missing, unknown or misshapen one raises ``RuntimeError``."""
        weights = {key: value for key, value in state.items() if not key.startswith(_OF_DATA)}
        nn.ModuleDict(self.modules).load_state_dict(weights)
        self.of_data.clear()
        self.of_data.update({k.removeprefix(_OF_DATA): v for k, v in state.items() if k not in weights})
