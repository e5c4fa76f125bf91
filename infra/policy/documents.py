"""Policy documents of IAM, as rules read them: statements, with single values as lists."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Statement = Mapping[str, Any]


def statements(document: Any) -> list[Statement]:
    """The statements of a document (JSON text or a mapping); ValueError for what is none."""
    if not document:
        return []
    parsed = json.loads(document) if isinstance(document, str) else document
    found = parsed.get("Statement", []) if isinstance(parsed, Mapping) else None
    if found is None:
        raise ValueError("not a policy document")
    return [found] if isinstance(found, Mapping) else list(found)


def values(statement: Statement, name: str) -> list[str]:
    """What a statement says under `name`, as a list."""
    found = statement.get(name)
    if found is None:
        return []
    return [str(item) for item in found] if isinstance(found, list | tuple) else [str(found)]


def allows(document: Any) -> Iterator[Statement]:
    """The statements that allow."""
    return (each for each in statements(document) if each.get("Effect") == "Allow")


def anyone(statement: Statement) -> bool:
    """Whether a statement speaks to everybody, and no condition narrows that."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        named = [item for kind in principal for item in values(principal, kind)]
    else:
        named = [str(principal)] if principal is not None else []
    return "*" in named and not statement.get("Condition")


def denies(document: Any, operator: str, key: str, value: str) -> bool:
    """Whether a statement denies everybody everything on this one condition."""
    for each in statements(document):
        wanted = {operator: {key: value}}
        if each.get("Effect") == "Deny" and each.get("Condition") == wanted:
            everybody = each.get("Principal") in ("*", {"AWS": "*"})
            if everybody and values(each, "Action") == ["s3:*"]:
                return True
    return False
