"""Which S3 serves which bucket of a lab, and whether it is believed: `bulkhead status` says it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bulkhead.controls.catalogue import log_storage
from bulkhead.controls.formats import restored
from bulkhead.controls.results import Observation
from bulkhead.plan import Plan, digest, logs
from infra.inventory.roles import OBJECTS

OTHERS = "every other bucket"
MOTO = (
    "it shortens a retention and suspends versioning when it is asked to (the WORM probe shows it)"
)


def buckets(plan: Plan, said: Mapping[str, Any], state: Path) -> list[dict[str, str]]:
    """A row for each bucket of logs, and one for what the lab's own API serves.

    said: the rest of the status. believed: `yes` and `no` are the latest verification's of this
    plan; `not verified` before one.
    """
    running = {row["host"]: row["address"] for row in said["hosts"] if row["running"]}
    seen = _verified(plan, state) if said.get("hosts_kind") == "machines" else {}
    rows = []
    for host in plan.hosts:
        if host.role == "logstore" and host.id in running and said["hosts_kind"] == "machines":
            believed, because = _believed(seen.get(host.id))
            served = f"MinIO on {host.id}, {running[host.id]}:{OBJECTS}"
            rows += [
                {"bucket": name, "served_by": served, "believed": believed, "because": because}
                for name in logs.buckets(plan, logs.stored(plan, host))
            ]
    moto = f"moto at {said['aws_endpoint']}"
    return [*rows, {"bucket": OTHERS, "served_by": moto, "believed": "no", "because": MOTO}]


def _verified(plan: Plan, state: Path) -> dict[str, Observation]:
    """What the control of log stores saw last of each host, of this very plan."""
    try:
        found = restored(json.loads((state.parent / "verify" / "lab.json").read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if found.digest != digest(plan):
        return {}
    rows = [row for row in found.results if row.control == log_storage.ID]
    return {seen.subject: seen for row in rows for seen in row.observations}


def _believed(seen: Observation | None) -> tuple[str, str]:
    if seen is None:
        return "not verified", "bulkhead verify tries it"
    words = {"pass": "yes", "fail": "no"}
    because = "it refused every attempt of the WORM probe" if seen.verdict == "pass" else ""
    return words.get(seen.verdict, seen.verdict), seen.because or because
