"""Hosts agree on the time, and follow the estate's own source where a conduit leads to it."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts
from bulkhead.controls.looking import first, on_hosts
from bulkhead.controls.machine import Clock
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.network.ports import UDP
from bulkhead.plan import Host, Plan

ID = "clocks"
EXPECTED = "chrony runs, follows the estate's source, and agrees with ours within a second"
MOST = 1.0
"""Seconds by which a host's clock may differ from ours, beside what the way there takes."""
NTP = 123


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host."""
    intended = facts.intended
    others = [host.id for host in facts.hosts if host.role == "proxy"]

    def judge(host: Host, clock: Clock) -> tuple[list[str], str]:
        asks = any(
            intended.allowed(host.id, other, "private").contains(UDP, NTP)
            for other in others
            if other != host.id
        )
        return list(_faults(clock, asks)), f"within {MOST:g} s of ours; " + (
            f"follows {clock.source}" if clock.source else "keeps its own time"
        )

    return on_hosts(facts, EXPECTED, lambda machine: machine.clock, judge)


def _faults(clock: Clock, asks: bool) -> Iterator[str]:
    if not clock.active:
        yield "chronyd does not run"
    elif asks and not clock.source:
        yield "chrony follows no source"
    if abs(clock.offset) > MOST + clock.uncertain:
        yield f"its clock is {clock.offset:+.1f} s off (±{clock.uncertain:.1f} s)"


def _steps(plan: Plan) -> tuple[Step, ...]:
    host = first(plan, "bastion").id
    return (OnHost(host=host, do="systemctl stop chrony", undo="systemctl start chrony"),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "bastion").id)})


CONTROL = Control(
    id=ID,
    title="Hosts agree on the time",
    why="Events of clocks that differ cannot be put in order, and certificates end at other times.",
    owner="provider",
    remediation="Start chrony and see `chronyc sources`; the conduit `time` leads to its source.",
    reads="hosts: chronyd's state and source, and the host's clock against ours",
    meets=("SR 2.11", "SR 2.11 RE 1"),
    supports=("SR 2.8",),
    others=(*nist("AU-8", "SC-45"), *ot("6.2.3"), *iso("8.17"), *soc("CC7.2")),
    observe=observe,
    sabotage=Sabotage(what="chrony is stopped on the bastion", steps=_steps, flips=_flips),
)
