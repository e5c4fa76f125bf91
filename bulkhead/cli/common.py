"""Arguments that several verbs share."""

import argparse
from pathlib import Path
from typing import Any

MARKS = ("Pulumi.yaml", ".git", "pyproject.toml")
"""What marks the root of a project; the state directory lies beside it."""


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


def state_of(args: argparse.Namespace) -> Path:
    """The state directory, absolute: `--state`, or `.bulkhead` at the root of the project."""
    if args.state:
        return Path(args.state).resolve()
    estate = getattr(args, "estate", None)
    start = Path(estate).resolve().parent if estate else Path.cwd()
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in MARKS):
            return folder / ".bulkhead"
    return start / ".bulkhead"
