"""`bulkhead import`: a network that already stands becomes an estate's file. Nothing is written
to any account."""

import argparse
from pathlib import Path
from typing import Any

from bulkhead.cli.common import add_environment, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "read a network that stands (nothing is changed) into an estate's file"
    parser = verb(verbs, "import", run, text)
    parser.add_argument("name", metavar="NAME", help="what the estate is to be called")
    add_environment(parser, "aws", "lab", default="aws")
    add_state(parser)
    parser.add_argument("--region", default="eu-central-1", help="default: eu-central-1")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: NAME.yaml")
    parser.add_argument(
        "--force", action="store_true", help="replace FILE, and what people wrote into it"
    )
    parser.add_argument(
        "--mosquitto",
        action="append",
        default=[],
        metavar="[HOST=]FILE",
        help="also a broker's configuration; may be given again",
    )
    parser.add_argument(
        "--broker-acl",
        action="append",
        default=[],
        metavar="[HOST=]FILE",
        help="also a broker's access list; may be given again",
    )
    parser.add_argument(
        "--ca",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="also an authority's certificate in PEM; may be given again",
    )


def run(args: argparse.Namespace) -> int:
    """Write the file, and say what is left to people."""
    from bulkhead.cli import show
    from bulkhead.environments.importing import Sources, account_apis, imported
    from bulkhead.errors import HELD

    path = args.out or Path(f"{args.name}.yaml")
    _refuse(args, path)
    sources = Sources(
        mosquitto=tuple(args.mosquitto),
        broker_acls=tuple(args.broker_acl),
        authorities=tuple(args.ca),
    )
    apis = _lab_apis(args) if args.env == "lab" else account_apis(args.region)
    text, found = imported(apis, args.name, args.region, sources)
    path.write_text(text, encoding="utf-8")
    _json(found, path) if args.json else _text(found, path)
    show.say(f"wrote {path}")
    return HELD


def _refuse(args: argparse.Namespace, path: Path) -> None:
    """What would be refused when the file is read, and what would be lost, before anything."""
    import re

    from bulkhead.errors import Problem, WrongInput

    for value, pattern, allowed in (
        (args.name, r"[a-z][a-z0-9-]{0,30}", "a small letter, then small letters, digits, -"),
        (args.region, r"[a-z]{2}(-[a-z]+)+-[0-9]", "a region such as eu-central-1"),
    ):
        if not re.fullmatch(pattern, value):
            raise WrongInput(Problem(value, "it cannot be used here", allowed))
    if path.exists() and not args.force:
        what = "it is there already, and people may have filled it in"
        remedy = "name another with --out, or replace it with --force"
        raise WrongInput(Problem(str(path), what, remedy=remedy))


def _lab_apis(args: argparse.Namespace) -> Any:
    from bulkhead.environments.lab import Lab
    from infra.lab.region import launch

    return launch.apis(Lab(state_of(args)).standing().info)


def _unknowns(found: Any) -> dict[str, int]:
    """What people have to say still, counted."""
    estate = found.estate
    return {
        "zones without a target": sum(row.target is None for row in estate.zones),
        "zones of an unknown kind": sum(row.kind == "unknown" for row in estate.zones),
        "zones of an unknown tenant": sum(row.tenant == "unknown" for row in estate.zones),
        "hosts of an unknown role": sum(row.role == "unknown" for row in estate.hosts),
        "conduits without a reason": sum(row.reason == "unknown" for row in estate.conduits),
    }


def _counts(found: Any) -> dict[str, int]:
    estate = found.estate
    kinds = ("networks", "subnets", "zones", "groups", "hosts", "conduits")
    return {kind: len(getattr(estate, kind)) for kind in kinds}


def _json(found: Any, path: Path) -> None:
    from bulkhead.cli import show

    show.as_json({"file": str(path), "read": _counts(found), "unknown": _unknowns(found)})


def _text(found: Any, path: Path) -> None:
    from bulkhead.cli import show

    read = ", ".join(f"{count} {kind}" for kind, count in _counts(found).items())
    show.out(f"read: {read}; nothing was written to any account")
    for what, count in _unknowns(found).items():
        if count:
            show.out(f"left to you: {count} {what}")
    show.out(f"next: bulkhead plan {path}; bulkhead probe {path} --env aws")
