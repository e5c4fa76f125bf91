"""`bulkhead env`: exports that make the `pulumi` command see the same stacks."""

import argparse
import shlex
from typing import Any

from bulkhead.cli.common import add_environment, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = 'print the exports with which `pulumi` and `aws` see the lab: eval "$(bulkhead env)"'
    parser = verb(verbs, "env", run, text)
    add_environment(parser, "lab")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Print `export NAME=value` lines."""
    from bulkhead.cli import show
    from bulkhead.environments.lab import Lab

    variables = Lab(state_of(args)).variables()
    if args.json:
        show.as_json(variables)
    else:
        for name, value in sorted(variables.items()):
            show.out(f"export {name}={shlex.quote(value)}")
    return 0
