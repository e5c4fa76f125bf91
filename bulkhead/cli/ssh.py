"""`bulkhead ssh`: a shell on a host, as an operator or as a person."""

import argparse
from typing import Any

from bulkhead.cli.common import add_hosts_environment, entry_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "open a shell on a host, over the bastion; --as PERSON with a certificate of 15 minutes"
    parser = verb(verbs, "ssh", run, text)
    parser.add_argument("host", metavar="HOST", help="a host's id, as `plan` and `status` show it")
    parser.add_argument(
        "--as",
        dest="person",
        metavar="PERSON",
        help="a person of the blueprint with an account there (default: the provisioning account)",
    )
    add_hosts_environment(parser)


def run(args: argparse.Namespace) -> int:
    """Open it with this terminal; returns the shell's exit code (255: SSH failed)."""
    from bulkhead.environments import entering

    return entering.visit(entry_of(args), args.host, args.person)
