"""Hosts, groups and host variables of a plan that is deployed. Pure: no I/O.

The names are the contract with the roles: each role's `meta/argument_specs.yml` refuses another
shape. Inventory names are dotted (`acme.lyon.ai.gw-1`), as on every wire.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bulkhead.network.deployed import Deployed
from bulkhead.network.intent import intent
from bulkhead.plan import Host, Identity, Plan, digest
from bulkhead.wire.certificates import dotted
from infra.inventory.accounts import accounts
from infra.inventory.addresses import Book, book
from infra.inventory.firewall import Firewalls
from infra.inventory.roles import Roles, authority

ROLES = {
    "bastion": ("bastion",),
    "logstore": ("logstore", "objectstore", "shipper"),
    "broker": ("broker",),
    "gateway": ("gateway",),
    "plc": ("plc",),
    "ingest": ("ingest",),
    "historian": ("historian",),
    "proxy": ("proxy",),
}
"""The Ansible roles of a host beside those that all have, by the plan's role."""
EVERYWHERE = ("baseline", "timesync")
LIFETIME = 86400
"""Seconds of a certificate whose identity the blueprint does not speak of."""
UNDIGESTED = ("plan_digest",)
"""Variables that change with every edit and configure nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What neither the plan nor the deployment says.

    trust_directory: where the authorities live. ssh_user_ca: the SSH authority's public line.
    steers_clock: whether hosts may set their clock (the lab's may not: it is the machine's).
    resolvers: addresses of who knows names outside, whom proxies ask.
    today: the day on which grants of entry must hold (unsaid: none does).
    sources: digest of each Ansible role's configure parts, and of what all have in common (``).
    advisories: `baseline_advisories` by plan role ("" for all).
    """

    trust_directory: str
    ssh_user_ca: str
    steers_clock: bool
    sources: Mapping[str, str]
    resolvers: tuple[str, ...] = ()
    advisories: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    today: date = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """hosts: variables by inventory name. groups: inventory names by group, all sorted."""

    hosts: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, tuple[str, ...]]


def inventory(plan: Plan, deployed: Deployed, options: Options) -> Inventory:
    """The hosts that run, each with the variables that its roles take."""
    places = book(plan, deployed)
    intended = intent(plan)
    firewalls = Firewalls(plan, intended, places)
    roles = Roles(
        plan,
        intended,
        places,
        steers_clock=options.steers_clock,
        resolvers=options.resolvers,
    )
    here = [host for host in plan.hosts if places[host.id].here]
    hosts = {}
    for host in here:
        variables = {
            **_common(plan, host, places, options),
            "baseline_ssh_user_ca": options.ssh_user_ca,
            "baseline_accounts": accounts(plan, host, options.today),
            "baseline_firewall": firewalls.of(host.id),
            "baseline_advisories": _advisories(options, host.role),
            **roles.of(host),
        }
        variables["configure_digest"] = configure_digest(host.role, variables, options.sources)
        hosts[dotted(host.id)] = variables
    return Inventory(hosts=hosts, groups=_groups(here))


def configure_digest(role: str, variables: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """What decides how a host is configured, as 64 hex digits: its variables and its roles."""
    said = {name: value for name, value in variables.items() if name not in UNDIGESTED}
    mesh = ("sidecar",) if "sidecar_identity" in variables else ()
    names = ("", *EVERYWHERE, *mesh, *ROLES.get(role, ()))
    used = {name: sources.get(name, "") for name in names}
    text = json.dumps([said, used], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _common(plan: Plan, host: Host, places: Book, options: Options) -> dict[str, Any]:
    place = places[host.id]
    return {
        "host_id": host.id,
        "tenant": host.tenant,
        "zone": host.zone,
        "role": host.role,
        "plan_digest": digest(plan),
        "trust_directory": options.trust_directory,
        "authority": authority(host),
        "certificate_names": [dotted(host.id)],
        "certificate_addresses": [row for row in (place.address, place.public) if row],
        "certificate_lifetime": lifetime(plan, host),
        **({"sidecar_lifetime": lifetime(plan, host)} if host.sidecar else {}),
    }


def lifetime(plan: Plan, host: Host) -> int:
    """That of the host's own identity, or of the workload that all hosts of its role share."""
    known: dict[str, Identity] = {row.id: row for row in plan.identities}
    found = known.get(host.id) or known.get(f"{host.zone}/{host.role}")
    return found.lifetime if found else LIFETIME


def _advisories(options: Options, role: str) -> list[dict[str, str]]:
    rows = [*options.advisories.get("", ()), *options.advisories.get(role, ())]
    return [dict(row) for row in rows]


def _groups(hosts: list[Host]) -> dict[str, tuple[str, ...]]:
    members: dict[str, list[str]] = {}
    for host in hosts:
        names = ("estate", f"role_{host.role}", f"tenant_{host.tenant}", f"zone_{host.zone}")
        for name in names:
            members.setdefault(group_name(name), []).append(dotted(host.id))
    return {name: tuple(sorted(members[name])) for name in sorted(members)}


def group_name(text: str) -> str:
    """A name that Ansible takes for a group: letters, digits and underscores."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", text)
