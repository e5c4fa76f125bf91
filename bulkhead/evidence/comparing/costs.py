"""Money and hours of a month, estimated from dated tables: each line with what it rests on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from bulkhead.errors import Problem, WrongInput
from bulkhead.evidence.comparing.figures import Figures
from bulkhead.plan import Host, Plan

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One item: how many of what unit at which price (USD; or hours for people), and its sum."""

    what: str
    count: float
    unit: str
    each: float

    @property
    def total(self) -> float:
        """Price or hours of a month."""
        return self.count * self.each


@dataclass(frozen=True, slots=True)
class Tables:
    """Prices, what is assumed (by name), and people's tasks: the package's, changed by the user."""

    prices: Mapping[str, Any]
    people: Mapping[str, Any]
    assumed: Mapping[str, float]

    def price(self, name: str) -> float:
        """USD of one unit."""
        return float(self.prices["prices"][name]["price"])


@cache
def _packaged(name: str) -> Any:
    return json.loads(files("bulkhead.evidence.comparing").joinpath(name).read_text("utf-8"))


def tables(prices: Path | None = None, assume: tuple[str, ...] = ()) -> Tables:
    """The package's tables, or the user's prices; `assume` holds NAME=NUMBER.

    WrongInput for a file that lacks what the package's has, and for names there are none of.
    """
    held, people = _packaged("prices.json"), _packaged("people.json")
    if prices is not None:
        held = _read(prices, held)
    assumed = {name: float(row["value"]) for name, row in held["assumptions"].items()}
    assumed |= {f"hours.{name}": float(row["hours"]) for name, row in people["tasks"].items()}
    for said in assume:
        name, _, number = said.partition("=")
        if name not in assumed:
            allowed = ", ".join(sorted(assumed))
            raise WrongInput(Problem("--assume", f"there is no assumption {name!r}", allowed))
        assumed[name] = _number(said, number)
    return Tables(held, people, assumed)


def _number(said: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e9:
        raise WrongInput(Problem("--assume", f"{said!r} has no usable number", "NAME=NUMBER, 0 on"))
    return found


def _read(path: Path, packaged: Any) -> Any:
    try:
        found = json.loads(path.read_text("utf-8"))
        for part in ("prices", "assumptions", "instances", "keys"):
            missing = sorted(packaged[part].keys() - found[part].keys())
            if missing:
                what = f"{part} lacks {', '.join(missing)}"
                raise WrongInput(Problem(str(path), what, "all that the package's table has"))
        for row in found["prices"].values():
            if not {"price", "unit", "date", "source"} <= row.keys():
                what = "a price lacks its unit, date or source"
                raise WrongInput(Problem(str(path), what, "price, unit, date, source"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"it is no price table: {type(error).__name__}: {error}"
        remedy = "begin with a copy of bulkhead/evidence/comparing/prices.json"
        raise WrongInput(Problem(str(path), what, remedy=remedy)) from None
    return found


def money(plan: Plan, counted: Figures, tier: str, known: Tables) -> tuple[Line, ...]:
    """USD of a month, for what the provider runs: customers' premises are theirs."""
    a = known.assumed
    hosted = hosted_hosts(plan)
    sizes: dict[str, int] = {}
    for host in hosted:
        size = known.prices["instances"].get(host.role, known.prices["instances"][OTHER])
        sizes[size] = sizes.get(size, 0) + 1
    stores = sum(host.role == "historian" for host in hosted)
    public = sum(host.public is not None for host in hosted)
    logs = len(hosted) * (a["log_gb_per_host"] + a["flow_log_gb_per_host"]) * a["log_months"]
    keys = known.prices["keys"].get(tier, known.prices["keys"][OTHER])
    lines = [
        *((f"instances {size}", n * a["hours"], size) for size, n in sorted(sizes.items())),
        ("disks", len(hosted) * a["disk_gb"] + stores * a["historian_gb"], "gp3"),
        ("public addresses", public * a["hours"], "public_ipv4"),
        ("NAT gateways", a["nat_gateways"] * a["hours"], "nat_gateway"),
        (
            "transit gateway attachments",
            counted.networks * a["transit_gateway_attachments_per_network"] * a["hours"],
            "transit_gateway_attachment",
        ),
        (
            "interface endpoints",
            counted.networks * a["interface_endpoints_per_network"] * a["hours"],
            "interface_endpoint",
        ),
        (
            "traffic over peerings",
            len(hosted) * a["peering_gb_per_host"] if counted.peerings else 0.0,
            "peering_gb",
        ),
        ("keys", keys["shared"] + keys["each"] * _tenants(hosted), "kms_key"),
        ("flow logs", len(hosted) * a["flow_log_gb_per_host"], "flow_logs_gb"),
        ("stored logs", logs, "s3_standard"),
        ("API trail", a["trail_events_100k"], "cloudtrail_100k"),
    ]
    return tuple(
        Line(what, count, str(known.prices["prices"][name]["unit"]), known.price(name))
        for what, count, name in lines
        if count
    )


def hours(plan: Plan, counted: Figures, tier: str, known: Tables) -> tuple[Line, ...]:
    """People's hours of a month, by task."""
    hosted = hosted_hosts(plan)
    units = {
        "rules": counted.rules + counted.acl_entries,
        "hosts": len(hosted),
        "tenants": _tenants(hosted),
        "sidecars": sum(host.sidecar for host in hosted),
    }
    return tuple(
        Line(row["what"], units[row["unit"]], row["unit"], known.assumed[f"hours.{name}"])
        for name, row in known.people["tasks"].items()
        if (not row["tiers"] or tier in row["tiers"]) and units[row["unit"]]
    )


def hosted_hosts(plan: Plan) -> tuple[Host, ...]:
    """The hosts that the provider runs: not those of customers' premises."""
    standins = {row.id for row in plan.networks if row.standin}
    at_site = {row.id for row in plan.subnets if row.network in standins}
    return tuple(host for host in plan.hosts if host.subnet not in at_site)


def _tenants(hosts: tuple[Host, ...]) -> int:
    return len({host.tenant for host in hosts} - {"shared"})
