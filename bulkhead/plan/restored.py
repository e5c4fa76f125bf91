"""A plan read back from its canonical form."""

import json
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from bulkhead.plan.tables import Plan


def restored(text: bytes) -> Plan:
    """The plan that `canonical` wrote: equal to it, and of the same digest.

    Raises ValueError, TypeError or KeyError for what `canonical` did not write.
    """
    plan: Plan = _value(Plan, json.loads(text))
    return plan


def _value(kind: Any, raw: Any) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{row.name: _value(hints[row.name], raw[row.name]) for row in fields(kind)})
    if get_origin(kind) is tuple:
        return _row(get_args(kind), raw)
    if get_origin(kind) in (Union, UnionType) and raw is not None:
        (only,) = (part for part in get_args(kind) if part is not type(None))
        return _value(only, raw)
    return raw


def _row(parts: tuple[Any, ...], raw: list[Any]) -> tuple[Any, ...]:
    if parts[-1] is Ellipsis:
        return tuple(_value(parts[0], item) for item in raw)
    return tuple(_value(part, item) for part, item in zip(parts, raw, strict=True))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
