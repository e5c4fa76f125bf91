"""`bulkhead explain HOST HOST PORT`: which layers would let a packet through, and which stop it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bulkhead.cli.common import add_environment, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "say of every layer between two hosts whether it would let a packet through, and why"
    parser = verb(verbs, "explain", run, text)
    parser.add_argument("source", metavar="HOST", help="who asks, e.g. acme/ingest/ingest-1")
    parser.add_argument("target", metavar="HOST", help="who is asked; `internet` for the outside")
    parser.add_argument("port", metavar="PORT", type=int, help="destination port; 0 with icmp")
    parser.add_argument(
        "--protocol", choices=("tcp", "udp", "icmp"), default="tcp", help="default: tcp"
    )
    parser.add_argument("--estate", metavar="ESTATE", help="in sim and aws: the blueprint")
    add_environment(parser, "sim", "lab", "aws")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """0 when every layer's word is known, 3 if something could not be observed."""
    from bulkhead.environments.explaining import explained
    from bulkhead.errors import HELD, MISSING_HERE, Problem, WrongInput

    if not 0 <= args.port <= 65535:
        raise WrongInput(Problem("PORT", f"{args.port} is no port", allowed="0 to 65535"))
    with _sources(args) as sources:
        found = explained(sources, args.source, args.target, args.protocol, args.port)
    _json(found) if args.json else _text(found)
    return MISSING_HERE if any(row.unknown for row in found) else HELD


@contextmanager
def _sources(args: argparse.Namespace) -> Iterator[Any]:
    from bulkhead.environments import explaining

    if args.env == "lab":
        with explaining.in_lab(state_of(args)) as sources:
            yield sources
        return
    from bulkhead.blueprint import expand, load
    from bulkhead.errors import Problem, WrongInput

    if args.estate is None:
        allowed = f"--env {args.env} --estate ESTATE"
        raise WrongInput(Problem(f"--env {args.env}", "no blueprint was named", allowed=allowed))
    plan = expand(load(args.estate))
    yield explaining.in_sim(plan) if args.env == "sim" else explaining.in_aws(plan)


def _text(found: Any) -> None:
    from bulkhead.cli import show

    for one in found:
        show.out(f"{_asked(one.flow)}: {one.outcome}")
        for row in one.rows:
            show.out(f"  {row.says:<14} {row.layer}, {row.way}, {row.at}")
            because = "; ".join(row.because)
            show.out(f"{'':17}{because}" + (f" [{row.read}]" if row.read else ""))


def _asked(flow: Any) -> str:
    service = "icmp" if flow.protocol == "icmp" else f"{flow.protocol} {flow.port}"
    return f"{flow.source} -> {flow.target} {service} ({flow.path})"


def _json(found: Any) -> None:
    from dataclasses import asdict

    from bulkhead.cli import show

    paths = [
        {
            "path": one.flow.path,
            "outcome": one.outcome,
            "stopped_by": list(one.stops),
            "observed": not one.unknown,
            "layers": [asdict(row) for row in one.rows],
        }
        for one in found
    ]
    flow = found[0].flow
    names = ("source", "target", "protocol", "port")
    show.as_json({**{name: getattr(flow, name) for name in names}, "paths": paths})
