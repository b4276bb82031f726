"""Times in words: how long something takes, and how much work it is."""

from collections.abc import Mapping


def duration(seconds: float, least: float = 2.0) -> str:
    """Return a time in the largest unit of which there are at least ``least``: hours, minutes, else seconds."""
    if seconds >= 3600 * least:
        return f"{_few(seconds / 3600)} h"
    return f"{seconds / 60:.0f} min" if seconds >= 60 * least else f"{seconds:.0f} s"


def work(hours: Mapping[str, float]) -> str:
    """Return hours by what spends them, such as ``"3.0 core-h and 26 GPU-h"``; nothing where there are none."""
    return " and ".join(
        f"{_few(amount)} {unit}-h" if amount >= 0.1 else f"under 0.1 {unit}-h" for unit, amount in hours.items()
    )


def _few(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.1f}"
