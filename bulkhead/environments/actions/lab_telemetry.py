"""What the lab's historians hold of a gateway, asked as their administrator."""

import time
from collections.abc import Callable

from bulkhead.drill.incidents import Gapless, Silence, Telemetry
from bulkhead.drill.outcomes import Done, NotObserved, Outcome
from bulkhead.environments.actions.lab_hosts import Hosts
from bulkhead.environments.actions.lab_services import quoted, sql
from bulkhead.wire.certificates import dotted

LOOK = 0.5
"""Seconds between two looks: the historian tells nobody of a new row."""
HOLE = 5.0
"""Seconds between two readings that are a hole: five times what is usual, for busy machines, and
less than the silence that drills wait for."""


def telemetry(hosts: Hosts, action: Telemetry) -> Outcome:
    """A live value whose sampling is later than this question."""
    asked = time.time()
    newest = "extract(epoch FROM max(at) FILTER (WHERE NOT historical))"

    def look() -> Outcome | None:
        at = _number(hosts, action, newest)
        return Done(facts=(("at", f"{at:.3f}"),), at=at) if at > asked else None

    return _until(hosts, action, look)


def silence(hosts: Hosts, action: Silence) -> Outcome:
    """Nothing was received for so long."""

    def look() -> Outcome | None:
        away = _number(hosts, action, "extract(epoch FROM now() - max(received))")
        if away < action.seconds:
            return None
        last = _number(hosts, action, "extract(epoch FROM max(at))")
        return Done(facts=(("last", f"{last:.3f}"),), at=last)

    return _until(hosts, action, look)


def gapless(hosts: Hosts, action: Gapless) -> Outcome:
    """Every signal that was stored before `since` has a value at least every HOLE seconds."""
    rows = f"""
        SELECT coalesce(max(hole), 1e9) FROM (
            SELECT extract(epoch FROM
                lead(at, 1, now()) OVER (PARTITION BY device, signal ORDER BY at) - at) AS hole
            FROM bulkhead.measurements
            WHERE {_of(hosts, action)} AND at >= to_timestamp({action.since - HOLE})
        ) AS holes
    """  # noqa: S608 (quoted below)

    def look() -> Outcome | None:
        return Done() if float(sql(hosts, action.target, rows)) <= HOLE else None

    return _until(hosts, action, look)


Asked = Telemetry | Silence | Gapless


def _until(hosts: Hosts, action: Asked, look: Callable[[], Outcome | None]) -> Outcome:
    if why := hosts.missing(action.source, action.target):
        return NotObserved(reason=why)
    end = time.monotonic() + action.bound
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(LOOK)
    return NotObserved(reason=f"not within {action.bound:g} s")


def _number(hosts: Hosts, action: Asked, what: str) -> float:
    """One figure over all values of the gateway; 0 where it has none."""
    where = _of(hosts, action)
    asked = f"SELECT coalesce({what}, 0) FROM bulkhead.measurements WHERE {where}"  # noqa: S608
    return float(sql(hosts, action.target, asked) or 0)


def _of(hosts: Hosts, action: Asked) -> str:
    tenant = hosts.planned(action.source).tenant
    recent = "at > now() - interval '1 hour'"
    return f"tenant = {quoted(tenant)} AND node = {quoted(dotted(action.source))} AND {recent}"
