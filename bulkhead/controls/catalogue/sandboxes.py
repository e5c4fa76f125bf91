"""Services that face the network run as nobody in particular, in a sandbox of systemd's."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts
from bulkhead.controls.looking import first, on_hosts
from bulkhead.controls.machine import Service
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.plan import Host, Plan

ID = "sandboxes"
EXPECTED = "an account of its own, no capability, no new privileges, system calls filtered"
UNITS = {
    "broker": ("mosquitto@{tenant}.service",),
    "gateway": ("bulkhead-gateway.service",),
    "ingest": ("bulkhead-ingest.service",),
    "historian": ("postgresql@15-main.service",),
    "logstore": ("syslog-ng.service", "bulkhead-objectstore.service", "bulkhead-shipper.service"),
    "plc": ("bulkhead-plc.service",),
    "proxy": ("squid.service", "unbound.service"),
}
"""The units that face the network, by the host's role."""
SIDECAR = "bulkhead-sidecar.service"
"""The unit before the services of a host of the mesh."""
CAPABILITIES = {
    "bulkhead-plc.service": ("cap_net_bind_service", 1 << 10),
    "unbound.service": ("cap_net_bind_service", 1 << 10),
}
"""What a unit that listens below port 1024 must be able to do: its name, and its bit. No other."""
STANDINS = ("bulkhead-objectstore.service",)
"""What an account has as a service of AWS's: its unit says itself that it is not wanted there."""
WANTED = {"NoNewPrivileges": ("yes",), "ProtectSystem": ("strict", "full"), "PrivateTmp": ("yes",)}
ROOM = "/run/systemd/system/bulkhead-ingest.service.d"


def units(host: Host) -> tuple[str, ...]:
    """The units of a host that are asked about."""
    own = tuple(row.format(tenant=host.tenant) for row in UNITS.get(host.role, ()))
    return (*own, SIDECAR) if host.sidecar else own


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host with a service of ours."""
    hosts = [host for host in facts.hosts if units(host)]
    return on_hosts(facts, EXPECTED, lambda machine: machine.services, _judge, hosts)


def _judge(host: Host, found: tuple[Service, ...]) -> tuple[list[str], str]:
    there = {row.unit: row for row in found}
    faults = [f"{unit} is not there" for unit in units(host) if unit not in there]
    faults += [fault for unit in units(host) if unit in there for fault in _faults(there[unit])]
    told = ", ".join(f"{row.unit} as {row.settings.get('User')}" for row in found)
    return faults, told


def _faults(row: Service) -> Iterator[str]:
    if row.unit in STANDINS and row.settings.get("ConditionResult") == "no":
        return
    if row.settings.get("ActiveState") != "active":
        yield f"{row.unit} is {row.settings.get('ActiveState', 'not told')}"
    if row.settings.get("User", "") in ("", "root"):
        yield f"{row.unit} runs as root"
    may, effective = CAPABILITIES.get(row.unit, ("", 0))
    if (bounds := row.settings.get("CapabilityBoundingSet", "not told")) != may:
        yield f"{row.unit} may have capabilities ({bounds})"
    if not row.settings.get("SystemCallFilter"):
        yield f"{row.unit} may call everything in the kernel"
    for name, allowed in WANTED.items():
        if row.settings.get(name) not in allowed:
            yield f"{row.unit}: {name} is {row.settings.get(name, 'not told')}"
    # What the kernel says of the living process: a unit that was changed later changes nothing.
    living = {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": f"{effective:016x}"}
    for name, value in living.items():
        if row.process.get(name) != value:
            yield f"{row.unit}'s process has {name} {row.process.get(name, 'not told')}"


def _steps(plan: Plan) -> tuple[Step, ...]:
    do = f"mkdir -p {ROOM} && printf '[Service]\\nNoNewPrivileges=no\\nSystemCallFilter=\\n"
    do += f"ProtectSystem=no\\n' > {ROOM}/99-sabotage.conf && systemctl daemon-reload"
    undo = f"rm -f {ROOM}/99-sabotage.conf && systemctl daemon-reload"
    return (OnHost(host=first(plan, "ingest").id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "ingest").id)})


CONTROL = Control(
    id=ID,
    title="Services that face the network are confined",
    why="Whoever takes over a parser gets what its process may do; that should be next to nothing.",
    owner="provider",
    remediation="Remove what overrides the unit (`systemctl revert UNIT`), then restart it.",
    reads="hosts: systemd's settings of each unit, and /proc of its main process",
    meets=("SR 5.4",),
    supports=("SR 2.1", "SR 3.4", "SR 7.2", "SR 7.7"),
    others=(*nist("AC-6", "SC-39", "CM-7"), *ot("6.2.4"), *iso("8.2", "8.9"), *soc("CC6.1")),
    observe=observe,
    sabotage=Sabotage(
        what="a drop-in takes the ingest service's sandbox away",
        steps=_steps,
        flips=_flips,
    ),
)
