"""What a run is expected to cost, against counting by hand."""

import pytest

from asvae import RunConfig
from asvae_book.chapters.cost import CORE_FLOPS, estimate


def test_the_cost_counts_operations_by_hand():
    config = RunConfig("vae", "digits", channels=(2,), latent_dim=3, batch_size=4, width=1.0)
    sides = {16: 0, 8: 0}
    # Encoder: 5×5 convolution at 16, one block of two 3×3 at 8, linear. Decoder: back the same way, its 5×5 last.
    # The decoder's 3×3 that follows the enlargement is a 4×4 of the small image.
    sides[16] += 2 * 25 * 2 + 2 * (2 * 2 * 9)
    sides[8] += 2 * (2 * 2 * 9 * 2) * 2 + 2 * (2 * 2 * 16)
    forward = sum(flops * side * side for side, flops in sides.items()) + 2 * 128 * 6 + 2 * 3 * 128
    first = 2 * 25 * 2 * 256
    # Backward is twice the forward pass, but nobody asks for the gradient of the data; the decoder's last 5×5 counts.
    sides_last = 2 * 25 * 2 * 256
    cost = estimate(config)
    assert cost.core_hours * 3600 * CORE_FLOPS == pytest.approx(cost.flops * config.steps)
    assert cost.flops == 4 * (3 * (forward + sides_last) - first)
