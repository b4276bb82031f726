"""Points that a run reconstructed are part of its committed result."""

import pytest

from asvae.store.results import from_record, record


def test_points_that_were_reconstructed_are_kept(run):
    again = from_record(record(run))["pictures"]["reconstructed"]
    assert again.shape == (500, 2)
    assert again.numpy() == pytest.approx(run.pictures["reconstructed"].numpy(), abs=1e-6)
