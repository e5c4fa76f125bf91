"""Private keys are their service's alone."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts
from bulkhead.controls.looking import first, on_hosts
from bulkhead.controls.machine import Key
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.plan import Host, Plan

ID = "private-keys"
EXPECTED = "every private key is 0600 at most, and root's or a service's own"
PEOPLE = 1000
EVENTS = "/etc/bulkhead/tls/events.key"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host."""
    return on_hosts(facts, EXPECTED, lambda machine: machine.keys, _judge)


def _judge(_host: Host, keys: tuple[Key, ...]) -> tuple[list[str], str]:
    faults = [f"{row.path} is {row.mode:04o}" for row in keys if row.mode & 0o077]
    faults += [f"{row.path} belongs to {row.owner}" for row in keys if row.uid >= PEOPLE]
    # Every host has the key of its SSH: none found is a place that was not looked into.
    return faults or ([] if keys else ["no private key was found"]), f"{len(keys)} keys, closed"


def _steps(plan: Plan) -> tuple[Step, ...]:
    host = first(plan, "historian").id
    return (OnHost(host=host, do=f"chmod 0644 {EVENTS}", undo=f"chmod 0600 {EVENTS}"),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "historian").id)})


CONTROL = Control(
    id=ID,
    title="Private keys are closed",
    why="Whoever reads a private key is the host, to everybody who asks for its certificate.",
    owner="provider",
    remediation="Treat the key as lost: revoke its certificate, remove the key, configure the host "
    "again, which makes a new one.",
    reads="hosts: mode and owner of each file that holds a private key (never its content)",
    meets=(),
    supports=("SR 1.5", "SR 1.8", "SR 1.9", "SR 4.1", "SR 4.3"),
    others=(*nist("SC-12", "IA-5", "AC-3"), *ot("6.2.2"), *iso("8.24", "5.17"), *soc("CC6.1")),
    observe=observe,
    sabotage=Sabotage(
        what="everybody on the historian may read the key with which it sends events",
        steps=_steps,
        flips=_flips,
    ),
)
