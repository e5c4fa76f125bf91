"""The cybersecurity requirements specification of IEC 62443-3-2 as a document to sign.

Sections carry the ids of the standard's requirements (ZCR) that they answer; the words are ours.
"""

from collections.abc import Iterator

from bulkhead.blueprint.markdown import code, codes, duration, table, text
from bulkhead.blueprint.tiers import tiers
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import SHARED, Conduit, Plan, Zone, digest

_SHARED_ASSUMPTIONS = (
    "The shared zones (admin, egress, audit) serve every tenant; each tenant trusts the provider "
    "to run them at the targets stated here.",
    "The customer answers for its own premises: what stands in zones `ot`, `ai` and `it`, and who "
    "can touch it. The provider starts no connection into `ot`.",
    "The cloud's control plane and its accounts are the provider's; a take-over of them is outside "
    "what zones and conduits can hold.",
    "Traffic that no conduit declares is denied. IPv6 is not planned and is denied everywhere.",
    "All hosts follow one clock, which the egress zone hands on.",
)


def requirements(plan: Plan, tenant: str | None = None) -> str:
    """The specification as Markdown, for the whole estate or for one tenant's eyes.

    With `tenant`, what belongs to other tenants is left out; the digest is always the whole
    plan's. Raises KeyError for a tenant that the plan does not have, and WrongInput for an imported
    estate: nobody stated what it needs.
    """
    if plan.imported:
        raise WrongInput(
            Problem(
                where=plan.estate,
                what="it was imported: its tiers, people and most targets are not stated",
                allowed="a blueprint, in which they are",
                remedy="write one for what shall be; compare it with `bulkhead probe`",
            )
        )
    known = [one.id for one in plan.tenants]
    if tenant is not None and tenant not in known:
        raise KeyError(tenant)
    view = _View(plan, [tenant] if tenant else known)
    sections = (
        _head,
        _scope,
        _picture,
        _zones,
        _tiers,
        _exceptions,
        _conduits,
        _identities,
        _functions,
        _assumptions,
        _signatures,
    )
    return "\n".join(line for section in sections for line in section(view)).rstrip() + "\n"


class _View:
    """What of a plan its reader may see."""

    def __init__(self, plan: Plan, tenants: list[str]) -> None:
        self.plan = plan
        self.homes = (SHARED, *tenants)
        self.tenants = [one for one in plan.tenants if one.id in tenants]
        self.zones = [zone for zone in plan.zones if zone.tenant in self.homes]
        self.seen = {zone.id for zone in self.zones}
        self.names = {person.id: person.name for person in plan.people}
        self.conduits = [one for one in plan.conduits if all(self.visible(z) for z in one.zones)]

    def visible(self, zones: tuple[str, ...]) -> list[str]:
        """Those of the zones that the reader may see."""
        return [zone for zone in zones if zone in self.seen]

    def person(self, name: str) -> str:
        """A person by name and id."""
        return f"{text(self.names[name])} ({code(name)})"


def _head(view: _View) -> Iterator[str]:
    plan = view.plan
    yield f"# Cybersecurity requirements specification: {text(plan.estate)}"
    yield ""
    yield "As IEC 62443-3-2 (ZCR 6) asks for; approved by the asset owner under ZCR 7."
    yield ""
    yield from table(
        ("item", "value"),
        [
            ("plan digest (SHA-256)", code(digest(plan))),
            ("tenants", codes(one.id for one in view.tenants)),
            ("region", code(plan.region)),
        ],
    )


def _scope(view: _View) -> Iterator[str]:
    yield "## 1. System under consideration (ZCR 1, ZCR 6.2)"
    yield ""
    yield (
        "A hosted platform that takes telemetry from the tenants' plants, stores it, and predicts "
        "the wear of machines. It includes the provider's shared zones, each tenant's hosted "
        "zones, and the plant zones up to the controllers that gateways read."
    )
    yield ""
    assets = [one for one in view.plan.assets if one.site.split("/")[0] in view.homes]
    rows = [(code(one.id), text(one.kind), code(one.behind)) for one in assets]
    yield from table(("asset", "kind", "reached through"), rows)
    hosts = [one for one in view.plan.hosts if one.tenant in view.homes]
    rows4 = [(code(h.id), h.role, code(h.zone), code(h.address), _public(h.public)) for h in hosts]
    yield from table(("host", "role", "zone", "address", "public"), rows4)


