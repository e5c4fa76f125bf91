"""`bulkhead doctor`: what this machine has, what is missing, and how to get it."""

import argparse
from typing import Any

from bulkhead.cli.common import add_environment, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    parser = verb(verbs, "doctor", run, "say what this machine can do, and what is missing for it")
    add_environment(parser, "sim", "lab")


def run(args: argparse.Namespace) -> int:
    """Print each part with its remedy; 3 if the environment lacks one that it needs."""
    from dataclasses import asdict

    from bulkhead.cli import show
    from bulkhead.environments.doctor import checks
    from bulkhead.errors import HELD, MISSING_HERE

    rows = checks(args.env)
    if args.json:
        show.as_json([asdict(row) for row in rows])
    else:
        show.table(
            f"What {args.env} needs",
            ("part", "found", "remedy"),
            [(row.part, row.found or "missing", "" if row.found else row.remedy) for row in rows],
        )
    return HELD if all(row.found for row in rows if row.needed) else MISSING_HERE
