"""Loading: bytes to a checked estate, with every problem told at once and in its place."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from bulkhead.blueprint.complaints import fault, is_echo
from bulkhead.blueprint.document import compose, read
from bulkhead.blueprint.expansion import build
from bulkhead.blueprint.faults import Node, problems, too_many
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.quotas import broken
from bulkhead.blueprint.rules import check
from bulkhead.plan import Plan


@dataclass(frozen=True, slots=True)
class Blueprint:
    """An estate that holds the schema and all rules, and where each of its parts was written."""

    name: str
    estate: Estate
    root: Node


def load(path: str | Path, today: date | None = None) -> Blueprint:
    """Read and check a blueprint file.

    today: the day against which exceptions expire, by default the machine's; it judges only and
    never enters a plan. Raises WrongInput with every problem found, as file:line:column.
    """
    return loads(read(Path(path)), str(path), today)


def loads(raw: bytes | str, name: str = "blueprint", today: date | None = None) -> Blueprint:
    """As `load`, for a text at hand; `name` stands for the file in messages."""
    root = compose(raw.encode() if isinstance(raw, str) else raw, name)
    estate = _validated(root, name)
    if faults := check(estate, today or date.today()):
        raise too_many(problems(root, name, faults))
    return Blueprint(name, estate, root)


def _validated(root: Node, name: str) -> Estate:
    try:
        return Estate.model_validate_json(json.dumps(root.plain()))
    except ValidationError as error:
        found = [one for one in error.errors(include_url=False) if not is_echo(one)]
    raise too_many(problems(root, name, (fault(root, Estate, one) for one in found)))


def expand(blueprint: Blueprint) -> Plan:
    """The plan of a loaded blueprint; the same blueprint gives the same bytes everywhere.

    Raises WrongInput if the plan would break an AWS quota that the blueprint does not say was
    granted.
    """
    plan = build(blueprint.estate)
    if faults := list(broken(plan, blueprint.estate.quotas)):
        raise too_many(problems(blueprint.root, blueprint.name, faults))
    return plan
