"""Base class of every objective's hyper-parameters, and the hyper-parameters of several lanes as tensors."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from asvae import schedules
from asvae.checks import option, validate_fields


@dataclass(frozen=True)
class Hyperparameters:
    """Base of every objective's hyper-parameters: a frozen dataclass whose fields are checked when it is made.

    Numbers (``float`` fields) may differ between the lanes of a stack; of the other fields only those declared with
    ``option(..., per_lane=True)`` may.
    """

    clock: ClassVar[str] = "adversarial"
    """What the progress of training is a share of: the phase after the warm-up, or with ``"run"`` the whole run."""

    def __post_init__(self):
        validate_fields(self)

    @property
    def c(self) -> schedules.Schedule:
        """The weight of KL against AS-distance over the adversarial phase; 1 where there is no AS-distance."""
        return schedules.constant(1.0)

    @property
    def anneals(self) -> bool:
        """Whether the AS-distance ever has weight."""
        return False

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values that all lanes of a stack must share."""
        return tuple(getattr(self, field.name) for field in dataclasses.fields(self) if not _per_lane(field))

    def pair_matrices(self, latent_dim: int) -> int:
        """Return how many B × B matrices a step holds in memory at once, which limits the number of lanes."""
        return 0


@dataclass(frozen=True)
class Weights(Hyperparameters):
    """Weights of the two terms of the ELBO, which every method with an encoder has."""

    beta_kl: float = option(0.1, low=0.0)
    """Weight of KL(x); in IntroVAE of all the encoder's KL terms, in the soft family of decoder divergences too."""
    beta_rec: float = option(0.2, low=0.0)
    """Weight of the squared reconstruction error."""


def _per_lane(field: dataclasses.Field) -> bool:
    return field.type is float or field.metadata.get("per_lane", False)


class StackedHyperparameters:
    """Hyper-parameters of several lanes: numbers as tensors ``(lanes,)``, choices as the one value that all share."""

    def __init__(self, lanes: Sequence[Hyperparameters], device: torch.device, dtype: torch.dtype):
        self._schedules = [hp.c for hp in lanes]
        self.anneals = lanes[0].anneals
        self._c, self._at = torch.ones(len(lanes), device=device, dtype=dtype), None
        for field in dataclasses.fields(lanes[0]):
            values = [getattr(hp, field.name) for hp in lanes]
            if field.type is float:
                setattr(self, field.name, torch.tensor(values, dtype=dtype, device=device))
            elif not _per_lane(field):
                setattr(self, field.name, values[0])

    def c(self, progress: float) -> Tensor:
        """Return the weight of KL against AS-distance, ``(lanes,)``."""
        # Always the same tensor: a captured CUDA graph reads it at its address.
        if progress != self._at:
            weights = torch.tensor([schedule(progress) for schedule in self._schedules], dtype=self._c.dtype)
            pinned = weights.pin_memory() if self._c.device.type == "cuda" else weights
            self._c.copy_(pinned, non_blocking=True)
            self._at = progress
        return self._c
