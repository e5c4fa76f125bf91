"""An estate's file as text: items with the reasons of their guesses as comments above them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 98
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list, and what is said above it. Values that are None are left out."""

    values: Mapping[str, Any]
    comments: Sequence[str] = ()


def section(name: str, about: str, items: Sequence[Item]) -> Iterator[str]:
    """A list under its name; nothing where there are no items."""
    if not items:
        return
    yield ""
    yield from comment(about, "")
    yield f"{name}:"
    for item in items:
        for said in item.comments:
            yield from comment(said, "  ")
        first = "  - "
        for key, value in item.values.items():
            if value is not None:
                yield f"{first}{key}: {scalar(value)}"
                first = "    "


def comment(text: str, indent: str) -> Iterator[str]:
    """A text as comment lines. What people wrote in tags cannot leave the comment."""
    words = "".join(one if one.isprintable() else " " for one in text).split()
    line = f"{indent}#"
    for word in words:
        if len(line) + len(word) + 1 > WIDTH and not line.endswith("#"):
            yield line
            line = f"{indent}#  "
        line += f" {word}"
    yield line


def scalar(value: Any) -> str:
    """A value in flow style, quoted wherever YAML could take it for something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Iterable):
        return "[" + ", ".join(scalar(one) for one in value) + "]"
    return str(value)
