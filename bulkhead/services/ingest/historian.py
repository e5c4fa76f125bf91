"""Writes batches to the historian: one transaction each, numbered, so that none counts twice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from bulkhead.services.ingest.config import Config
from bulkhead.services.ingest.rows import Batch, Node, Value

Away = psycopg.Error
"""What every call here raises when the historian is not there or does not let us in."""

_VALUES = """
WITH fresh AS (
    INSERT INTO bulkhead.measurements (tenant, node, device, signal, at, value, historical)
    SELECT %(tenant)s, * FROM unnest(
        %(nodes)s::text[], %(devices)s::text[], %(signals)s::text[], %(times)s::timestamptz[],
        %(values)s::float8[], %(historical)s::bool[]
    )
    ON CONFLICT DO NOTHING
    RETURNING node
)
SELECT node, count(*) FROM fresh GROUP BY node
"""
_STATE = (
    "bd_seq", "seq", "online", "births", "devices", "last_at",
    "taken", "waiting", "dropped", "stored", "refused", "before",
)  # fmt: skip
"""Columns of table nodes that are read back, in this order; `lost` follows from them."""
_NODES = f"SELECT node, {', '.join(_STATE)} FROM bulkhead.nodes WHERE tenant = %s"  # noqa: S608
_NODE = f"""
INSERT INTO bulkhead.nodes (tenant, node, {", ".join(_STATE)}, lost)
VALUES (%s, %s, {", ".join("%s" for _ in _STATE)}, %s)
ON CONFLICT (tenant, node) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in (*_STATE, "lost"))}
"""  # noqa: S608 (names from the tuple above)
_CHECKPOINT = """
INSERT INTO bulkhead.checkpoints VALUES (%s, %s, %s)
ON CONFLICT (tenant, writer) DO UPDATE SET batch = excluded.batch
WHERE checkpoints.batch = excluded.batch - 1
"""
_GAP = """
INSERT INTO bulkhead.gaps (tenant, node, missed, after_at, before_at) VALUES (%s, %s, %s, %s, %s)
"""
_REFUSAL = """
INSERT INTO bulkhead.quarantine (tenant, topic, reason, detail, size, payload)
VALUES (%s, %s, %s, %s, %s, %s)
"""


class OtherTenant(Exception):
    """The historian says by our certificate that we write for another tenant, or for none."""


@dataclass(slots=True)
class Historian:
    """One connection; `None` while there is none."""

    config: Config
    _open: psycopg.Connection[Any] | None = None

    def connect(self) -> None:
        """Connect, and be told by our own certificate whose rows these are. Raises as above."""
        self.close()
        peer, tls, tenant = self.config.historian, self.config.tls, self.config.tenant
        opened = psycopg.connect(
            host=peer.name,
            hostaddr=peer.address,
            port=peer.port,
            dbname="historian",
            user=f"{tenant}_ingest",
            sslmode="verify-full",
            ssl_min_protocol_version="TLSv1.3",
            sslcert=str(tls.certificate),
            sslkey=str(tls.key),
            sslrootcert=str(tls.anchors),
            sslcrl=str(tls.revocations),
            connect_timeout=5,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=10_000,
            application_name=self.config.name,
            options="-c statement_timeout=30s",
        )
        self._open = opened
        with opened.transaction():
            row = opened.execute("SELECT bulkhead.own_tenant()").fetchone()
        if row is None or row[0] != tenant:
            self.close()
            raise OtherTenant(f"own tenant is {row[0] if row else None!r}, not {tenant!r}")

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._open is not None:
            self._open.close()
            self._open = None

    @property
    def connected(self) -> bool:
        """Whether a connection was made and has not been found broken."""
        return self._open is not None and not self._open.closed

    def nodes(self) -> dict[str, Node]:
        """The state of every node, as of the last commit."""
        with self._cursor() as cursor:
            cursor.execute(_NODES, (self.config.tenant,))
            return {row[0]: _node(row) for row in cursor}

    def committed(self) -> int:
        """The number of the last batch that was committed; 0 before the first."""
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT batch FROM bulkhead.checkpoints WHERE tenant = %s AND writer = %s",
                (self.config.tenant, self.config.name),
            )
            row = cursor.fetchone()
            return int(row[0]) if row else 0

    def write(self, number: int, batch: Batch) -> dict[str, int]:
        """Commit a batch, whole or not at all; how many of its values were new, by node."""
        with self._cursor() as cursor:
            return self._write(cursor, number, batch)

    def _write(self, cursor: psycopg.Cursor[Any], number: int, batch: Batch) -> dict[str, int]:
        tenant, fresh = self.config.tenant, dict[str, int]()
        cursor.execute(_CHECKPOINT, (tenant, self.config.name, number))
        if cursor.rowcount != 1:  # an older process of this name, half dead, or a newer one
            raise psycopg.OperationalError(f"batch {number} is not the next: another one writes")
        if batch.values:
            cursor.execute(_VALUES, {"tenant": tenant, **_columns(batch.values)})
            fresh = dict(cursor.fetchall())
        nodes = [_node_row(tenant, node, fresh.get(name, 0)) for name, node in batch.nodes.items()]
        gaps = [(tenant, g.node, g.missed, _utc(g.after), _utc(g.before)) for g in batch.gaps]
        kept = [(tenant, r.topic, r.reason, r.detail, r.size, r.payload) for r in batch.refusals]
        for query, rows in ((_NODE, nodes), (_GAP, gaps), (_REFUSAL, kept)):
            if rows:
                cursor.executemany(query, rows)
        return fresh

    def _cursor(self) -> "_Transaction":
        if self._open is None:
            raise psycopg.OperationalError("not connected")
        return _Transaction(self._open)


class _Transaction:
    """A cursor whose statements are one transaction, committed at the end."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._block = connection.transaction()
        self._connection = connection

    def __enter__(self) -> psycopg.Cursor[Any]:
        self._block.__enter__()
        return self._connection.cursor()

    def __exit__(self, *error: Any) -> None:
        self._block.__exit__(*error)


def _columns(values: Sequence[Value]) -> dict[str, list[Any]]:
    readings = [value.reading for value in values]
    return {
        "nodes": [value.node for value in values],
        "devices": [row.device for row in readings],
        "signals": [row.signal for row in readings],
        "times": [_utc(row.at) for row in readings],
        "values": [row.value for row in readings],
        "historical": [row.is_historical for row in readings],
    }


def _utc(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def _node_row(tenant: str, node: Node, fresh: int) -> tuple[Any, ...]:
    """The node as it stands once `fresh` more of its values are stored."""
    last = None if node.last_at is None else _utc(node.last_at)
    state = (node.bd_seq, node.seq, node.online, node.births, json.dumps(node.devices), last)
    stored = node.stored + fresh
    counts = (node.taken, node.waiting, node.dropped, stored, node.refused, node.before)
    return (tenant, node.name, *state, *counts, node.lost(stored))


def _node(row: Sequence[Any]) -> Node:
    state = dict(zip(_STATE, row[1:], strict=True))
    state["last_at"] = _milliseconds(state["last_at"])
    return Node(name=row[0], **state)
