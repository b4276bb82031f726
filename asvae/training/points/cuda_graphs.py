"""A stack's step on a GPU: captured once, replayed without the host, its draws made ahead by threads."""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from asvae.training.points.lanes import Lanes

EAGER_STEPS = 3
"""Steps of each phase made one by one before it is captured: libraries and Adam set themselves up in these."""


class DrawAhead:
    """The draws of coming steps, made by threads while the device works: NumPy releases the interpreter's lock."""

    def __init__(self, draw: Callable[[int], dict[str, Tensor]], last: int):
        self._pool = ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 2) - 1))
        self._draw, self._last = draw, last
        self._futures: deque[tuple[int, Future]] = deque()
        self._ahead = 2 * (os.cpu_count() or 2)

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Return the draws of ``step``; steps are asked for in order."""
        following = self._futures[-1][0] + 1 if self._futures else step
        for each in range(following, min(step + self._ahead, self._last)):
            self._futures.append((each, self._pool.submit(self._draw, each)))
        at, future = self._futures.popleft()
        if at != step:
            raise RuntimeError(f"draws of step {at} were next, not those of {step}")
        return future.result()

    def close(self) -> None:
        """Drop the draws that nobody will ask for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._futures.clear()


class CapturedSteps:
    """Makes the steps of a stack that lives on a CUDA device, as :meth:`asvae.training.points.lanes.Lanes.step` would.

    Warm-up and what follows are one graph each. A replay reads its draws, learning rate and c from tensors that are
    filled before it, and nothing waits for the device until somebody reads a term.
    """

    def __init__(self, lanes: Lanes):
        self.lanes, self._stream = lanes, torch.cuda.Stream(lanes.device)
        self._draws = DrawAhead(self._pinned, lanes.recipe.steps)
        self._eager = {True: 0, False: 0}
        self._graphs: dict[bool, tuple[torch.cuda.CUDAGraph, dict[str, Tensor], dict[str, Tensor]]] = {}

    def _pinned(self, step: int) -> dict[str, Tensor]:
        return {name: value.pin_memory() for name, value in self.lanes.draw(step).items()}

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Make ``step`` and return its terms, ``(lanes,)`` each; a later step overwrites them."""
        with torch.cuda.device(self.lanes.device):
            return self._make(step)

    def _make(self, step: int) -> dict[str, Tensor]:
        drawn, warm = self._draws(step), step < self.lanes.warmup
        self.lanes.set_clock(step)
        if warm not in self._graphs and self._eager[warm] < EAGER_STEPS:
            self._eager[warm] += 1
            self._stream.wait_stream(torch.cuda.current_stream(self.lanes.device))
            with torch.cuda.stream(self._stream):
                terms = self.lanes.advance(step, {k: v.to(self.lanes.device) for k, v in drawn.items()})
            torch.cuda.current_stream(self.lanes.device).wait_stream(self._stream)
            return terms
        if warm not in self._graphs:
            inputs, graph = {k: v.to(self.lanes.device) for k, v in drawn.items()}, torch.cuda.CUDAGraph()
            # Other threads pin memory meanwhile, which a capture of the default mode would not survive.
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                terms = self.lanes.advance(step, inputs)
            self._graphs[warm] = graph, inputs, terms
        graph, inputs, terms = self._graphs[warm]
        for name, value in drawn.items():
            inputs[name].copy_(value, non_blocking=True)
        graph.replay()
        return terms

    def close(self) -> None:
        """Stop drawing ahead, and give the graphs' memory back."""
        self._draws.close()
        self._graphs.clear()
