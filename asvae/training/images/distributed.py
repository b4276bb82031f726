"""Several processes that train one run: who writes, and one batch out of every process's share."""

import os

import torch
from torch import Tensor
from torch import distributed as dist

from asvae.checks import refuse


class _Gather(torch.autograd.Function):
    """All-gather whose gradient is the sum over processes of what each wants of this process's rows.

    Every process computes the same whole-batch value, so that averaging the weights' gradients over processes, as the
    trainer does, gives the gradient of the one value.
    """

    @staticmethod
    def forward(ctx, share):
        shares = [torch.empty_like(share) for _ in range(dist.get_world_size())]
        dist.all_gather(shares, share.contiguous())
        return torch.cat(shares)

    @staticmethod
    def backward(ctx, upstream):
        summed = upstream.contiguous().clone()
        dist.all_reduce(summed)
        return summed.chunk(dist.get_world_size())[dist.get_rank()]


def gather(share: Tensor) -> Tensor:
    """Return the rows of all processes, ``(B, D)``, from this one's ``(B / processes, D)``; differentiable."""
    return _Gather.apply(share)


def mean(values: Tensor) -> Tensor:
    """Return the mean of ``values`` over all processes, in place; without the barrier that Fabric puts before it."""
    dist.all_reduce(values)
    return values.div_(dist.get_world_size())


def is_main_process() -> bool:
    """Whether this process is the one that shows progress and writes files: of several by ``torchrun``, the first."""
    return of_environment("RANK", 0) == 0


def of_environment(name: str, default: int) -> int:
    """Return a whole number that ``torchrun`` sets, ``default`` where it did not.

    Raises
    ------
    InvalidArgumentError
        If it is none, a size is 0, or a rank is not below the number of processes.
    """
    value = os.environ.get(name, str(default))
    if not (value.isdecimal() and value.isascii()) or len(value) > 9 or int(value) < (name != "RANK"):
        refuse(name, value[:20], "a whole number, as torchrun sets it, or no such variable")
    if name == "RANK" and int(value) >= (size := of_environment("WORLD_SIZE", 1)):
        refuse(name, value, f"a number below WORLD_SIZE, {size}, as torchrun sets it, or no such variable")
    if name == "WORLD_SIZE" and int(value) > 1 and "MASTER_ADDR" not in os.environ:
        refuse(name, value, "1, or no such variable, where torchrun has not set MASTER_ADDR")
    return int(value)
