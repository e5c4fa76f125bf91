"""How a plan's machines are wired: whose wires carry each spindle, and its gateway. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.plan import Host, Plan
from bulkhead.wire.registers import SPEEDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """A device: one spindle, under the name by which its gateway speaks of it.

    machine: its asset's short name. host: where its wires end, the gateway itself or a controller
    behind it; block: its place in that controller's register map, None at a gateway.
    """

    site: str
    machine: str
    device: str
    gateway: str
    host: str
    block: int | None


def wiring(plan: Plan) -> tuple[Wired, ...]:
    """Every spindle that a gateway speaks for, in the order of the plan's assets."""
    found = []
    blocks: Counter[str] = Counter()
    hosts = {host.id: host for host in plan.hosts}
    for asset in plan.assets:
        host = hosts.get(asset.behind)
        gateway = None if host is None else gateway_of(plan, host)
        if host is None or gateway is None:
            continue
        for spindle in _spindles(asset.attributes):
            machine = asset.id.rpartition("/")[2]
            block = blocks[host.id] if host.id != gateway.id else None
            blocks[host.id] += 1
            found.append(
                Wired(
                    site=asset.site,
                    machine=machine,
                    device=f"{machine}.{spindle}",
                    gateway=gateway.id,
                    host=host.id,
                    block=block,
                )
            )
    return tuple(found)


def gateway_of(plan: Plan, host: Host) -> Host | None:
    """The gateway that speaks for a gateway or controller: itself, or what it is behind."""
    if host.role == "gateway":
        return host
    if host.role != "plc":
        return None
    asset = f"{host.zone.rpartition('/')[0]}/{host.id.rpartition('/')[2]}"
    behind = {row.behind for row in plan.assets if row.id == asset and row.kind == "plc"}
    return next((row for row in plan.hosts if row.role == "gateway" and row.id in behind), None)


def polled_port(plan: Plan, gateway: Host, controller: Host, usual: int) -> int:
    """Where a controller answers its gateway: what the conduit between them says."""
    for conduit in plan.conduits:
        joins = gateway.group in conduit.sources and controller.group in conduit.targets
        if joins and conduit.service.protocol == "tcp":
            return conduit.service.first
    return usual


def diode_port(plan: Plan, gateway: Host, controller: Host) -> int | None:
    """Where a gateway takes what its controller sends one way; None where it polls it."""
    for conduit in plan.conduits:
        joins = controller.group in conduit.sources and gateway.group in conduit.targets
        if joins and conduit.oneway:
            return conduit.service.first
    return None


def set_speed(plan: Plan, controller: str) -> int:
    """What a controller is set to: the highest speed that a spindle behind it has, rpm."""
    written = [
        int(value)
        for asset in plan.assets
        if asset.behind == controller
        for name, value in asset.attributes
        if name.endswith(".speed_rpm")
    ]
    return min(max(written, default=0), SPEEDS[1])


def _spindles(attributes: Sequence[tuple[str, str]]) -> list[str]:
    names = {name.partition(".")[0] for name, _ in attributes if name.startswith("spindle-")}
    return sorted(names)
