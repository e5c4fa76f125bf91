"""`bulkhead cut`: end flows that run on although their rule is gone, as AWS lets them."""

import argparse
from typing import Any

from bulkhead.cli.common import add_environment, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "end a host's live flows: a revoked rule alone lets what is connected run on"
    parser = verb(verbs, "cut", run, text)
    parser.add_argument("host", metavar="HOST", help="whose flows")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="only those with this host")
    parser.add_argument("--port", type=int, help="only those of this destination port")
    add_environment(parser, "lab")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Cut them and say how many there were."""
    from bulkhead.cli import show
    from bulkhead.environments.lab import Lab

    count = Lab(state_of(args)).standing().cut(args.host, args.other, args.port)
    if args.json:
        show.as_json({"cut": count})
    else:
        show.out(f"cut {count} flows of {args.host}")
    return 0
