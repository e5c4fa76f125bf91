"""The variables of each role, out of the plan's conduits and assets and the deployed addresses."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bulkhead.network.intent import Intent
from bulkhead.network.ports import NUMBERS
from bulkhead.plan import SHARED, Host, Plan, logs
from bulkhead.wire.certificates import dotted
from infra.inventory.addresses import Book
from infra.inventory.field import Wired, diode_port, gateway_of, polled_port, set_speed, wiring
from infra.inventory.firewall import PATHS
from infra.inventory.mesh import LOOPBACK, Mesh

SIGNALS = ("vibration", "temperature", "motor_current", "acoustic_emission")
PORTS = {"broker": 8883, "historian": 5432, "logstore": 6514, "plc": 502, "proxy": 3128}
"""Where a role listens unless a conduit says otherwise (on the flat tier none needs to)."""
TIME, SSH, NAMES, OBJECTS = 123, 22, 53, 9000
DELIVERY = "shared.region.delivery"
"""The name by which the lab's region delivers its flow logs and its journal of calls."""


class Roles:
    """`of(host)` gives the variables of the host's own role, and those of time and events."""

    def __init__(
        self,
        plan: Plan,
        intended: Intent,
        places: Book,
        *,
        steers_clock: bool,
        resolvers: tuple[str, ...] = (),
    ) -> None:
        self._plan = plan
        self._wiring = wiring(plan)
        self._intended = intended
        self._places = places
        self._steers = steers_clock
        self._mesh = Mesh(plan, intended, places, self._port)
        self._resolvers_outside = resolvers
        self._own: Mapping[str, Callable[[Host], dict[str, Any]]] = {
            "bastion": self._bastion,
            "logstore": self._logstore,
            "broker": self._broker,
            "gateway": self._gateway,
            "plc": self._plc,
            "ingest": self._ingest,
            "historian": self._historian,
            "proxy": self._proxy,
        }

    def of(self, host: Host) -> dict[str, Any]:
        """Everything but what all hosts have in common."""
        own = self._own.get(host.role)
        return {
            "baseline_events": self._events(host),
            "baseline_resolvers": self._resolvers(host),
            **self._time(host),
            **self._mesh.of(host),
            **(own(host) if own else {}),
        }

    def _events(self, host: Host) -> dict[str, Any]:
        """Where the host's events go; {} where no conduit leads from it to a log store."""
        for other in self._hosts("logstore"):
            port = self._port(other)
            if other.id != host.id and self._may(host, other, "tcp", port):
                # A tenant's own log store is vouched for by that tenant's authority.
                own = {"authority": authority(other)} if other.tenant not in ("", SHARED) else {}
                return {**self._end(other, port), **own}
        return {}

    def _resolvers(self, host: Host) -> list[str]:
        """Where the host asks for names: a proxy that a conduit leads it to, or nowhere."""
        asked = [row for row in self._hosts("proxy") if self._may(host, row, "udp", NAMES)]
        return [self._private(row) for row in asked]

    def _proxy(self, host: Host) -> dict[str, Any]:
        port = self._port(host)
        clients = [
            row
            for row in self._plan.hosts
            if self._may(row, host, "tcp", port) or self._may(row, host, "udp", NAMES)
        ]
        tenants = {row.tenant or SHARED for row in clients}
        return {
            "proxy_address": self._private(host),
            "proxy_port": port,
            "proxy_clients": [self._client(row) for row in clients],
            "proxy_allowances": [
                {name: getattr(row, name) for name in ("id", "tenant", "value", "owner", "expires")}
                for row in self._plan.allowances
                if row.kind == "egress" and row.tenant in tenants
            ],
            "proxy_resolvers": list(self._resolvers_outside),
        }

    def _client(self, host: Host) -> dict[str, Any]:
        """What its proxy knows of a host: who it is, and whom a private conduit leads it to."""
        known = (row for row in self._plan.hosts if row.id != host.id)
        targets = [row for row in known if self._intended.allowed(host.id, row.id, "private")]
        return {
            "name": dotted(host.id),
            "address": self._private(host),
            "tenant": host.tenant or SHARED,
            "authority": authority(host),
            "targets": {dotted(row.id): self._private(row) for row in targets},
        }

    def _time(self, host: Host) -> dict[str, Any]:
        servers = [row for row in self._plan.hosts if self._may(host, row, "udp", TIME)]
        clients = [row for row in self._plan.hosts if self._may(row, host, "udp", TIME)]
        proxies = {row.id for row in self._hosts("proxy")}
        return {
            "timesync_servers": [self._private(row) for row in servers if row.id in proxies],
            "timesync_serves": self._peers(clients) if host.id in proxies else [],
            "timesync_steers": self._steers,
        }

    def _bastion(self, host: Host) -> dict[str, Any]:
        targets = [row for row in self._plan.hosts if self._may(host, row, "tcp", SSH)]
        return {"bastion_targets": [self._private(row) for row in targets]}

    def _logstore(self, host: Host) -> dict[str, Any]:
        port = self._port(host)
        senders = [row for row in self._plan.hosts if self._may(row, host, "tcp", port)]
        return {
            "logstore_port": port,
            "logstore_anchors": sorted({authority(row) for row in senders}),
            **self._objectstore(host),
            **self._shipper(host),
        }

    def _objectstore(self, host: Host) -> dict[str, Any]:
        """The store on the same host: its buckets, and who may put where."""
        tenants = logs.stored(self._plan, host)
        kept = logs.buckets(self._plan, tenants)
        return {
            "objectstore_address": self._private(host),
            "objectstore_port": OBJECTS,
            "objectstore_buckets": [{"name": name, "days": kept[name]} for name in sorted(kept)],
            "objectstore_putters": [
                {"name": dotted(host.id), "prefixes": self._prefixes(tenants, "events")},
                {"name": DELIVERY, "prefixes": self._prefixes(tenants, "flows", "api")},
            ],
        }

    def _prefixes(self, tenants: Iterable[str], *kinds: logs.Kind) -> list[str]:
        return [logs.prefix(self._plan, row, kind) for kind in kinds for row in tenants]

    def _shipper(self, host: Host) -> dict[str, Any]:
        """Where the collector's events go: the store on its own host."""
        tenants = logs.stored(self._plan, host)
        return {
            "shipper_store": self._end(host, OBJECTS),
            "shipper_prefixes": [
                {"tenant": row, "prefix": logs.prefix(self._plan, row, "events")} for row in tenants
            ],
            "shipper_other": logs.prefix(self._plan, host.tenant, "events"),
        }

    def _broker(self, host: Host) -> dict[str, Any]:
        tenant = {
            "tenant": host.tenant,
            "port": self._port(host),
            "anchors": sorted({f"{host.tenant}/device", f"{host.tenant}/workload"}),
            "clients": self._clients(host, ("gateway", "ingest", "inference")),
        }
        listen = {"broker_listen": LOOPBACK} if host.sidecar else {}
        return {"broker_tenants": [tenant], **listen}

    def _gateway(self, host: Host) -> dict[str, Any]:
        return {
            "gateway_tenant": host.tenant,
            "gateway_broker": self._server("broker", host),
            "gateway_source": "field",
            # Wherever we configure a gateway it stands for a customer's, and maybe for no plant.
            "gateway_standin": True,
            "gateway_controllers": self._controllers(host),
            "gateway_devices": self._devices(host),
            "gateway_seed": int(hashlib.sha256(host.id.encode()).hexdigest()[:8], 16),
        }

    def _ingest(self, host: Host) -> dict[str, Any]:
        return {
            "ingest_tenant": host.tenant,
            "ingest_broker": self._server("broker", host),
            "ingest_historian": self._server("historian", host),
        }

    def _historian(self, host: Host) -> dict[str, Any]:
        port = self._port(host)
        clients = [
            row
            for row in self._hosts("ingest", "inference")
            if row.tenant == host.tenant and self._may(row, host, "tcp", port)
        ]
        return {
            "historian_tenants": [host.tenant],
            "historian_clients": [
                {"name": dotted(row.id), "tenant": row.tenant, "kind": row.role} for row in clients
            ],
            **({"historian_listen": LOOPBACK} if host.sidecar else {}),
            # Behind its sidecar it sees no other peer than that.
            "historian_peers": [f"{LOOPBACK}/32"] if host.sidecar else self._peers(clients),
        }

    def _clients(self, host: Host, kinds: tuple[str, ...]) -> list[dict[str, str]]:
        port = self._port(host)
        return [
            {"name": dotted(row.id), "kind": row.role}
            for row in self._hosts(*kinds)
            if row.tenant == host.tenant and self._may(row, host, "tcp", port)
        ]

    def _server(self, role: str, client: Host) -> dict[str, Any]:
        """The client's own tenant's first server of that role that it may reach; {} if none."""
        for row in self._hosts(role):
            port = self._port(row)
            if row.tenant == client.tenant and self._may(client, row, "tcp", port):
                meshed = self._mesh.end(client, row)
                if meshed:
                    return {"address": meshed["listen"], "port": port, "name": dotted(row.id)}
                return self._end(row, port, public=not self._may(client, row, "tcp", port, False))
        return {}

    def _end(self, host: Host, port: int, *, public: bool = False) -> dict[str, Any]:
        place = self._places[host.id]
        address = place.public if public else place.address
        return {"address": address, "port": port, "name": dotted(host.id)}

    def _plc(self, host: Host) -> dict[str, Any]:
        """The controller's own port and devices, in the order of its register map."""
        gateway = gateway_of(self._plan, host)
        if gateway is None:
            return {"plc_port": PORTS["plc"], "plc_speed": 0, "plc_devices": []}
        rows = [row for row in self._wiring if row.host == host.id]
        return {
            "plc_port": polled_port(self._plan, gateway, host, PORTS["plc"]),
            "plc_speed": set_speed(self._plan, host.id),
            "plc_devices": [{"id": row.device, "signals": list(SIGNALS)} for row in rows],
            **self._sends(host, gateway),
        }

    def _sends(self, controller: Host, gateway: Host) -> dict[str, Any]:
        """Where a controller behind a diode sends its scans; nothing for one that is polled."""
        port = diode_port(self._plan, gateway, controller)
        return {"plc_diode": [{"address": self._private(gateway), "port": port}]} if port else {}

    def _devices(self, gateway: Host) -> list[dict[str, Any]]:
        """A device for each spindle that the gateway, or a controller behind it, speaks for."""
        return [
            {"id": row.device, "signals": list(SIGNALS), **_behind(row)}
            for row in self._wiring
            if row.gateway == gateway.id
        ]

    def _controllers(self, gateway: Host) -> list[dict[str, Any]]:
        """How the gateway reaches each controller that something is wired to."""
        used = {row.host for row in self._wiring if row.gateway == gateway.id}
        return [
            {
                "id": _short(row.id),
                "address": self._private(row),
                **self._asked(gateway, row),
            }
            for row in self._hosts("plc")
            if row.id in used
        ]

    def _asked(self, gateway: Host, controller: Host) -> dict[str, Any]:
        """At which port a controller is polled, or at which its datagrams come over a diode."""
        if port := diode_port(self._plan, gateway, controller):
            return {"port": port, "diode": True}
        return {"port": polled_port(self._plan, gateway, controller, PORTS["plc"])}

    def _hosts(self, *roles: str) -> list[Host]:
        return [host for host in self._plan.hosts if host.role in roles]

    def _port(self, host: Host) -> int:
        """Where the host's role listens: what a conduit into it, mediated by it, says."""
        for conduit in self._plan.conduits:
            asked = conduit.mediator.endswith(f".{host.role}") and host.group in conduit.targets
            if asked and conduit.service.protocol == "tcp":
                return conduit.service.first
        return PORTS[host.role]

    def _may(
        self, source: Host, target: Host, protocol: str, port: int, public: bool = True
    ) -> bool:
        """Whether the plan intends it, by the private path or (if `public`) by any."""
        paths = PATHS if public else PATHS[:1]
        number = NUMBERS[protocol]
        return source.id != target.id and any(
            self._intended.allowed(source.id, target.id, path).contains(number, port)
            for path in paths
        )

    def _private(self, host: Host) -> str:
        return self._places[host.id].address

    def _peers(self, hosts: list[Host]) -> list[str]:
        return sorted({f"{self._private(row)}/32" for row in hosts})


def authority(host: Host) -> str:
    """The authority that issues the host's certificate: its tenant's for devices, or workloads."""
    owner = host.tenant or SHARED
    return f"{owner}/{'device' if host.role in ('gateway', 'plc') else 'workload'}"


def _behind(row: Wired) -> dict[str, Any]:
    return {} if row.block is None else {"behind": _short(row.host), "block": row.block}


def _short(host: str) -> str:
    return host.rpartition("/")[2]
