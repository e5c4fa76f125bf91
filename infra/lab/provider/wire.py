"""Property values between the engine's protobuf structs and plain Python.

Unknown values become `UNKNOWN`; a secret's value is unwrapped and its top-level property is named
in `secrets`, so that no later code meets (or prints) the engine's markers. Numbers that are whole
become int: the protocol knows floats only.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
HIDDEN: Final = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Props = dict[str, Any]
"""Properties by wire name (camelCase): str, int, float, bool, None, list, dict or UNKNOWN."""


class Unknown:
    """The one value that is not known before it is made."""

    def __repr__(self) -> str:
        """How an unknown reads in a message."""
        return "(not known yet)"


UNKNOWN: Final = Unknown()


def is_unknown(value: object) -> bool:
    """Whether a value, or anything within it, is not known yet."""
    if isinstance(value, list):
        return any(is_unknown(item) for item in value)
    if isinstance(value, dict):
        return any(is_unknown(item) for item in value.values())
    return value is UNKNOWN


def load(struct: Struct) -> tuple[Props, frozenset[str]]:
    """The struct's properties, and the names of those that hold a secret anywhere."""
    secrets: set[str] = set()
    props = {}
    for name, value in struct.fields.items():
        found: list[bool] = []
        props[name] = _load(value, found)
        if found:
            secrets.add(name)
    return props, frozenset(secrets)


def _load(value: Value, found: list[bool]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _load_struct(value.struct_value, found)
    if kind == "list_value":
        return [_load(item, found) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _load_struct(struct: Struct, found: list[bool]) -> Any:
    if struct.fields[SIGNATURE].string_value == HIDDEN if SIGNATURE in struct.fields else False:
        found.append(True)
        return _load(struct.fields["value"], found)
    return {name: _load(item, found) for name, item in struct.fields.items()}


def dump(props: Mapping[str, Any], secrets: Iterable[str] = ()) -> Struct:
    """The struct the engine expects; the named top-level properties are marked secret."""
    struct = Struct()
    hidden = set(secrets)
    for name, value in props.items():
        target = struct.fields[name]
        if name in hidden:
            target.struct_value.fields[SIGNATURE].string_value = HIDDEN
            target = target.struct_value.fields["value"]
        _dump(value, target)
    return struct


def _dump(value: Any, target: Value) -> None:
    if value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif value is None:
        target.null_value = 0
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        for name, item in value.items():
            _dump(item, target.struct_value.fields[name])
    else:
        target.list_value.SetInParent()
        for item in value:
            _dump(item, target.list_value.values.add())
