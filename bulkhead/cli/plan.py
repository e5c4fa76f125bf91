"""`bulkhead plan`: what a blueprint means, before anything is made."""

import argparse
from pathlib import Path
from typing import Any

from bulkhead.cli.common import add_estate, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "show the zones, hosts and conduits that a blueprint means"
    parser = verb(verbs, "plan", run, text)
    add_estate(parser, optional=True)
    parser.add_argument(
        "--requirements",
        type=Path,
        metavar="FILE",
        help="write the cybersecurity requirements specification (IEC 62443-3-2) to FILE",
    )
    parser.add_argument(
        "--tenant", help="with --requirements: that customer's own copy, without the others' data"
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the blueprint's JSON Schema and stop"
    )


def run(args: argparse.Namespace) -> int:
    """Print the plan as tables or JSON; write the specification if asked."""
    import json
    from dataclasses import asdict

    from bulkhead.blueprint import Imported, expand, load, requirements, schema
    from bulkhead.cli import show
    from bulkhead.errors import Problem, WrongInput
    from bulkhead.plan import canonical, digest

    if args.schema:
        show.as_json(schema())
        return 0
    if args.estate is None:
        raise WrongInput(
            Problem(where="plan", what="no blueprint was named", remedy="bulkhead plan ESTATE")
        )
    from bulkhead.environments.sprawl import costs

    blueprint = load(args.estate)
    plan = expand(blueprint)
    spent = () if isinstance(blueprint, Imported) else costs(plan, blueprint.estate.quotas)
    if args.requirements:
        document = requirements(plan, tenant=_tenant(plan, args.tenant))
        args.requirements.write_text(document, encoding="utf-8")
        show.say(f"wrote {args.requirements}")
    if args.json:
        told = {"digest": digest(plan), "plan": json.loads(canonical(plan))}
        show.as_json({**told, "costs": [asdict(row) for row in spent]})
    else:
        tables(plan, spent)
    return 0


def _tenant(plan: Any, name: str | None) -> str | None:
    from bulkhead.errors import Problem, WrongInput

    known = [tenant.id for tenant in plan.tenants]
    if name is not None and name not in known:
        raise WrongInput(
            Problem(where="--tenant", what=f"there is no tenant {name}", allowed=", ".join(known))
        )
    return name


def tables(plan: Any, spent: Any) -> None:
    """Zones, hosts and conduits for people, and what each tenant costs in rules."""
    from bulkhead.cli import show
    from bulkhead.plan import digest

    zones = [
        (zone.id, zone.kind, _target(zone), _exception(zone), zone.reason) for zone in plan.zones
    ]
    show.table("Zones", ("zone", "kind", "SL-T FR1-7", "exception until", "reason"), zones)
    hosts = [
        (host.id, host.role, host.address, host.public or "", host.group) for host in plan.hosts
    ]
    show.table("Hosts", ("host", "role", "address", "public", "group"), hosts)
    conduits = [
        (row.id, _ends(row), _service(row.service), _path(row), row.authentication, row.mediator)
        for row in plan.conduits
    ]
    columns = ("conduit", "from -> to", "service", "path", "authenticates", "mediator")
    show.table("Conduits", columns, conduits)
    if plan.entries:
        told = [(row.tenant, ", ".join(row.people), *_grant(row)) for row in plan.entries]
        show.table("Entries", ("tenant", "may enter", "until", "granted by", "reason"), told)
    rows = [
        (row.tenant, *(str(n) for n in (row.rules, row.entries, row.routes)), *_fullest(row))
        for row in spent
    ]
    counted = ("tenant", "group rules", "ACL entries", "routes")
    if spent:
        show.table("Costs", (*counted, "fullest group", "fullest ACL", "fullest table"), rows)
    show.out(
        f"{plan.estate}: {len(plan.tenants)} tenants, {len(plan.zones)} zones, "
        f"{len(plan.hosts)} hosts, {len(plan.conduits)} conduits; everything else is denied\n"
        f"digest {digest(plan)}"
    )


def _fullest(cost: Any) -> tuple[str, ...]:
    return tuple(
        f"{one.name}: {one.count} of {one.quota}" if one.name else "none"
        for one in cost.fullest.values()
    )


def _path(conduit: Any) -> str:
    return f"{conduit.path}, one way" if conduit.oneway else str(conduit.path)


def _target(zone: Any) -> str:
    return " ".join(map(str, zone.target)) if zone.stated else "not stated"


def _grant(entry: Any) -> tuple[str, str, str]:
    """Until when, said of today; who granted it; why."""
    from datetime import date

    today = date.today().isoformat()
    until = f"{entry.expires} (expired)" if entry.expires < today else entry.expires
    until = f"{until} (from {entry.first})" if entry.first > today else until
    return until, entry.approver, entry.reason


def _exception(zone: Any) -> str:
    return zone.exception.expires if zone.exception else ""


def _ends(conduit: Any) -> str:
    """The zones that a conduit joins; a group of several zones speaks for itself."""
    sources, targets = (", ".join(zones) for zones in conduit.zones)
    return f"{sources} -> {targets}"


def _service(service: Any) -> str:
    if service.protocol == "any":
        return "any"
    ports = (
        f"{service.first}" if service.first == service.last else (f"{service.first}-{service.last}")
    )
    return f"{service.protocol} {ports}"
