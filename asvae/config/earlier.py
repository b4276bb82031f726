"""Configurations as earlier versions wrote them, with what they left unsaid."""

from typing import Any

_UNSAID = {
    "as-introvae": {"clock": "adversarial", "kernel_constant": False},
}
"""Objective → options that came later, with the value that was the only one before."""


def as_today(values: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a :class:`~asvae.RunConfig` written by any version in today's names."""
    today = _UNSAID.get(values["objective"], {}) | values
    if today.get("schedule") == "annealed":
        today["schedule"] = "tanh"
    if "squash" in today:
        both = today.pop("squash")
        today |= {key: both or today.get(key, False) for key in ("squash_distance", "squash_kl")}
    return today
