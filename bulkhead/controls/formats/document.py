"""A verification as a JSON document, and back: what other programs, and reports, read."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bulkhead.controls.results import (
    Capability,
    Level,
    Observation,
    Requirement,
    Result,
    Verification,
)


def document(found: Verification) -> dict[str, Any]:
    """Everything, with each control's verdict and whether all is in order beside it."""
    said = asdict(found)
    for row, result in zip(said["results"], found.results, strict=True):
        row["verdict"] = result.verdict
    return said | {"held": not found.failing}


def restored(said: Mapping[str, Any]) -> Verification:
    """What `document` wrote. KeyError, TypeError or ValueError for anything else."""
    rows = {name: value for name, value in said.items() if name != "held"}
    kinds = {"levels": Level, "requirements": Requirement, "capabilities": Capability}
    for name, kind in kinds.items():
        rows[name] = tuple(kind(**_tuples(row)) for row in said[name])
    rows["notes"] = tuple(said["notes"])
    rows["results"] = tuple(_result(row) for row in said["results"])
    return Verification(**rows)


def _result(said: Mapping[str, Any]) -> Result:
    rows = {name: value for name, value in said.items() if name != "verdict"}
    rows["mappings"] = tuple(tuple(pair) for pair in said["mappings"])
    rows["observations"] = tuple(Observation(**row) for row in said["observations"])
    return Result(**rows)


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
