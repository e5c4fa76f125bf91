"""What controls have in common: how an observation is made of what was found."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from bulkhead.controls.facts import Facts, Machine, Unknown
from bulkhead.controls.results import Observation
from bulkhead.errors import MissingHere, Problem
from bulkhead.network.intent import Intent
from bulkhead.plan import Host, Plan

T = TypeVar("T")
MOST = 4
"""Faults that are told of one subject; the rest is counted."""


def judged(subject: str, expected: str, faults: Iterable[str], seen: str) -> Observation:
    """It fails with any fault; without one, `seen` is what was found in order."""
    found = tuple(dict.fromkeys(faults))
    if not found:
        return Observation(subject=subject, verdict="pass", expected=expected, seen=seen)
    more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    told = "; ".join(found[:MOST]) + more
    return Observation(subject=subject, verdict="fail", expected=expected, seen=told, because=told)


def unseen(subject: str, expected: str, why: Unknown) -> Observation:
    """It could not be observed."""
    return Observation(
        subject=subject,
        verdict="not observed",
        expected=expected,
        seen="not observed",
        because=why.because,
        absent=why.absent,
    )


def on_hosts(
    facts: Facts,
    expected: str,
    part: Callable[[Machine], T | Unknown],
    judge: Callable[[Host, T], tuple[Iterable[str], str] | None],
    hosts: Iterable[Host] | None = None,
) -> Iterator[Observation]:
    """An observation for each host, of one part of what it tells.

    judge: (faults, what was seen); None where there is nothing to judge on that host.
    """
    for host in facts.hosts if hosts is None else hosts:
        found = facts.machine(host.id)
        told = found if isinstance(found, Unknown) else part(found)
        if isinstance(told, Unknown):
            yield unseen(host.id, expected, told)
        elif (said := judge(host, told)) is not None:
            yield judged(host.id, expected, *said)


def led_to(
    plan: Plan, host: Host, intended: Intent, role: str, service: tuple[int, int]
) -> Host | None:
    """The first other host of a role that a private conduit leads the host to.

    service: protocol number and port.
    """
    for row in plan.hosts:
        asked = row.role == role and row.id != host.id
        if asked and intended.allowed(host.id, row.id, "private").contains(*service):
            return row
    return None


def first(plan: Plan, role: str, *, segmented: bool = True, sidecar: bool | None = None) -> Host:
    """The last host of a role in the plan's order; of a subnet that holds one zone, if asked.

    sidecar: whether it stands behind a sidecar, which others meet in its place; None for either.
    MissingHere where the estate has none: a sabotage has nothing to break there.
    """
    zones: dict[str, set[str]] = {}
    for zone in plan.zones:
        zones.setdefault(zone.subnet, set()).add(zone.id)
    for host in reversed(plan.hosts):
        alone = not segmented or len(zones[host.subnet]) == 1
        meant = sidecar is None or host.sidecar is sidecar
        if host.role == role and meant and alone:
            return host
    raise MissingHere(Problem(plan.estate, f"it has no {role} host to break something on"))
