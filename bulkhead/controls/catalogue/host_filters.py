"""Each host's own packet filter is the one that its conduits make: deny, but for them."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import AcceptOnHost, Step
from bulkhead.network.filters import Unread
from bulkhead.network.hostrules import host_rules
from bulkhead.plan import Plan

ID = "host-filters"
EXPECTED = "a packet filter that denies, with one rule for each conduit of the host"
PORT = 4444


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host."""
    read, planned = facts.filters(), facts.planned_filters()
    for host in facts.hosts:
        for source in (read, planned):
            if isinstance(source, Unknown):
                yield unseen(host.id, EXPECTED, source)
                break
        else:
            assert not isinstance(read, Unknown)  # noqa: S101 (the loop above)
            assert not isinstance(planned, Unknown)  # noqa: S101
            found = read.get(host.id)
            if found is None or host.id not in planned:
                yield unseen(host.id, EXPECTED, Unknown("the host does not run"))
            elif isinstance(found, Unread):
                yield unseen(host.id, EXPECTED, Unknown(found.because))
            else:
                one = host_rules({host.id: planned[host.id]}, {host.id: found})
                faults = ["; ".join(row.because) for row in one]
                rules = sum(len(chain.rules) for chain in found.chains)
                yield judged(host.id, EXPECTED, faults, f"{rules} rules, all planned")


def _steps(plan: Plan) -> tuple[Step, ...]:
    return (AcceptOnHost(host=first(plan, "ingest").id, port=PORT),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "ingest").id)})


CONTROL = Control(
    id=ID,
    title="Each host closes itself",
    why="A security group that is opened by mistake opens nothing, as long as the host stays shut.",
    owner="shared",
    remediation="Configure the host again: `ansible-playbook … playbooks/site.yml -e force=true "
    "--limit HOST` loads the role baseline's rules.",
    reads="hosts: nftables' whole rule set, as the kernel holds it",
    meets=("SR 5.2 RE 1",),
    supports=("SR 7.1", "SR 7.7"),
    others=(*nist("SC-7(12)", "SC-7(5)"), *ot("6.2.1"), *iso("8.20"), *soc("CC6.6")),
    observe=observe,
    sabotage=Sabotage(
        what=f"the ingest host's own filter accepts tcp {PORT} from everywhere",
        steps=_steps,
        flips=_flips,
    ),
)
