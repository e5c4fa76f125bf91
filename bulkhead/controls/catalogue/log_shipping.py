"""Collected events reach the store of logs soon, by an identity that can put and no more."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.controls.stored import Shipping
from bulkhead.plan import Plan
from bulkhead.wire.certificates import dotted

ID = "log-shipping"
LATE = 120.0
"""Seconds that a batch may wait, and that a shipper may say nothing."""
EXPECTED = "nothing waits long, nothing stands in the way, and its identity may only put"
ON_HOST = "PYTHONPATH=/opt/bulkhead/lib python3 -BsP"
FILE = "/etc/bulkhead/objectstore.toml"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host that collects events."""
    for host in facts.hosts:
        if host.role != "logstore":
            continue
        found = facts.shipping(host.id)
        if isinstance(found, Unknown):
            yield unseen(host.id, EXPECTED, found)
        else:
            tried = ", ".join(f"{name}: {word}" for name, word in sorted(found.may.items()))
            yield judged(host.id, EXPECTED, _faults(found), f"{found.waiting} wait; {tried}")


def _faults(found: Shipping) -> Iterator[str]:
    if found.age > LATE:
        yield f"the shipper has said nothing for {found.age:.0f} s"
    if found.waited > LATE:
        yield f"the oldest of {found.waiting} batches has waited for {found.waited:.0f} s"
    if found.damaged:
        yield f"the disk did not keep {found.damaged} batches"
    yield from found.faults
    for name, result in sorted(found.may.items()):
        if result != "refused":
            yield f"its identity may {name}" if result == "allowed" else f"{name}: {result}"


def _steps(plan: Plan) -> tuple[Step, ...]:
    host = first(plan, "logstore").id
    code = (
        "from pathlib import Path; from bulkhead.services.objectstore import config, settle; "
        f'c = config.load(Path(\\"{FILE}\\")); s = config.opened(c); '
        f'r = next(p for p in c.putters if p.name == \\"{dotted(host)}\\"); '
        'settle.policy(s, r, (\\"s3:PutObject\\", \\"s3:GetObject\\"))'
    )
    undo = f"{ON_HOST} -m bulkhead.services.objectstore settle {FILE}"
    return (OnHost(host=host, do=f'{ON_HOST} -c "{code}"', undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "logstore").id)})


CONTROL = Control(
    id=ID,
    title="Collected events reach the store of logs, and who puts them may only put",
    why="Logs that wait on the collector fall with it; and who puts them need not read them.",
    owner="provider",
    remediation="Read the journals of bulkhead-shipper and bulkhead-objectstore; what waits is in "
    "the spool, and is sent once the store takes it. `settle` on the store's host sets policies.",
    reads="the collector: its shipper's own word, and what its identity is refused when tried",
    meets=(),
    supports=("SR 2.10", "SR 2.1", "SR 3.9", "SR 6.1"),
    others=(*nist("AU-4(1)", "AU-5", "AC-6"), *ot("6.3.1"), *iso("8.15"), *soc("CC7.2", "CC6.1")),
    observe=observe,
    sabotage=Sabotage(
        what="the policy of the identity that puts events lets it read them too",
        steps=_steps,
        flips=_flips,
    ),
)
