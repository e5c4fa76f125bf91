"""What pydantic found wrong, as faults in a user's words."""

import difflib
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bulkhead.blueprint.faults import Fault, Node, Where, spell

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
}
_KINDS = {
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
    type(None): "nothing",
}


def is_echo(error: ErrorDetails) -> bool:
    """Whether pydantic calls a list too short only because its items were refused."""
    found = error.get("input")
    short = error["type"] == "too_short" and isinstance(found, list)
    return short and len(found) >= error["ctx"]["min_length"]


def fault(root: Node, model: type[BaseModel], error: ErrorDetails) -> Fault:
    """One pydantic error as a fault; `model` tells which keys would have been right."""
    where: Where = error["loc"]
    if error["type"] == "missing":
        what = f"`{where[-1]}` is missing in {spell(root, where[:-1]) or 'the file'}"
        return Fault(where, what, ", ".join(_keys(model, where[:-1])), f"add `{where[-1]}`")
    if error["type"] == "extra_forbidden":
        return _unknown(root, model, where)
    what, allowed, remedy = _wrong_value(error)
    return Fault(where, f"{spell(root, where) or 'the file'}{what}", allowed, remedy)


def _wrong_value(error: ErrorDetails) -> tuple[str, str, str]:
    """What is said after the value's path, what is allowed there, and what to do."""
    value, kind, ctx = error.get("input"), error["type"], error.get("ctx", {})
    what, allowed, remedy = f" is {_said(value)}", _lower(error["msg"]), ""
    if kind == "literal_error":
        allowed, remedy = str(ctx["expected"]).replace("'", ""), "choose one of these"
    elif kind in ("too_short", "too_long"):
        what = f" has {len(value) if isinstance(value, list) else 0} entries"
        least = ctx.get("min_length")
        allowed = f"at least {least}" if kind == "too_short" else f"at most {ctx['max_length']}"
    elif kind == "blueprint":
        what, allowed = f": {error['msg']}", str(ctx["allowed"])
    elif kind in _TYPES:
        allowed = _TYPES[kind]
        remedy = "put it in quotes" if kind == "string_type" and _is_scalar(value) else ""
    return what, allowed, remedy


def _unknown(root: Node, model: type[BaseModel], where: Where) -> Fault:
    keys, key = _keys(model, where[:-1]), str(where[-1])
    near = difflib.get_close_matches(key, keys, n=1, cutoff=0.6)
    inside = spell(root, where[:-1]) or "the file"
    remedy = f"did you mean `{near[0]}`?" if near else "delete it"
    what = f"`{key[:60]}` is not a key of {inside}"
    return Fault(where, what, "one of " + ", ".join(keys), remedy, key=True)


def _keys(model: type[BaseModel], where: Where) -> list[str]:
    """The keys that the mapping at a path may have, in the schema's order."""
    found = model
    for step in where:
        if isinstance(step, str):
            fields = {field.alias or name: field for name, field in found.model_fields.items()}
            found = _model_in(fields[step].annotation) or found
    return [field.alias or name for name, field in found.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `X`, `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _said(value: Any) -> str:
    if isinstance(value, list | dict):
        return _KINDS[type(value)]
    if value is None:
        return "empty"
    text = repr(value)
    return (
        f"{text if len(text) <= 60 else text[:57] + '...'} ({_KINDS.get(type(value), 'a value')})"
    )


def _is_scalar(value: Any) -> bool:
    return isinstance(value, int | float | bool)


def _lower(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return text[:1].lower() + text[1:]
