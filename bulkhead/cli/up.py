"""`bulkhead up`: make the environment what the blueprint says, and nothing else."""

import argparse
from typing import Any

from bulkhead.cli.common import add_environment, add_estate, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    parser = verb(verbs, "up", run, "stand up an estate, or change the one that stands")
    add_estate(parser)
    add_environment(parser, "lab")
    add_state(parser)
    parser.add_argument(
        "--refresh", action="store_true", help="first look for what was changed around us"
    )
    parser.add_argument(
        "--preview", action="store_true", help="say what would change, and change nothing"
    )
    parser.add_argument(
        "--hosts",
        choices=("machines", "bare"),
        help="machines (the default) boot and are configured; bare ones are networks alone",
    )
    parser.add_argument(
        "--no-configure",
        dest="configure",
        action="store_false",
        help="boot the machines and leave them as they are",
    )
    parser.add_argument(
        "--emergency",
        metavar="REASON",
        help="replace hosts (a new image) outside of their tenants' maintenance windows, and why",
    )


def run(args: argparse.Namespace) -> int:
    """Preview in the words of zones and conduits, then make it so."""
    from bulkhead.blueprint import expand, load
    from bulkhead.cli import show
    from bulkhead.environments.lab import Lab, Options

    plan = expand(load(args.estate))
    lab = Lab(state_of(args))
    options = Options(
        refresh=args.refresh,
        preview=args.preview,
        hosts=args.hosts,
        configure=args.configure,
        emergency=args.emergency,
    )
    result = lab.up(plan, say=show.say, options=options)
    if args.json:
        show.as_json(result.as_dict())
    elif args.preview:
        for line in result.sentences or ["nothing differs from the blueprint"]:
            show.out(line)
        for line in result.loosens:
            show.out(f"loosens: {line}")
    else:
        show.out(result.summary())
    return 0
