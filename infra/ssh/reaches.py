"""How each host of a plan is reached: directly at its own door, or over a bastion."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from bulkhead.network.deployed import Deployed
from bulkhead.network.intent import Intent, intent
from bulkhead.network.ports import NUMBERS
from bulkhead.plan import Host, Plan
from bulkhead.wire.certificates import dotted
from infra.ssh.files import write
from infra.ssh.room import Room

PORT = 22
NOTE = "reaches.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """host: the plan's id. name: dotted. via: the name of the bastion, or None.

    namespace: for a host that is entered at its own door in the lab, the network namespace from
    which its own address answers (its loopback rule lets nobody else in).
    """

    host: str
    name: str
    instance: str
    account: str
    address: str
    namespace: str | None
    via: str | None


def reaches(
    plan: Plan, deployed: Deployed, namespace: Callable[[str], str] | None
) -> tuple[Reach, ...]:
    """The running hosts in the plan's order. namespace: of an instance; None outside the lab.

    Hosts that no bastion may reach are plants' own (managed on site) and the bastion itself.
    """
    running = {row.host: row for row in deployed.interfaces if row.running}
    intended = intent(plan)
    bastions = [host for host in plan.hosts if host.role == "bastion" and host.id in running]
    found = []
    for host in plan.hosts:
        row = running.get(host.id)
        if row is None:
            continue
        over = next((bastion for bastion in bastions if _may(intended, bastion, host)), None)
        found.append(
            Reach(
                host=host.id,
                name=dotted(host.id),
                instance=row.instance,
                account=row.account,
                address=row.address,
                namespace=namespace(row.instance) if namespace and over is None else None,
                via=dotted(over.id) if over else None,
            )
        )
    return tuple(found)


def keep(room: Room, rows: Iterable[Reach]) -> None:
    """Write down how hosts are reached, once everything else of the room is in order."""
    text = json.dumps([asdict(row) for row in rows], indent=1)
    write(room.directory / NOTE, text.encode(), 0o600)


def kept(room: Room, *, since: float) -> tuple[Reach, ...] | None:
    """What was written down after `since` (seconds since 1970); None if nothing was."""
    path = room.directory / NOTE
    try:
        if path.stat().st_mtime <= since:
            return None
        return tuple(Reach(**row) for row in json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _may(intended: Intent, bastion: Host, host: Host) -> bool:
    if bastion.id == host.id:
        return False
    return intended.allowed(bastion.id, host.id, "private").contains(NUMBERS["tcp"], PORT)
