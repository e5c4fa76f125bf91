"""Loading: bytes to a checked estate, with every problem told at once and in its place."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bulkhead.blueprint.complaints import fault, is_echo
from bulkhead.blueprint.document import compose, read
from bulkhead.blueprint.expansion import build
from bulkhead.blueprint.faults import Node, problems, too_many
from bulkhead.blueprint.imported import ImportedEstate
from bulkhead.blueprint.imported import build as build_imported
from bulkhead.blueprint.imported import check as check_imported
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.quotas import broken
from bulkhead.blueprint.rules import check
from bulkhead.plan import Plan

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """An estate that holds the schema and all rules, and where each of its parts was written."""

    name: str
    estate: Estate
    root: Node


@dataclass(frozen=True, slots=True)
class Imported:
    """An estate that was read from accounts (`kind: imported`), and where its parts stand."""

    name: str
    estate: ImportedEstate
    root: Node


def load(path: str | Path, today: date | None = None) -> Blueprint | Imported:
    """Read and check a blueprint, or an imported estate's file.

    today: the day against which exceptions expire, by default the machine's; it judges only and
    never enters a plan. Raises WrongInput with every problem found, as file:line:column.
    """
    raw, name = read(Path(path)), str(path)
    root = compose(raw, name)
    return _imported(root, name) if _kind(root) is not None else _blueprint(root, name, today)


def loads(raw: bytes | str, name: str = "blueprint", today: date | None = None) -> Blueprint:
    """As `load`, for a blueprint's text at hand; `name` stands for the file in messages."""
    return _blueprint(compose(raw.encode() if isinstance(raw, str) else raw, name), name, today)


def loads_imported(raw: bytes | str, name: str) -> Imported:
    """As `load`, for an imported estate's text at hand."""
    return _imported(compose(raw.encode() if isinstance(raw, str) else raw, name), name)


def _kind(root: Node) -> Node | None:
    return root.value.get("kind") if isinstance(root.value, dict) else None


def _imported(root: Node, name: str) -> Imported:
    estate = _validated(root, name, ImportedEstate)
    if faults := check_imported(estate):
        raise too_many(problems(root, name, faults))
    return Imported(name, estate, root)


def _blueprint(root: Node, name: str, today: date | None) -> Blueprint:
    estate = _validated(root, name, Estate)
    if faults := check(estate, today or date.today()):
        raise too_many(problems(root, name, faults))
    return Blueprint(name, estate, root)


def _validated(root: Node, name: str, model: type[M]) -> M:
    try:
        return model.model_validate_json(json.dumps(root.plain()))
    except ValidationError as error:
        found = [one for one in error.errors(include_url=False) if not is_echo(one)]
    raise too_many(problems(root, name, (fault(root, model, one) for one in found)))


def expand(blueprint: Blueprint | Imported) -> Plan:
    """The plan of a loaded file; the same blueprint gives the same bytes everywhere.

    Raises WrongInput if the plan would break an AWS quota that the blueprint does not say was
    granted.
    """
    if isinstance(blueprint, Imported):
        return build_imported(blueprint.estate)
    plan = build(blueprint.estate)
    if faults := list(broken(plan, blueprint.estate.quotas)):
        raise too_many(problems(blueprint.root, blueprint.name, faults))
    return plan
