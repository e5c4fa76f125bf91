"""Where something is wrong in a blueprint: tree nodes with marks, and faults found on them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bulkhead.errors import Problem, WrongInput

MAX_PROBLEMS = 40
"""More than this at once helps nobody; the rest is counted."""

MAX_TEXT = 600
"""Characters of one part of a message."""

Key = str | int
Where = tuple[Key, ...]
"""A path in the document, e.g. ("tenants", 0, "block")."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file; line and column count from 1."""

    line: int
    column: int

    def at(self, name: str) -> str:
        """`file:line:column`."""
        return f"{name}:{self.line}:{self.column}"


@dataclass(slots=True)
class Node:
    """A value with its place. `value` is a scalar, a list of nodes, or nodes by key."""

    mark: Mark
    value: Any
    keys: dict[str, Mark] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without places; depth is bounded by the reader."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class WrongAt(Exception):
    """Internal: a value is wrong; the caller knows where. parts: what, allowed, remedy."""

    def __init__(self, what: str, allowed: str, remedy: str) -> None:
        super().__init__(what)
        self.parts = (what, allowed, remedy)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a path. `key`: the key itself is meant, not its value."""

    where: Where
    what: str
    allowed: str = ""
    remedy: str = ""
    key: bool = False


def locate(root: Node, fault: Fault) -> Mark:
    """The place of a fault, or of the nearest thing above it that is in the file."""
    node, mark = root, root.mark
    for step in fault.where:
        child = _child(node, step)
        if child is None:
            break
        mark = node.keys[str(step)] if fault.key and isinstance(node.value, dict) else child.mark
        node = child
    return mark


def spell(root: Node, where: Where) -> str:
    """A path as people say it: `tenants[acme].sites[lyon].slot`."""
    said, node = "", root
    for step in where:
        child = _child(node, step)
        if isinstance(step, int):
            if child is None and not isinstance(node.value, list):
                continue  # a single value that stands for a list of one
            said += f"[{_name(child) or step}]"
        else:
            said += f".{step}" if said else step
        node = child or Node(node.mark, None)
    return said


def _child(node: Node, step: Key) -> Node | None:
    if isinstance(node.value, dict) and isinstance(step, str):
        return node.value.get(step)
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        found: Node = node.value[step]
        return found
    return None


def _name(node: Node | None) -> str:
    if node is None or not isinstance(node.value, dict):
        return ""
    for key in ("id", "name"):
        named = node.value.get(key)
        if named is not None and isinstance(named.value, str):
            return named.value[:40]
    return ""


def problems(root: Node, name: str, faults: Iterable[Fault]) -> list[Problem]:
    """Faults as problems with file, line and column, in the file's order."""
    marked = sorted(
        ((locate(root, fault), fault) for fault in faults), key=lambda pair: (pair[0], pair[1].what)
    )
    unique = dict.fromkeys(marked)
    return [
        Problem(m.at(name), shown(f.what), shown(f.allowed), shown(f.remedy)) for m, f in unique
    ]


def shown(text: str) -> str:
    """A message without what could steer a terminal, and not endless."""
    safe = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
    return safe if len(safe) <= MAX_TEXT else safe[: MAX_TEXT - 3] + "..."


def too_many(found: list[Problem]) -> WrongInput:
    """An error with the problems, cut after MAX_PROBLEMS with the rest counted."""
    if len(found) <= MAX_PROBLEMS:
        return WrongInput(*found)
    rest = Problem(
        found[MAX_PROBLEMS].where, f"and {len(found) - MAX_PROBLEMS} more problems from here on"
    )
    return WrongInput(*found[:MAX_PROBLEMS], rest)
