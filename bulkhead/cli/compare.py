"""`bulkhead compare`: the isolation tiers side by side for one estate."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bulkhead.cli.common import add_environment, add_estate, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "what each isolation tier would make of this estate: reach, blast radius, cost, work"
    parser = verb(verbs, "compare", run, text)
    add_estate(parser)
    add_environment(parser, "sim", "lab", "aws", default="sim")
    add_state(parser)
    parser.add_argument("--picture", type=Path, metavar="FILE", help="also as an SVG picture")
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="a price table of your own, as JSON"
    )
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="an assumption of your own, e.g. log_months=36 or hours.hosts=1; may be given again",
    )


def run(args: argparse.Namespace) -> int:
    """Print the table or JSON; write the picture. Shortfalls are told, not refused."""
    from bulkhead.blueprint import load
    from bulkhead.cli import show
    from bulkhead.errors import HELD
    from bulkhead.evidence.comparing.costs import tables

    known = tables(args.prices, tuple(args.assume))
    blueprint = load(args.estate)
    columns = _columns(args, blueprint, known)
    name = blueprint.estate.estate
    if args.picture:
        from bulkhead.evidence.comparing.picture import picture
        from bulkhead.evidence.rendering import svg_file

        args.picture.write_text(svg_file(picture(name, columns)), encoding="utf-8")
        show.say(f"wrote {args.picture}")
    _json(name, columns, known) if args.json else _text(name, columns, known)
    return HELD


def _columns(args: argparse.Namespace, blueprint: Any, known: Any) -> Any:
    from bulkhead.blueprint import Imported
    from bulkhead.cli import show
    from bulkhead.environments import comparing
    from bulkhead.errors import Problem, WrongInput

    imported = isinstance(blueprint, Imported)
    if imported == (args.env == "sim"):
        what = (
            "an imported estate is compared as it stands"
            if imported
            else ("tiers are compared by evaluating them, whatever stands")
        )
        allowed = "--env aws or --env lab" if imported else "--env sim"
        raise WrongInput(Problem("--env", what, allowed))
    if not imported:
        return comparing.compared(blueprint, known, show.say)
    if args.env == "aws":
        from bulkhead.environments import aws

        return comparing.as_it_stands(blueprint, aws.deployed, known)
    from bulkhead.environments.lab import Lab

    standing = Lab(state_of(args)).standing()
    return comparing.as_it_stands(blueprint, lambda _plan: standing.deployed(), known)


def _json(name: str, columns: Sequence[Any], known: Any) -> None:
    from bulkhead.cli import show

    show.as_json(
        {
            "estate": name,
            "tiers": [column.as_dict() for column in columns],
            "prices": known.prices,
            "people": known.people,
            "assumed": dict(known.assumed),
        }
    )


def _text(name: str, columns: Sequence[Any], known: Any) -> None:
    from bulkhead.cli import show

    rows = [(what, *(cell(column) for column in columns)) for what, cell in _measures(columns)]
    show.table(f"{name}, all tenants on one tier", ("", *(c.name for c in columns)), rows)
    for column in columns:
        for word, told in (
            ("cannot hold this estate", column.refused),
            ("falls short", column.short),
            ("needs a quota raised", column.quotas),
        ):
            for line in told:
                show.out(f"{column.name} {word}: {line}")
    dates = sorted({row["date"] for row in known.prices["prices"].values()})
    show.out(
        "blast radius: by the model, if every host that is reached falls too; hosts' own filters "
        "and services are not counted on"
    )
    show.out(
        f"cost: an estimate from list prices of {known.prices['region']} as of {dates[0]}; work: a "
        "judgement. Both with sources, reasons and every assumption in --json"
    )


def _measures(columns: Sequence[Any]) -> list[tuple[str, Any]]:
    counts = {
        "hosts": "hosts that the provider runs",
        "networks": "networks",
        "peerings": "peerings",
        "rules": "rules of security groups",
        "acl_entries": "network ACL entries",
        "routes": "routes",
    }
    found: list[tuple[str, Any]] = [
        (said, lambda c, key=key: str(getattr(c.figures, key)) if c.figures else "-")
        for key, said in counts.items()
    ]
    for key, said in (("within", "pairs within a tenant"), ("across", "pairs across tenants")):
        found.append((said, lambda c, key=key: _pairs(c, key)))
    roles = dict.fromkeys(b.role for c in columns if c.figures for b in c.figures.blasts)
    found += [(f"lost with: {role}", lambda c, role=role: _blast(c, role)) for role in roles]
    found.append(("levels FR1-7", lambda c: " ".join(map(str, c.capability)) or "not stated"))
    found.append(("USD a month", lambda c: f"{c.cost:,.0f}" if c.figures else "-"))
    found.append(("hours of people a month", lambda c: f"{c.work:,.0f}" if c.figures else "-"))
    return found


def _pairs(column: Any, key: str) -> str:
    if column.figures is None:
        return "-"
    return f"{getattr(column.figures, key)} of {getattr(column.figures, f'pairs_{key}')}"


def _blast(column: Any, role: str) -> str:
    blasts = column.figures.blasts if column.figures else ()
    found = next((row for row in blasts if row.role == role), None)
    if found is None:
        return "-"
    data = (
        f"data of {', '.join(found.data)}"
        if len(found.data) < 4
        else (f"data of {len(found.data)} tenants")
    )
    return f"{found.hosts} hosts; {data if found.data else 'no data'}"
