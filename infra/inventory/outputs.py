"""What the engine's stacks say of hosts, and whether the API agrees."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulkhead.errors import BulkheadError, Problem
from bulkhead.network.deployed import Deployed, Interface
from infra.program.checkpoint import stacks
from infra.program.names import INVENTORY, PROJECT

_STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Told:
    """A host as a stack's outputs tell it."""

    instance: str
    address: str | None
    public: str | None


Outputs = Mapping[str, Told]
"""By the plan's host id; hosts whose stack said nothing are not in it."""


def from_state(backend: Path) -> Outputs:
    """The outputs of every stack in an engine's files; empty where there is no whole one."""
    found: dict[str, Told] = {}
    for path in sorted(stacks(backend, PROJECT).glob("*.json")):
        found |= told(_outputs(path))
    return found


def from_command(names: Iterable[str], directory: Path) -> Outputs:
    """The outputs that the user's own `pulumi` gives in `directory`; empty where it gives none.

    An account's stacks lie wherever the user logged in to; without that, the API speaks alone.
    """
    found: dict[str, Told] = {}
    for name in names:
        command = ["pulumi", "stack", "output", "--json", "--non-interactive", "--stack", name]
        try:
            done = subprocess.run(
                command, cwd=directory, capture_output=True, timeout=60, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return {}
        found |= told(json.loads(done.stdout))
    return found


def told(outputs: Mapping[str, Any]) -> dict[str, Told]:
    """One stack's outputs by host."""
    instances, addresses, public = (outputs.get(kind) or {} for kind in INVENTORY)
    return {
        host: Told(instance=str(instance), address=addresses.get(host), public=public.get(host))
        for host, instance in instances.items()
    }


def agree(outputs: Outputs, deployed: Deployed) -> None:
    """Raise BulkheadError, naming each host of which the stacks and the API say different things.

    A host that only one of them knows differs too, as soon as the stacks say anything at all.
    """
    if not outputs:
        return
    described = {row.host: row for row in deployed.interfaces}
    problems = [
        problem
        for host in sorted(outputs.keys() | described.keys())
        if (problem := _differs(host, outputs.get(host), described.get(host)))
    ]
    if problems:
        raise BulkheadError(*problems)


def _differs(host: str, said: Told | None, seen: Interface | None) -> Problem | None:
    if said is None or seen is None:
        who = ("the API", "the stacks") if said is None else ("the stacks", "the API")
        return _problem(host, f"{who[0]} have it" if said else f"{who[0]} has it", f"{who[1]} not")
    pairs = {
        "instance": (said.instance, seen.instance),
        "address": (said.address or seen.address, seen.address),
        "public address": (said.public, seen.public),
    }
    for what, (one, other) in pairs.items():
        if one != other:
            return _problem(host, f"{what} {one} in the stacks", f"{other} in the API")
    return None


def _problem(host: str, one: str, other: str) -> Problem:
    return Problem(host, f"{one}, {other}", remedy="bulkhead up --refresh puts it right")


def _outputs(path: Path) -> dict[str, Any]:
    try:
        resources = json.loads(path.read_bytes())["checkpoint"]["latest"]["resources"]
    except (ValueError, KeyError, TypeError):
        return {}
    for row in resources or ():
        if row.get("type") == _STACK:
            outputs: dict[str, Any] = row.get("outputs") or {}
            return outputs
    return {}
