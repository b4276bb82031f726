"""Bad input, answered in one sentence: the argument, what it got, what is allowed."""

import dataclasses
import difflib
import math
import numbers
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn


class InvalidArgumentError(ValueError):
    """An argument outside what is allowed; the message is one complete sentence, on one line."""

    def __init__(self, message: str):
        super().__init__(printable(message))

    def _render_traceback_(self) -> list[str]:
        # IPython asks for it: in a notebook the sentence stands alone.
        return [f"{type(self).__name__}: {self}"]


def printable(text: str) -> str:
    """Return ``text`` without what a terminal would obey: names of files may hold any character."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def refuse(argument: str, value: Any, allowed: str) -> NoReturn:
    """Raise :class:`InvalidArgumentError` with the one sentence every check ends in."""
    raise InvalidArgumentError(f"{argument}: got {value!r}; allowed: {allowed}.")


def one_of(argument: str, value: Any, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is one of the ``allowed`` strings."""
    names = list(allowed)
    if not isinstance(value, str) or value not in names:
        close = difflib.get_close_matches(str(value), names, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        refuse(argument, value, ", ".join(repr(name) for name in names) + hint)
    return value


def integer(argument: str, value: Any, low: int, high: int | None = None) -> int:
    """Return ``value`` as an ``int`` if it is a whole number in ``[low, high]``, and of 64 bits without ``high``."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    # Beyond, arithmetic with floats fails: a size must come as far as the check of what fits into memory.
    top = sys.maxsize if high is None else high
    if not whole or value < low or value > top:
        up = high is None and not (whole and value > top)
        refuse(argument, value, f"a whole number from {low}" + (" up" if up else f" to {top}"))
    return int(value)


def integers(argument: str, value: Any, low: int, high: int | None = None) -> tuple[int, ...]:
    """Return ``value`` as a tuple if it is a non-empty list of whole numbers in ``[low, high]``."""
    if not isinstance(value, list | tuple) or not value:
        refuse(argument, value, "a non-empty list of whole numbers")
    return tuple(integer(argument, each, low, high) for each in value)


def number(argument: str, value: Any, low: float, high: float = math.inf, open_low: bool = False) -> float:
    """Return ``value`` as a ``float`` if it is finite and in ``[low, high]`` (``(low, high]`` if ``open_low``)."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not abs(value) <= sys.float_info.max or value < low or value > high or (open_low and value == low):
        bound = f"{'above' if open_low else 'at least'} {low:g}"
        refuse(argument, value, f"a number {bound}" + (f" and at most {high:g}" if math.isfinite(high) else ""))
    return float(value)


def boolean(argument: str, value: Any) -> bool:
    """Return ``value`` if it is ``True`` or ``False``."""
    if not isinstance(value, bool):
        refuse(argument, value, "True or False")
    return value


def folder(argument: str, value: Any) -> Path:
    """Return ``value`` as a path if it may be one."""
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or "\0" in path:
        refuse(argument, value, "the path of a folder")
    return Path(path)


def subset(argument: str, value: Any, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return ``value`` as a tuple if it is a non-empty list of distinct ``allowed`` strings."""
    names = list(allowed)
    if not isinstance(value, list | tuple) or not value or len(set(map(str, value))) != len(value):
        refuse(argument, value, "a non-empty list without repeats of " + ", ".join(map(repr, names)))
    return tuple(one_of(argument, item, names) for item in value)


def need_tensors(**named: Any) -> list[tuple[int, ...]]:
    """Refuse what is no tensor to calculate with, by its name; return the shapes.

    All are dense, of floating-point numbers of at least 16 bits, and on one device.
    """
    import torch  # what only plans full runs imports this module without it

    kinds = torch.float16, torch.bfloat16, torch.float32, torch.float64
    for name, value in named.items():
        if not isinstance(value, torch.Tensor) or value.dtype not in kinds:
            got = f"a tensor of {value.dtype}" if isinstance(value, torch.Tensor) else type(value).__name__
            refuse(name, got, "a torch.Tensor of floating-point numbers of 16, 32 or 64 bits")
        if value.layout is not torch.strided or value.is_nested:
            refuse(name, f"a {'nested' if value.is_nested else value.layout} tensor", "a dense torch.Tensor")
    devices = dict.fromkeys(value.device for value in named.values())
    if len(devices) > 1:
        refuse(", ".join(named), ", ".join(map(str, devices)), "tensors on one device")
    return [tuple(value.shape) for value in named.values()]


def shares(argument: str, value: Any) -> None:
    """Refuse a tensor with numbers outside [0, 1], on a CPU: a GPU would have to wait for the answer."""
    if value.device.type == "cpu" and not ((value >= 0.0) & (value <= 1.0)).all():
        refuse(argument, f"{float(value.min()):g} to {float(value.max()):g}", "numbers from 0 to 1")


def function(argument: str, value: Any, of: str) -> None:
    """Refuse what cannot be called; ``of`` says with what it would be."""
    if not callable(value):
        refuse(argument, value, f"a function of {of}")


def known(argument: str, names: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse the first of ``names`` that is not ``allowed``; ``argument`` says what kind of name it is."""
    allowed = list(allowed)
    for name in names:
        if not allowed:
            refuse(f"unknown {argument}", name, "none")
        one_of(f"unknown {argument}", name, allowed)


def option(
    default: Any = dataclasses.MISSING,
    *,
    low: float | None = None,
    high: float = math.inf,
    open_low: bool = False,
    choices: Iterable[str] = (),
    check: Callable[[Any], object] | None = None,
    per_lane: bool = False,
    added: bool = False,
) -> Any:
    """Declare a dataclass field whose value :func:`validate_fields` can check.

    ``check`` is called with the value of a field that no type and no list of choices describes; it refuses a bad one.
    ``per_lane`` says that the lanes of a stack may differ in it although it is no number.
    ``added`` marks a field that came after results were committed: at its default it is no part of a run's identity.
    """
    limits = {"low": low, "high": high, "open_low": open_low, "choices": tuple(choices), "check": check}
    return dataclasses.field(default=default, metadata=limits | {"per_lane": per_lane, "added": added})


def validate_fields(instance: Any) -> None:
    """Check every field of a dataclass against its type and its :func:`option` limits.

    Types that are checked: ``bool``, ``int``, ``int | None``, ``float``, ``tuple[int, ...]``, and with ``choices``
    ``str`` and ``tuple[str, ...]``. Lists become tuples.
    """
    for field in dataclasses.fields(instance):
        name, value, limits = field.name, getattr(instance, field.name), field.metadata
        low = limits.get("low")
        if limits.get("check"):
            limits["check"](value)
        elif field.type == tuple[str, ...]:
            value = subset(name, value, limits["choices"])
        elif limits.get("choices"):
            one_of(name, value, limits["choices"])
        elif field.type is bool:
            boolean(name, value)
        elif field.type is int or (field.type == int | None and value is not None):
            high = limits.get("high", math.inf)
            value = integer(name, value, int(low or 0), int(high) if math.isfinite(high) else None)
        elif field.type == tuple[int, ...]:
            value = integers(name, value, int(low or 0))
        elif field.type is float:
            low = -math.inf if low is None else low
            value = number(name, value, low, limits.get("high", math.inf), limits.get("open_low", False))
        object.__setattr__(instance, name, value)
