"""How an image run is computed: precision, memory layout, compilation, devices. It is no part of what is trained."""

import dataclasses
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from asvae.checks import boolean, folder, integer, one_of
from asvae.cpu import computes_bfloat16
from asvae.training.images.distributed import of_environment

if TYPE_CHECKING:
    from lightning_fabric import Fabric

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Machinery:
    """How an image run is computed: it changes speed and rounding alone.

    Raises
    ------
    InvalidArgumentError
        If a value has the wrong type or is impossible, such as more threads than cores.
    """

    data_root: str | None = None
    """The folder of the data set's files; by default ``data/images``."""
    precision: str | None = None
    """``"float32"``, or ``"bfloat16"`` for the networks' passes (losses are float32); by default bfloat16 on a GPU and
    on a CPU with instructions for it."""
    channels_last: bool = True
    """Memory layout of images; the other one is slower on a GPU and on a CPU."""
    compiled: bool = False
    """``torch.compile`` the networks: minutes first, faster then on a GPU, no gain on a CPU."""
    threads: int = 1
    """Of a run on a CPU: several pay for large images only, and runs side by side use the cores better."""
    inception: str | None = None
    """The file of the Inception weights for FID and KID; without it, neither is computed."""
    alone: bool = False
    """Whether this process computes by itself, also where ``torchrun`` started several."""

    def __post_init__(self):
        if self.precision is not None:
            one_of("precision", self.precision, PRECISIONS)
        # More threads than cores only wait for each other; very many end the process without a word.
        integer("threads", self.threads, 1, os.cpu_count())
        for name in ("channels_last", "compiled", "alone"):
            boolean(name, getattr(self, name))
        for name in ("data_root", "inception"):
            if getattr(self, name) is not None:
                folder(name, getattr(self, name))

    def on(self, device: str) -> "Machinery":
        """Return it with the defaults of ``device`` filled in."""
        short = torch.device(device).type == "cuda" or computes_bfloat16()
        return dataclasses.replace(self, precision=self.precision or ("bfloat16" if short else "float32"))

    @property
    def processes(self) -> int:
        """How many processes train a run together: those that ``torchrun`` started."""
        return 1 if self.alone else of_environment("WORLD_SIZE", 1)

    def fabric(self, device: str) -> "Fabric":
        """Return a launched Fabric: of this process alone, or of all that ``torchrun`` started."""
        # Seconds to import, and runs on points need neither.
        from lightning_fabric import Fabric
        from lightning_fabric.plugins import MixedPrecision, Precision

        kind, world = torch.device(device), self.processes
        local = 1 if self.alone else of_environment("LOCAL_WORLD_SIZE", world)
        # Made here, as Fabric announces a precision that it is given by name, each time.
        mixed = self.on(device).precision == "bfloat16"
        precision = MixedPrecision("bf16-mixed", kind.type) if mixed else Precision()
        alone = [kind.index or 0] if kind.type == "cuda" else 1
        fabric = Fabric(
            accelerator=kind.type,
            devices=alone if world == 1 else local,
            num_nodes=world // local,
            strategy="auto" if world == 1 else "ddp",
            plugins=precision,
        )
        fabric.launch()
        return fabric
