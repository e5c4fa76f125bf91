"""`bulkhead exec`: run a command on a host."""

import argparse
from typing import Any

from bulkhead.cli.common import add_hosts_environment, entry_of, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    parser = verb(verbs, "exec", run, "run a command on a host: bulkhead exec HOST -- CMD …")
    parser.add_argument("host", metavar="HOST", help="a host's id, as `plan` and `status` show it")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD")
    add_hosts_environment(parser)


def run(args: argparse.Namespace) -> int:
    """Run it there with this terminal; returns the command's own exit code (255: SSH failed).

    On a machine as the provisioning account, by SSH; a bare host is entered as root.
    """
    from bulkhead.environments import entering
    from bulkhead.environments.lab import Lab
    from bulkhead.errors import Problem, WrongInput

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise WrongInput(
            Problem(where="exec", what="no command was given", remedy="bulkhead exec HOST -- CMD")
        )
    if args.command[0] != "--" and command[0].startswith("-"):
        what = f"{command[0]} stands behind HOST, where the command begins"
        raise WrongInput(
            Problem(where="exec", what=what, remedy="bulkhead exec [options] HOST -- CMD")
        )
    if args.env == "lab":
        lab = Lab(state_of(args))
        if lab.kind != "machines":
            return lab.standing().execute(args.host, command)
    return entering.execute(entry_of(args), args.host, command)
