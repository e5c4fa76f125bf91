"""Small pieces of Markdown: escaped text, tables, durations as people say them."""

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")


def text(value: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(value.split()))


def code(value: str) -> str:
    """An id in code style; ids hold neither back-ticks nor bars."""
    return f"`{value}`"


def codes(values: Iterable[str]) -> str:
    """Ids in code style, with commas."""
    return ", ".join(code(value) for value in values)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table's lines with an empty one after it; `none` where there is no row."""
    found = ["| " + " | ".join(row) + " |" for row in rows]
    if not found:
        return ["None.", ""]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return [*lines, *found, ""]


def duration(seconds: int) -> str:
    """Seconds in the largest unit that leaves nothing over: 5400 is `90 min`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
