"""Options that several commands share."""

import json
from typing import Annotated, Any

import typer

from asvae import schedules
from asvae.checks import refuse

_OWN = ("objective", "dataset", "scale", "seed", "steps")
_TAKEN = ("self", "seeds", "labels")
"""No hyper-parameters, but names of what takes these."""

Device = Annotated[str, typer.Option(help='"cpu", or "cuda" where torch finds one.')]
Dataset = Annotated[str, typer.Option(help="Data set.")]
Scale = Annotated[
    str,
    typer.Option(
        help='"quick": minutes on a laptop; "reduced": minutes per run on points; on mnist, cifar10 and celeba64 '
        'half an hour to two hours on one core; "paper": the published settings.'
    ),
]
Steps = Annotated[int | None, typer.Option(help="Optimisation steps, instead of the scale's own.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A hyper-parameter, such as beta_neg=0.5; may be repeated."),
]
DataRoot = Annotated[str | None, typer.Option(help="Folder of the data set's files; by default data/images.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Train anew even what is stored.")]


def settings_of(settings: list[str] | None) -> dict[str, Any]:
    """Return ``NAME=VALUE`` arguments as hyper-parameters."""
    found = {}
    for each in settings or ():
        name, equals, value = each.partition("=")
        if not (name and equals) or name in _OWN:
            refuse("--set", each, f"NAME=VALUE, and for {', '.join(_OWN)} their own options")
        if name in _TAKEN:
            refuse("--set", each, "NAME=VALUE of a hyper-parameter")
        try:
            found[name] = json.loads(value)
        except (ValueError, RecursionError):
            found[name] = {"True": True, "False": False}.get(value, value)
    shape = found.get("schedule")
    if "rate" in found and shape in schedules.names():
        slow, fast = (schedules.get(shape, rate)(0.1) for rate in (1.0, 2.0))
        if slow == fast:
            refuse("--set", f"rate={found['rate']}", f"nothing beside schedule={shape}, which has no rate")
    return found
