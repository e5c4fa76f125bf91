"""Arguments that several verbs share."""

import argparse
from pathlib import Path
from typing import Any


def verb(verbs: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    """A verb with `--json`; `text` is its help."""
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)
    return parser


def add_estate(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """The blueprint's file."""
    parser.add_argument(
        "estate",
        type=Path,
        metavar="ESTATE",
        nargs="?" if optional else None,
        help="the blueprint, a YAML file",
    )


def add_environment(parser: argparse.ArgumentParser, *names: str, default: str = "lab") -> None:
    """`--env`, out of those in which the verb means something."""
    parser.add_argument("--env", choices=names, default=default, help=f"default: {default}")


def add_state(parser: argparse.ArgumentParser) -> None:
    """`--state`."""
    parser.add_argument(
        "--state", type=Path, help="the state directory (default: .bulkhead at the project's root)"
    )


def add_hosts_environment(parser: argparse.ArgumentParser) -> None:
    """`--env lab|aws` and `--state`, for verbs that enter one host."""
    add_environment(parser, "lab", "aws")
    add_state(parser)
    parser.add_argument(
        "--estate", type=Path, metavar="ESTATE", help="in aws: the blueprint of what stands there"
    )


def entry_of(args: argparse.Namespace) -> Any:
    """The way into the hosts that a verb of `add_hosts_environment` means."""
    if args.env == "lab":
        from bulkhead.environments.lab import Lab

        return Lab(state_of(args)).entry()
    from bulkhead.blueprint import expand, load
    from bulkhead.environments.entering import account
    from bulkhead.errors import Problem, WrongInput

    if args.estate is None:
        raise WrongInput(
            Problem("--env aws", "no blueprint was named", allowed="--env aws --estate ESTATE")
        )
    return account(state_of(args) / "aws", expand(load(args.estate)))


def state_of(args: argparse.Namespace) -> Path:
    """The state directory, absolute: `--state`, or `.bulkhead` at the root of the project."""
    if args.state:
        return Path(args.state).resolve()
    from infra.place import state_beside

    estate = getattr(args, "estate", None)
    return state_beside(Path(estate).resolve().parent if estate else Path.cwd())
