"""Lines of the flow log and of the journal of calls, as they are delivered. Pure."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bulkhead.network.deployed import Interface
from bulkhead.plan import SHARED

INTERFACE = 2
"""The field of a flow log's line that names the interface."""


def tenants(interfaces: Iterable[Interface]) -> dict[str, str]:
    """Whose each interface is, by its id: the first part of its host's name."""
    return {row.id: row.host.partition("/")[0] for row in interfaces}


def owned(owners: Callable[[], Mapping[str, str]]) -> Callable[[bytes], bytes]:
    """Each flow's line behind its tenant's name and a tab; what nobody owns is the provider's.

    Decided once, when a line is read: a batch is split the same way whenever it is sent.
    """

    def select(text: bytes) -> bytes:
        known, rows = owners(), []
        for line in text.decode(errors="replace").splitlines():
            fields = line.split(" ", INTERFACE + 1)
            name = fields[INTERFACE] if len(fields) > INTERFACE else ""
            rows.append(f"{known.get(name, SHARED)}\t{line}\n")
        return "".join(rows).encode()

    return select


def split(prefixes: Mapping[str, str]) -> Callable[[bytes], Mapping[str, bytes]]:
    """The lines of `owned` by the prefix of their tenant, without its name."""

    def parts(text: bytes) -> Mapping[str, bytes]:
        found: dict[str, list[bytes]] = {}
        for line in text.splitlines(keepends=True):
            tenant, _, rest = line.partition(b"\t")
            prefix = prefixes.get(tenant.decode(), prefixes[SHARED])
            found.setdefault(prefix, []).append(rest)
        return {prefix: b"".join(rows) for prefix, rows in found.items()}

    return parts


def calls(text: bytes) -> bytes:
    """Journal lines as records with CloudTrail's names; bodies and headers are left out.

    Source: AWS CloudTrail User Guide, "CloudTrail record contents". A body may hold a secret.
    """
    return b"".join(_record(line) for line in text.splitlines())


def _record(line: bytes) -> bytes:
    try:
        said: dict[str, Any] = json.loads(line)
        record = {
            "eventTime": datetime.fromtimestamp(said["at"], UTC).isoformat(timespec="seconds"),
            "eventSource": f"{said['service']}.amazonaws.com",
            "eventName": said["action"] or said["method"],
            "awsRegion": said["region"],
            "recipientAccountId": said["account"],
            "userIdentity": {"accessKeyId": said["access_key"]},
            "eventID": str(said["number"]),
            "errorCode": "" if said["status"] < 400 else str(said["status"]),
        }
    except (ValueError, KeyError, TypeError):
        record = {"eventName": "unreadable"}
    return json.dumps(record, sort_keys=True).encode() + b"\n"
