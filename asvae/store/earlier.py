"""What earlier versions wrote, in today's names."""

from typing import Any

from asvae.config import RunConfig

RENAMED = {"squares_covered": "modes_covered"}
"""Scores that were called otherwise."""

_UNSAID = {
    "as-introvae": {"clock": "adversarial", "kernel_constant": False},
}
"""Objective → options that came later, with the value that was the only one before."""


def config_of(record: dict[str, Any]) -> RunConfig:
    """Return the configuration in a result's record, which any version may have written."""
    written = record["config"]
    today = _UNSAID.get(written["objective"], {}) | written
    if today.get("schedule") == "annealed":
        today["schedule"] = "tanh"
    if "squash" in today:
        both = today.pop("squash")
        today |= {key: both or today.get(key, False) for key in ("squash_distance", "squash_kl")}
    return RunConfig(**today)
