"""`bulkhead status`: what stands, and where its AWS API answers."""

import argparse
from typing import Any

from bulkhead.cli.common import add_environment, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "say what stands; --json gives aws_endpoint, access_key, secret_key and region"
    parser = verb(verbs, "status", run, text)
    add_environment(parser, "lab")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Print the region's state; 1 if it is degraded, 3 if none runs."""
    from bulkhead.cli import show
    from bulkhead.environments.lab import Lab

    status = Lab(state_of(args)).status()
    if args.json:
        show.as_json(status)
    else:
        rows = [(name, str(value)) for name, value in status.items() if name not in SECRET]
        show.table("Lab", ("what", "value"), [row for row in rows if row[0] not in APART])
        hosts = [
            (
                row["host"],
                row["address"],
                row["public"] or "",
                row["namespace"],
                row.get("health", "bare"),
            )
            for row in status["hosts"]
        ]
        if status["buckets"]:
            kept = [tuple(row[name] for name in BUCKET) for row in status["buckets"]]
            show.table("Buckets of logs", BUCKET, kept)
        show.table("Hosts", ("host", "address", "public", "namespace", "health"), hosts)
    return 1 if status["degraded"] else 0


APART = ("hosts", "buckets")
BUCKET = ("bucket", "served_by", "believed", "because")
SECRET = ("secret_key",)
"""Printed only where asked for by --json, never on a screen."""
