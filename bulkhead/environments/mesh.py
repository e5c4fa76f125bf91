"""Acting on sidecars through the door: an identity is cut off, or admitted again, on every host."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bulkhead.errors import BulkheadError, MissingHere, Problem, WrongInput
from bulkhead.plan import Host, Plan

Act = Literal["cut", "allow"]
TOOL = "/usr/local/sbin/bulkhead-sidecar"
PATIENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What a host's sidecar said."""

    host: str
    said: str


def act(entry: Any, plan: Plan, what: Act, identity: str) -> tuple[Acted, ...]:
    """Cut or allow a SPIFFE id on every sidecar of its tenant. entry: the way into the hosts.

    WrongInput for an id that no workload of the plan has; MissingHere where no sidecar of its
    tenant runs; BulkheadError naming each host where it took no effect, after all were asked.
    """
    hosts = _sidecars(entry, plan, identity)
    with entry.shells() as shells:
        answers = shells.every(hosts, ("sudo", "-n", TOOL, what, identity), PATIENCE)
    problems = list(_problems(answers, done=f"the others have it: {what}"))
    if problems:
        raise BulkheadError(*problems)
    return tuple(Acted(host=host, said=answers[host].out.strip()) for host in hosts)


def sessions(entry: Any, plan: Plan) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """What the processes of every sidecar hold, by host: maps, lists, living sessions."""
    hosts = [host.id for host in _running(entry, plan)]
    with entry.shells() as shells:
        answers = shells.every(hosts, ("sudo", "-n", TOOL, "show"), PATIENCE)
    problems = list(_problems(answers, done=""))
    if problems:
        raise BulkheadError(*problems)
    return {host: tuple(json.loads(answers[host].out)) for host in hosts}


def _sidecars(entry: Any, plan: Plan, identity: str) -> list[str]:
    owners = {row.spiffe: row.tenant for row in plan.identities if row.spiffe}
    if identity not in owners:
        known = ", ".join(sorted(owners)) or "this estate has no mesh"
        raise WrongInput(Problem("mesh", f"{identity!r} is no workload's identity", allowed=known))
    hosts = [host.id for host in _running(entry, plan) if host.tenant == owners[identity]]
    if not hosts:
        raise MissingHere(Problem(identity, "no sidecar of its tenant runs here"))
    return hosts


def _running(entry: Any, plan: Plan) -> list[Host]:
    here = {row.host for row in entry.hosts}
    return [host for host in plan.hosts if host.sidecar and host.id in here]


def _problems(answers: Mapping[str, Any], *, done: str) -> Iterable[Problem]:
    for host, ran in answers.items():
        if isinstance(ran, BulkheadError):
            yield from ran.problems
        elif ran.code != 0:
            yield Problem(host, ran.err.strip()[-300:] or f"exit code {ran.code}", done=done)
