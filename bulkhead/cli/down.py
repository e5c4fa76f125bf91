"""`bulkhead down`: take the lab away and leave nothing of it on the machine."""

import argparse
from typing import Any

from bulkhead.cli.common import add_environment, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    parser = verb(verbs, "down", run, "remove the lab: hosts, network, region and its state")
    add_environment(parser, "lab")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Remove it, also after a crash; a second time there is nothing to do."""
    from bulkhead.cli import show
    from bulkhead.environments.lab import Lab

    lab = Lab(state_of(args))
    removed = lab.down()
    if args.json:
        show.as_json({"removed": removed, "state": str(lab.state)})
    elif removed:
        show.out(
            "the lab is gone, its log storage too (an account's outlives every stack); "
            "nothing of it is left on this machine"
        )
    else:
        show.out(f"there is no lab in {lab.state}")
    return 0
