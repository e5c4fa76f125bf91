"""Frozen dataclasses written as plain values (`dataclasses.asdict`), and read back by their types.

Tolerant of time: a field that is not known here is left out, and one that is missing has its
default, if it has one.
"""

from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bulkhead.errors import Problem, WrongInput

T = TypeVar("T")


def restored(kind: type[T], said: Any, where: str) -> T:
    """A value of that dataclass; WrongInput, naming `where`, for what does not fit its types."""
    try:
        return cast("T", _value(kind, said))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        what = f"this is no {kind.__name__.lower()}: {error}"
        raise WrongInput(Problem(where, what)) from None


def _value(kind: Any, raw: Any) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        return _row(kind, raw)
    origin = get_origin(kind)
    if origin is tuple:
        return _several(get_args(kind), raw)
    if origin in (Union, UnionType):
        return _either(get_args(kind), raw)
    if origin is Literal:
        if raw not in get_args(kind):
            raise ValueError(f"{raw!r} is none of {', '.join(map(str, get_args(kind)))}")
        return raw
    return _simple(kind, raw)


def _row(kind: Any, raw: Any) -> Any:
    hints = _hints(kind)
    missing = [
        item.name
        for item in fields(kind)
        if item.name not in raw and item.default is MISSING and item.default_factory is MISSING
    ]
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}")
    names = [item.name for item in fields(kind) if item.name in raw]
    return kind(**{name: _value(hints[name], raw[name]) for name in names})


def _several(parts: tuple[Any, ...], raw: Any) -> tuple[Any, ...]:
    if not isinstance(raw, list | tuple):
        raise TypeError(f"{raw!r} is no list")
    if parts[-1] is Ellipsis:
        return tuple(_value(parts[0], item) for item in raw)
    return tuple(_value(part, item) for part, item in zip(parts, raw, strict=True))


def _either(kinds: tuple[Any, ...], raw: Any) -> Any:
    if raw is None and type(None) in kinds:
        return None
    (only,) = (kind for kind in kinds if kind is not type(None))
    return _value(only, raw)


def _simple(kind: Any, raw: Any) -> Any:
    if kind is float and isinstance(raw, int) and not isinstance(raw, bool):
        return float(raw)
    if not isinstance(raw, kind) or (kind is int and isinstance(raw, bool)):
        raise TypeError(f"{raw!r} is no {kind.__name__}")
    return raw


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
