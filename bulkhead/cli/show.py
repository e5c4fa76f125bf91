"""How results reach people and programs: tables, JSON, problems, progress."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from bulkhead.errors import BulkheadError


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output, wide enough for its content where that is not a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table

    width = None if sys.stdout.isatty() else 200
    whole = [Column(name, overflow="fold") for name in columns]  # ids are not cut short
    grid = Table(*whole, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        grid.add_row(*row)
    Console(width=width, highlight=False, markup=False).print(grid)


def as_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, indent=2, sort_keys=True, default=str)
    sys.stdout.write("\n")


def say(text: str) -> None:
    """One line of progress, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def out(text: str) -> None:
    """One line of the result, on standard output."""
    sys.stdout.write(f"{text}\n")


def problems(error: BulkheadError, *, as_json: bool) -> None:
    """What is wrong, on standard error."""
    if as_json:
        rows = [{name: getattr(row, name) for name in row.__slots__} for row in error.problems]
        sys.stderr.write(json.dumps({"problems": rows}, indent=2) + "\n")
        return
    for problem in error.problems:
        sys.stderr.write(f"{problem}\n")
