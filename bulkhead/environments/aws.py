"""`aws`: what an account says is deployed, and what a signed scope lets us try from here."""

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bulkhead.network.deployed import Deployed, Flow, Verdict
from bulkhead.network.scope import Scope
from bulkhead.plan import Plan
from infra.inventory import aws as account


def deployed(plan: Plan) -> Deployed:
    """Every account that can be read: the caller's own, and those of BULKHEAD_ROLES."""
    return account.deployed(plan.region, account.clients(plan.region))


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one flow; `verdict.because` says how it is known, or why it was not tried."""

    verdict: Verdict


Connect = Callable[[str, int], bool]
PATIENCE = 2.0
"""Seconds until a connection counts as unanswered."""


def observe(
    flows: Sequence[Flow],
    deployed: Deployed,
    scope: Scope,
    plants: frozenset[str],
    connect: Connect | None = None,
) -> Mapping[Flow, Tried]:
    """Try what the scope allows, no faster than it allows; the rest is `not observed`.

    Seen from this machine, an answer proves that a way is open. Silence proves nothing, for
    nobody has shown that somebody listens: it is `not observed` too.
    """
    public = {row.host: row.public for row in deployed.interfaces if row.public}
    attempt = connect or _connect
    found = {}
    for flow in flows:
        why = scope.why_not(flow, plants, datetime.now(UTC)) or (
            "" if flow.target in public else "it has no public address"
        )
        if why:
            found[flow] = _unobserved(why)
            continue
        due = time.monotonic() + 1 / scope.rate
        found[flow] = _tried(attempt(str(public[flow.target]), flow.port))
        # Not a wait for something to happen: the rate itself is what was agreed.
        time.sleep(max(0.0, due - time.monotonic()))
    return found


def _tried(answered: bool) -> Tried:
    if answered:
        return Tried(Verdict("answered", None, ("it answered from here",)))
    return _unobserved("silence: nobody has shown that somebody listens")


def _unobserved(why: str) -> Tried:
    return Tried(Verdict("not observed", None, (why,)))


def _connect(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=PATIENCE):
            return True
    except OSError:
        return False
