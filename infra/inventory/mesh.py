"""The variables of a host's sidecar: who may come in where, and where its own clients go. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bulkhead.network.intent import Intent
from bulkhead.network.ports import TCP
from bulkhead.plan import Host, Path, Plan
from bulkhead.wire.certificates import dotted, spiffe_id
from infra.inventory.addresses import Book

SERVED = ("broker", "historian")
"""Roles whose service stands behind the sidecar of its host."""
LOOPBACK = "127.0.0.1"
PATHS: tuple[Path, ...] = ("private", "public")


@dataclass(frozen=True, slots=True)
class Mesh:
    """Sidecars of a plan. port: where a host's role listens."""

    plan: Plan
    intended: Intent
    places: Book
    port: Callable[[Host], int]

    def of(self, host: Host) -> dict[str, Any]:
        """`sidecar_*`; {} for a host that has none."""
        if not host.sidecar:
            return {}
        return {
            "sidecar_identity": identity(self.plan, host),
            "sidecar_address": self.places[host.id].address,
            "sidecar_inbound": [self._inbound(host)] if host.role in SERVED else [],
            "sidecar_outbound": self._outbound(host),
        }

    def end(self, client: Host, server: Host) -> Mapping[str, Any] | None:
        """Where the client's own sidecar takes what is for the server; None outside the mesh."""
        if not (client.sidecar and server.sidecar):
            return None
        rows = self._outbound(client)
        return next((row for row in rows if row["name"] == dotted(server.id)), None)

    def _inbound(self, host: Host) -> dict[str, Any]:
        port = self.port(host)
        sources = [row for row in self.plan.hosts if self._may(row, host)]
        return {
            "port": port,
            "allowed": sorted({identity(self.plan, row) for row in sources if row.sidecar}),
            "devices": sorted(
                f"{address}/32"
                for row in sources
                if not row.sidecar
                for address in self._seen(row, host, port)
            ),
        }

    def _outbound(self, host: Host) -> list[dict[str, Any]]:
        """Each server has an address of loopback of its own, so that no two want one port."""
        servers = [
            row
            for row in self.plan.hosts
            if row.sidecar and row.role in SERVED and self._may(host, row)
        ]
        return [
            {
                "listen": f"127.0.1.{number}",
                "port": self.port(row),
                "address": self.places[row.id].address,
                "name": dotted(row.id),
                "identity": identity(self.plan, row),
            }
            for number, row in enumerate(servers, start=1)
        ]

    def _may(self, row: Host, other: Host) -> bool:
        port = self.port(other)
        return row.id != other.id and any(self._by(row, other, port, path) for path in PATHS)

    def _by(self, row: Host, other: Host, port: int, path: Path) -> bool:
        return self.intended.allowed(row.id, other.id, path).contains(TCP, port)

    def _seen(self, row: Host, other: Host, port: int) -> list[str]:
        """The addresses from which a host without a sidecar is seen to come."""
        place = self.places[row.id]
        by = {"private": place.address, "public": place.public}
        return [
            address for path in PATHS if (address := by[path]) and self._by(row, other, port, path)
        ]


def identity(plan: Plan, host: Host) -> str:
    """The SPIFFE id of the workload that all hosts of this role in this zone are."""
    return spiffe_id(plan.estate, f"{host.zone}/{host.role}")
