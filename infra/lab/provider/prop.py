"""What a type accepts: one `Prop` per input, with the meaning that Terraform's schema gives it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.lab.provider.wire import UNKNOWN, is_unknown

Kind = Literal["str", "int", "bool", "strings", "map", "object", "objects"]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Prop:
    """One input property.

    replace: a change makes a new resource. default: what it is when not given. computed: when not
    given, what AWS chose is left alone (else what AWS has is taken away). required: refused when
    missing. canon: brings equal spellings of a scalar together. fields: for object(s), the props
    inside; lists of objects and strings are sets: their order means nothing. whole: for values
    whose meaning is not that of their parts, what brings equal ones together.
    """

    kind: Kind = "str"
    replace: bool = False
    default: Any = None
    computed: bool = False
    required: bool = False
    canon: Callable[[Any], Any] = _same
    fields: Mapping[str, "Prop"] = field(default_factory=dict)
    whole: Callable[[Any], Any] | None = None


def canonical(prop: Prop, value: Any) -> Any:
    """A value such that equal meanings are equal; not given counts as the default."""
    if value is None:
        value = prop.default
    if value is None or value is UNKNOWN:
        return _empty(prop) if value is None else value
    if prop.whole is not None:
        return prop.whole(value)
    if prop.kind == "strings":
        return sorted(map(prop.canon, value), key=str)
    if prop.kind == "object":
        return _fields(prop, value)
    if prop.kind == "objects":
        return sorted((_fields(prop, item) for item in value), key=_order)
    return value if prop.kind == "map" else _scalar(prop, value)


def _scalar(prop: Prop, value: Any) -> Any:
    return None if value == "" else prop.canon(value)  # empty text and none mean the same


def _empty(prop: Prop) -> Any:
    return {"map": {}, "strings": [], "objects": [], "object": {}}.get(prop.kind)


def _fields(prop: Prop, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    both = {name: canonical(inner, value.get(name)) for name, inner in prop.fields.items()}
    return {name: item for name, item in both.items() if item not in (None, [], {})}


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def same(prop: Prop, one: Any, other: Any) -> bool:
    """Whether two values mean the same. What is not known yet equals nothing."""
    if is_unknown(one) or is_unknown(other):
        return False
    left, right = canonical(prop, one), canonical(prop, other)
    if prop.kind == "object":
        for name in [name for name, inner in prop.fields.items() if inner.computed]:
            if name not in left or name not in right:  # not said: what AWS chose
                left, right = (_without(value, name) for value in (left, right))
    return bool(left == right)


def _without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != name}


_PYTHON = {
    "str": str,
    "int": int,
    "bool": bool,
    "strings": list,
    "map": dict,
    "object": dict,
    "objects": list,
}
_SAID = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "strings": "a list of texts",
    "map": "a map of texts",
    "object": "an object",
    "objects": "a list of objects",
}


def coerced(prop: Prop, value: Any) -> Any:
    """The value in the kind's own type where the engine may spell it otherwise ("80", "true")."""
    if prop.kind == "int" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if prop.kind == "bool" and value in ("true", "false"):
        return value == "true"
    if prop.kind == "str" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def complaints(prop: Prop, value: Any, path: str) -> list[tuple[str, str]]:
    """(path, reason) for everything in a value that the type does not take."""
    if value is None or value is UNKNOWN:
        return []
    right = isinstance(value, _PYTHON[prop.kind]) and (
        prop.kind != "int" or not isinstance(value, bool)
    )
    if not right:
        return [(path, f"must be {_SAID[prop.kind]}")]
    if prop.kind in ("strings", "map"):
        return _texts(value, path)
    if prop.kind in ("object", "objects"):
        items = enumerate(value) if isinstance(value, list) else [(None, value)]
        return [c for at, item in items for c in _object(prop, item, _at(path, at))]
    return []


def _at(path: str, index: int | None) -> str:
    return path if index is None else f"{path}[{index}]"


def _texts(value: Any, path: str) -> list[tuple[str, str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        (f"{path}[{at}]", "must be text")
        for at, item in items
        if not (isinstance(item, str) or item is UNKNOWN)
    ]


def _object(prop: Prop, value: Any, path: str) -> list[tuple[str, str]]:
    if value is UNKNOWN:
        return []
    if not isinstance(value, dict):
        return [(path, "must be an object")]
    said = [
        (f"{path}.{name}", "the lab's provider does not implement this property")
        for name, item in value.items()
        if name not in prop.fields and item not in (None, [], {}) and not name.startswith("__")
    ]
    for name, inner in prop.fields.items():
        if inner.required and value.get(name) is None:
            said.append((f"{path}.{name}", "is required"))
        said += complaints(inner, coerced(inner, value.get(name)), f"{path}.{name}")
    return said
