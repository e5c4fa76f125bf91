"""`bulkhead logs`: a host's journal."""

import argparse
from typing import Any

from bulkhead.cli.common import add_hosts_environment, entry_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    parser = verb(verbs, "logs", run, "show a host's journal")
    parser.add_argument("host", metavar="HOST", help="a host's id, as `plan` and `status` show it")
    parser.add_argument("--unit", metavar="UNIT", help="of one unit, e.g. bulkhead-gateway")
    parser.add_argument("--since", metavar="WHEN", help="e.g. '10 min ago', as journalctl takes it")
    parser.add_argument("--follow", action="store_true", help="go on until interrupted")
    add_hosts_environment(parser)


def run(args: argparse.Namespace) -> int:
    """Show it (--json: a JSON object a line); returns journalctl's exit code."""
    from bulkhead.environments import entering

    return entering.journal(entry_of(args), args.host, options(args))


def options(args: argparse.Namespace) -> list[str]:
    """What journalctl is told."""
    return [
        *(["--unit", args.unit] if args.unit else []),
        *(["--since", args.since] if args.since else []),
        *(["--follow"] if args.follow else []),
        *(["--output=json"] if args.json else []),
    ]