def _public(address: str | None) -> str:
    return "allocated when deployed" if address == "allocate" else address or ""


def _picture(view: _View) -> Iterator[str]:
    yield "## 2. Zones and conduits at a glance (ZCR 3, ZCR 6.3)"
    yield ""
    yield "```mermaid"
    yield "flowchart LR"
    number = {zone.id: f"z{index}" for index, zone in enumerate(view.zones)}
    for zone in view.zones:
        yield f'  {number[zone.id]}["{zone.id}"]'
    arrows = {
        (source, target)
        for conduit in view.conduits
        for source in view.visible(conduit.zones[0])
        for target in view.visible(conduit.zones[1])
        if source != target
    }
    for source, target in sorted(arrows):
        yield f"  {number[source]} --> {number[target]}"
    yield "```"
    yield ""


def _zones(view: _View) -> Iterator[str]:
    yield "## 3. Zones: consequence, target and approval (ZCR 5, ZCR 6.4)"
    yield ""
    yield (
        "SL-T is the vector of IEC 62443-3-3's foundational requirements: FR1 identification and "
        "authentication, FR2 use control, FR3 integrity, FR4 confidentiality, FR5 restricted data "
        "flow, FR6 timely response, FR7 availability."
    )
    yield ""
    head = ("zone", "safety", "production", "confidentiality", "SL-T FR1-7", "reason", "approved")
    yield from table(head, (_zone(view, zone) for zone in view.zones))


def _zone(view: _View, zone: Zone) -> tuple[str, ...]:
    worth = dict(zone.consequence)
    return (
        code(zone.id),
        worth["safety"],
        worth["production"],
        worth["confidentiality"],
        " ".join(map(str, zone.target)),
        text(zone.reason),
        f"{view.person(zone.approval.by)}, {zone.approval.on}",
    )


def _tiers(view: _View) -> Iterator[str]:
    yield "## 4. What the isolation tier carries (ZCR 6.4, ZCR 6.6)"
    yield ""
    for name in sorted({tenant.tier for tenant in view.tenants}):
        tier = tiers()[name]
        users = codes(tenant.id for tenant in view.tenants if tenant.tier == name)
        yield f"### Tier {name}: {text(tier.summary)} (tenants: {users})"
        yield ""
        rows = [(f"FR{n}", str(c.level), text(c.why)) for n, c in enumerate(tier.capability, 1)]
        yield from table(("requirement", "level carried", "why"), rows)
        yield "It does not protect against:"
        yield ""
        yield from (f"- {text(line)}" for line in tier.unprotected)
        yield ""


def _exceptions(view: _View) -> Iterator[str]:
    yield "## 5. Accepted exceptions (ZCR 6.8)"
    yield ""
    head = ("zone", "falls short in", "reason", "owner", "approver", "expires")
    tier_of = {tenant.id: tenant.tier for tenant in view.tenants}
    rows = [
        (
            code(zone.id),
            _gap(zone, tier_of[zone.tenant]),
            text(zone.exception.reason),
            view.person(zone.exception.owner),
            view.person(zone.exception.approver),
            zone.exception.expires,
        )
        for zone in view.zones
        if zone.exception
    ]
    yield from table(head, rows)


def _gap(zone: Zone, tier: str) -> str:
    pairs = zip(zone.target, tiers()[tier].capability, strict=True)
    gaps = [
        f"FR{n}: {want} wanted, {can.level} carried"
        for n, (want, can) in enumerate(pairs, 1)
        if want > can.level
    ]
    return "; ".join(gaps) or "nothing at present"


