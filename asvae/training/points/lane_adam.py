"""PyTorch's Adam over stacked weights, one lane per run: a lane that is not finite stands still."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class LaneAdam:
    """Adam for weights ``(lanes, ...)``.

    On a CPU it is applied to every lane's slice, so that lane i moves as it would alone, bit for bit. On a GPU it is
    applied to the stack, without a word to the host: what a captured graph needs.

    Parameters
    ----------
    parameters : sequence of Parameter
        Stacked weights, ``(lanes, ...)`` each.
    lr : float
        The learning rate to begin with.
    betas : pair of float
        Decay of the two moments.
    sliced : bool, optional
        Whether to go lane by lane instead of over the stack; by default on a CPU alone.
    """

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        sliced: bool | None = None,
    ):
        self.weights = [p.detach() for p in parameters]
        cpu = self.weights[0].device.type == "cpu"
        self.sliced = cpu if sliced is None else sliced
        lanes = range(len(self.weights[0]))
        self._slices = [[w[lane] for w in self.weights] for lane in lanes] if self.sliced else [self.weights]
        rate = lr if self.sliced else torch.tensor(lr, device=self.weights[0].device)
        flat = [w for weights in self._slices for w in weights]
        self._adam = torch.optim.Adam(flat, lr=rate, betas=betas, fused=True, capturable=not cpu)

    def rate(self, lr: float) -> None:
        """Set the learning rate."""
        group = self._adam.param_groups[0]
        if self.sliced:
            group["lr"] = lr
        else:
            group["lr"].fill_(lr)

    def step(self, grads: Sequence[Tensor], finite: Tensor) -> None:
        """Move every lane whose entry of ``finite``, ``(lanes,)`` on the weights' device, is true."""
        # The fused Adam takes a gradient of other strides than its weight without complaint, and wrongly.
        grads = [g.contiguous() for g in grads]
        if self.sliced:
            for lane, (weights, moves) in enumerate(zip(self._slices, finite.tolist(), strict=True)):
                for weight, grad in zip(weights, grads, strict=True):
                    weight.grad = grad[lane] if moves else None
            self._adam.step()
            return
        before = [w.clone() for w in self.weights]
        for weight, grad in zip(self.weights, grads, strict=True):
            weight.grad = grad
        self._adam.step()
        for weight, old in zip(self.weights, before, strict=True):
            weight.copy_(torch.where(finite.view(-1, *[1] * (weight.ndim - 1)), weight, old))

    def state(self) -> dict[str, Tensor]:
        """Return Adam's moments and step counts, stacked over lanes: ``"<weight>.<name>"``."""
        kept = {}
        for i, weight in enumerate(self.weights):
            for name in ("exp_avg", "exp_avg_sq"):
                kept[f"{i}.{name}"] = self._gather(i, name, torch.zeros_like(weight))
            kept[f"{i}.step"] = self._gather(i, "step", weight.new_zeros(len(weight), dtype=torch.float32))
        return kept

    def _gather(self, i: int, name: str, empty: Tensor) -> Tensor:
        states = [self._adam.state.get(weights[i], {}) for weights in self._slices]
        if not self.sliced:
            value = states[0].get(name, empty)
            return value.expand_as(empty).cpu() if name == "step" else value.cpu()
        return torch.stack([state.get(name, blank) for state, blank in zip(states, empty, strict=True)])

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take what :meth:`state` gave."""
        for i, stacked in enumerate(self.weights):
            moments = {name: state[f"{i}.{name}"] for name in ("step", "exp_avg", "exp_avg_sq")}
            if not self.sliced:
                moments["step"] = moments["step"].max()
            for lane, weights in enumerate(self._slices):
                own = {name: value[lane] for name, value in moments.items()} if self.sliced else moments
                self._adam.state[weights[i]] = {name: value.to(stacked.device).clone() for name, value in own.items()}
