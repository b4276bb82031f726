"""Needs and results without a trace of any method, and a folder for plans."""

import pytest

from asvae_book.workflow import jobs, plan
from asvae_book.workflow.needs import needs


@pytest.fixture(autouse=True)
def numerics(monkeypatch):
    """Let every method have numerics of its own, without tracing them."""
    names = {}
    monkeypatch.setattr(jobs, "fingerprint", lambda objective, dataset: names.get(objective, "0" * 12))
    return names


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Let plans and what is done lie in a folder of their own."""
    monkeypatch.setattr(plan, "FOLDER", tmp_path / "workflow")


@pytest.fixture
def every():
    return needs(())
