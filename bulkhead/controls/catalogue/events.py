"""Hosts keep their events, send them away, and they arrive: by sending one and looking for it."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.network.intent import Intent
from bulkhead.network.ports import TCP
from bulkhead.plan import Host, Plan

ID = "events"
EXPECTED = "a journal on disk, a forwarder that runs, and this run's own event in the log store"
PORT = 6514


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host that has a way to the log store, and for the store itself."""
    for host in senders(facts.hosts, facts.intended):
        found, arrived = facts.machine(host.id), facts.arrived(host.id)
        journal = found if isinstance(found, Unknown) else found.journal
        if isinstance(journal, Unknown):
            yield unseen(host.id, EXPECTED, journal)
            continue
        faults = [] if journal.persistent else ["its journal does not outlive a restart"]
        if journal.forwarder != "active":
            faults.append(f"its forwarder is {journal.forwarder}")
        if arrived is None:
            faults.append("the event that it was given did not arrive in the log store")
        if not faults and isinstance(arrived, Unknown):
            yield unseen(host.id, EXPECTED, arrived)
        else:
            seconds = f"after {arrived:.1f} s" if isinstance(arrived, float) else ""
            yield judged(host.id, EXPECTED, faults, f"its event arrived {seconds}".rstrip())


def senders(hosts: tuple[Host, ...], intended: Intent) -> tuple[Host, ...]:
    """The hosts whose events a log store should hold."""
    stores = [host.id for host in hosts if host.role == "logstore"]
    return tuple(
        host
        for host in hosts
        if host.id in stores
        or any(intended.allowed(host.id, row, "private").contains(TCP, PORT) for row in stores)
    )


def _steps(plan: Plan) -> tuple[Step, ...]:
    host = first(plan, "inference").id
    return (OnHost(host=host, do="systemctl stop syslog-ng", undo="systemctl start syslog-ng"),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "inference").id)})


CONTROL = Control(
    id=ID,
    title="Every host's events arrive in the log store",
    why="Events that stay on the host are the attacker's to delete.",
    owner="provider",
    remediation="Start syslog-ng on the host and read its journal; events waited on its disk and "
    "are sent then.",
    reads="hosts: journal and forwarder; logs: an event of this run's in the log store's file",
    meets=("SR 2.8", "SR 2.8 RE 1", "SR 6.1", "SR 6.1 RE 1"),
    supports=("SR 6.2", "SR 2.9", "SR 2.10", "SR 3.9", "SR 2.12"),
    others=(
        *nist("AU-2", "AU-4(1)", "AU-6", "AU-9(2)", "AU-12", "SI-4"),
        *ot("6.3.1"),
        *iso("8.15", "8.16"),
        *soc("CC7.2"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what="the forwarder of events is stopped on the inference host", steps=_steps, flips=_flips
    ),
)
