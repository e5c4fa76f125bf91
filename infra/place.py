"""Where a project keeps its state, for every tool that is told only a file of it."""

from pathlib import Path

MARKS = ("Pulumi.yaml", ".git", "pyproject.toml")
"""What marks the root of a project; the state directory lies beside it."""
STATE = ".bulkhead"


def state_beside(start: Path) -> Path:
    """`.bulkhead` at the root of the project that holds the folder `start` (absolute), else in it.

    Of the root's marks the nearest counts.
    """
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in MARKS):
            return folder / STATE
    return start / STATE
