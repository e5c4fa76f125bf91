"""`bulkhead mesh`: cut a workload's identity off on every sidecar, or let it in again."""

import argparse
from dataclasses import asdict
from typing import Any

from bulkhead.cli.common import add_environment, add_estate, add_state, verb

ACTS = ("cut", "allow", "show")


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "cut a workload's sessions and its next handshakes by its SPIFFE id; allow; show"
    parser = verb(verbs, "mesh", run, text)
    parser.add_argument("act", choices=ACTS, help="cut, allow: on every sidecar of its tenant")
    add_estate(parser)
    parser.add_argument("identity", nargs="?", metavar="SPIFFE-ID", help="for cut and allow")
    add_environment(parser, "lab", "aws")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Do it through the hosts' doors and say what each sidecar said."""
    from bulkhead.blueprint import expand, load
    from bulkhead.cli import show
    from bulkhead.cli.common import entry_of
    from bulkhead.environments import mesh
    from bulkhead.errors import Problem, WrongInput

    plan = expand(load(args.estate))
    if args.act == "show":
        held = mesh.sessions(entry_of(args), plan)
        if args.json:
            show.as_json({"sidecars": held})
        for host, workers in () if args.json else held.items():
            counts = {name: n for row in workers for name, n in row["sessions"].items()}
            told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
            show.out(f"{host}: {told or 'no service'}")
        return 0
    if args.identity is None:
        allowed = f"mesh {args.act} ESTATE SPIFFE-ID"
        raise WrongInput(Problem("mesh", "no identity was named", allowed=allowed))
    acted = mesh.act(entry_of(args), plan, args.act, args.identity)
    if args.json:
        show.as_json(
            {"act": args.act, "identity": args.identity, "hosts": list(map(asdict, acted))}
        )
    for row in () if args.json else acted:
        show.out(f"{row.host}: {row.said}")
    return 0