def _conduits(view: _View) -> Iterator[str]:
    yield "## 6. Conduits (ZCR 3, ZCR 6.4)"
    yield ""
    head = ("conduit", "from", "to", "service", "path", "authentication", "mediator", "reason")
    yield from table(head, (_conduit(view, conduit) for conduit in view.conduits))


def _conduit(view: _View, conduit: Conduit) -> tuple[str, ...]:
    return (
        code(conduit.id),
        _ends(view, conduit.zones[0]),
        _ends(view, conduit.zones[1]),
        _service(conduit),
        f"{conduit.path}, one way" if conduit.oneway else conduit.path,
        text(conduit.authentication),
        text(conduit.mediator),
        text(conduit.reason),
    )


def _ends(view: _View, zones: tuple[str, ...]) -> str:
    seen = view.visible(zones)
    others = ", and zones of other tenants on this tier" if len(seen) < len(zones) else ""
    return codes(seen) + others


def _service(conduit: Conduit) -> str:
    service = conduit.service
    if service.protocol in ("any", "icmp"):
        return service.protocol
    last = "" if service.first == service.last else f"-{service.last}"
    return f"{service.protocol} {service.first}{last}"


def _identities(view: _View) -> Iterator[str]:
    yield "## 7. Identities and people (ZCR 6.7; IEC 62443-3-3 SR 1.1 to SR 1.9, SR 2.1)"
    yield ""
    found = [one for one in view.plan.identities if one.tenant in view.homes]
    head = ("identity", "kind", "owner", "scope", "lifetime", "rotation", "revocation")
    rows = [
        (
            code(one.id),
            one.kind,
            view.person(one.owner),
            text(one.scope),
            duration(one.lifetime),
            text(one.rotation),
            text(one.revocation),
        )
        for one in found
    ]
    yield from table(head, rows)
    people = [one for one in view.plan.people if one.tenant in view.homes]
    yield from table(
        ("person", "roles", "contact", "asked as number"),
        [
            (view.person(p.id), ", ".join(p.roles), text(p.contact), str(p.escalation or ""))
            for p in people
        ],
    )


def _functions(view: _View) -> Iterator[str]:
    yield "## 8. Essential functions and tolerable loss (ZCR 6.8; IEC 62443-3-3 CCSC 1)"
    yield ""
    for tenant in view.tenants:
        mode = {
            "close": "stops what depends on the platform (close)",
            "island": "runs on alone (island)",
        }[tenant.fail_mode]
        yield f"### {tenant.id}"
        yield ""
        yield f"If the platform is lost, the plant {mode}."
        yield f"Authority over production: {view.person(tenant.authority)}."
        yield ""
        rows = [(text(one.name), duration(one.tolerable_loss)) for one in tenant.functions]
        yield from table(("essential function", "tolerable loss of view"), rows)
        windows = [(one.kind, text(one.when), text(one.reason)) for one in tenant.windows]
        yield from table(("window", "when", "reason"), windows)


def _assumptions(view: _View) -> Iterator[str]:
    yield "## 9. Shared assumptions (ZCR 6.5 to ZCR 6.7)"
    yield ""
    yield from (f"- {line}" for line in _SHARED_ASSUMPTIONS)
    yield ""
    yield "## 10. Regulatory requirements (ZCR 6.9)"
    yield ""
    yield "The blueprint states none. What applies to the asset owner is entered here:"
    yield ""
    yield "\\_" * 40
    yield ""


def _signatures(view: _View) -> Iterator[str]:
    yield "## 11. Approval (ZCR 7)"
    yield ""
    yield (
        "The signatories accept the zones, conduits, targets and exceptions above as those of the "
        "plan with the digest on the first page. A change of the plan changes the digest and needs "
        "a new approval."
    )
    yield ""
    blank = "\\_" * 12
    rows = [
        (code(home), view.person(by), blank, blank)
        for home in view.homes
        for by in sorted({zone.approval.by for zone in view.zones if zone.tenant == home})
    ]
    yield from table(("for", "name", "day", "signature"), rows)
