"""Each rule accepts one case and rejects another, in its place and in plain words."""

from dataclasses import dataclass

import pytest
from blueprint_cases import TODAY, Edit, edited, loaded, place_of, planned, refused

from bulkhead.blueprint.rules import RULES


@dataclass(frozen=True)
class Case:
    """accepted, rejected: edits of the example. says: what the problem contains. at: where."""

    rule: str
    accepted: tuple[Edit, ...]
    rejected: tuple[Edit, ...]
    says: str
    at: str


WAY = "  - name: {name}\n    from: {source}\n    to: {to}\n    protocol: tcp\n    port: {port}\n"
REST = "    authenticate: mtls\n    mediator: {mediator}\n    path: {path}\n    reason: a test\n"
BEFORE = "  - name: subscribe\n"


def to_s3(source="ingest.ingest", port=443, by="endpoint"):
    """A way to S3 before the example's others."""
    way = WAY.format(name="objects", source=source, to="audit.logstore", port=port)
    rest = REST.format(mediator="audit.logstore", path="private")
    return (BEFORE, f"{way}    by: {by}\n    service: s3\n{rest}{BEFORE}")


def way(
    source: str,
    to: str,
    mediator: str,
    *,
    port: int = 9000,
    path: str = "private",
    name: str = "extra",
) -> Edit:
    """One more conduit for every tenant."""
    text = WAY.format(name=name, source=source, to=to, port=port)
    return BEFORE, text + REST.format(mediator=mediator, path=path) + BEFORE


ACME_PEOPLE = (
    "      - {id: paul, name: Paul Roche, roles: [auditor], contact: paul.roche@acme.example}\n"
)
SECOND_GATEWAY = (
    "          - {{name: {name}, slot: {slot}, address: {address}, serial: GW-2291-0018}}\n"
)
GATEWAY = "          - {name: gw-1, slot: 1, address: 198.51.100.10, serial: GW-2291-0017}\n"
TROMSO_PLC = """        plcs:
          - {name: plc-1, slot: 1, behind: gw-1, model: rack controller of 2004}
"""
TWO_SPINDLES = """              - {bearing: Rexnord ZA-2115, speed_rpm: 2000}
              - {bearing: Rexnord ZA-2115, speed_rpm: 2000}
"""
TWO_BEHIND_GW = "            behind: gw-1\n            spindles:\n" + TWO_SPINDLES
FREEZE = "first: 2026-12-14, last: 2026-12-23"
TARGET = "  target: {FR1: 1, FR2: 1, FR3: 1, FR4: 1, FR5: 1, FR6: 1, FR7: 1}\n"
SHOP = "      ingest:\n      " + TARGET
HEAD = "    block: 2\n"


BLOCK_3 = "    block: 3\n"
ALL_ACCEPTED = """    exceptions:
      - zones: [ingest, processing, storage]
        covers: [FR1, FR2, FR3, FR4, FR5, FR6, FR7]
        reason: a test
        owner: ingrid
        approver: ingrid
        expires: 2026-11-22
"""


def gateway(name: str = "gw-2", slot: int = 2, address: str = "198.51.100.11") -> Edit:
    return GATEWAY, GATEWAY + SECOND_GATEWAY.format(name=name, slot=slot, address=address)


def allowing(*entries: tuple[str, str]) -> Edit:
    """An allowlist of the flat tenant: names and their owners."""
    rows = "".join(
        f"      - {{egress: {name}, owner: {owner}, reason: a test, expires: 2027-01-31}}\n"
        for name, owner in entries
    )
    return HEAD, HEAD + "    allow:\n" + rows


ENTRY = "{who: provider.operator, reason: runs the hosts, approver: claire, from: 2026-02-16, "


def entering(
    who: str = "shared/olga",
    approver: str = "claire",
    start: str = "2026-03-01",
    expires: str = "2027-01-31",
) -> Edit:
    """One more grant of the flat tenant."""
    said = f"who: {who}, reason: a test, approver: {approver}, from: {start}, expires: {expires}"
    return "      - " + ENTRY, f"      - {{{said}}}\n      - " + ENTRY


CASES = [
    Case(
        "names_are_unique",
        (gateway(),),
        (gateway(name="plc-1"),),
        "already taken",
        "plc-1, slot: 1, behind: gw-1, model: compact",
    ),
    Case(
        "names_are_unique",
        (way("ai.gateway", "ingest.broker", "ingest.broker", path="public"),),
        (way("admin.bastion", "ingest.broker", "admin.bastion", name="telemetry"),),
        "`telemetry` is already taken",
        "",
    ),
    Case(
        "names_are_unique",
        (("- id: acme", "- id: apex"),),
        (("- id: acme", "- id: borealis"),),
        "`borealis` is already taken",
        "",
    ),
    Case(
        "names_are_free",
        (("- id: acme", "- id: apex"),),
        (("- id: acme", "- id: shared"),),
        "kept for the plan",
        "shared\n    tier: flat",
    ),
    Case(
        "names_are_free",
        (("- id: lyon", "- id: lille"),),
        (("- id: lyon", "- id: ingest"),),
        "kept for the plan",
        "",
    ),
    Case(
        "machines_stand_behind_something",
        (("kind: lathe\n            behind: gw-1", "kind: lathe\n            behind: plc-1"),),
        (("kind: lathe\n            behind: gw-1", "kind: lathe\n            behind: gw-9"),),
        "`gw-9` is not on this site",
        "gw-9",
    ),
    Case(
        "blocks_do_not_overlap",
        ((HEAD, "    block: 200\n"),),
        ((HEAD, "    block: 3\n"),),
        "overlaps",
        "",
    ),
    Case(
        "blocks_fit_the_pool",
        (
            ("region: eu-central-1", "region: eu-central-1\npool: 172.16.0.0/12"),
            (HEAD, "    block: 15\n"),
        ),
        (
            ("region: eu-central-1", "region: eu-central-1\npool: 172.16.0.0/12"),
            (HEAD, "    block: 16\n"),
        ),
        "exhausted",
        "16\n    approval",
    ),
    Case(
        "slots_do_not_overlap",
        (gateway(slot=200),),
        (gateway(slot=1),),
        "slot 1 is already taken",
        "",
    ),
    Case(
        "hosts_fit_their_room",
        (
            (HEAD, HEAD + "    # roomy\n"),
            (
                "    authority: marc\n    hosts: {broker: 1, ",
                "    authority: marc\n    hosts: {broker: 15, ",
            ),
        ),
        (
            (
                "    authority: marc\n    hosts: {broker: 1, ",
                "    authority: marc\n    hosts: {broker: 16, ",
            ),
        ),
        "exhausted: 16 hosts of role broker",
        "16, ingest",
    ),
    Case(
        "public_addresses_are_unique",
        (gateway(),),
        (gateway(address="198.51.100.20"),),
        "another gateway's address",
        "",
    ),
    Case(
        "references_name_somebody",
        (("authority: marc", "authority: ines"),),
        (("authority: marc", "authority: nemo"),),
        "nobody here is `nemo`",
        "nemo",
    ),
    Case(
        "references_name_somebody",
        (("approver: claire\n", "approver: paul\n"),),
        (("approver: claire\n", "approver: shared/olga\n"),),
        "cannot approve for the asset owner",
        "",
    ),
    Case(
        "nobody_serves_both_sides",
        (("contact: sven.alden@provider.example", "contact: sven@provider.example"),),
        (("contact: sven.alden@provider.example", "contact: Paul.Roche@acme.example"),),
        "also one of the provider's people",
        "paul.roche@acme.example",
    ),
    Case(
        "escalation_is_an_order",
        ((ACME_PEOPLE, ACME_PEOPLE.replace("}", ", escalation: 4}")),),
        ((ACME_PEOPLE, ACME_PEOPLE.replace("}", ", escalation: 5}")),),
        "the escalation is 1, 2, 3, 5",
        "",
    ),
    Case(
        "freezes_end_after_they_begin",
        ((FREEZE, "first: 2026-12-14, last: 2026-12-14"),),
        ((FREEZE, "first: 2026-12-14, last: 2026-12-13"),),
        "before it begins",
        "2026-12-13",
    ),
    Case(
        "identities_have_an_owner",
        (("roles: [engineer], contact: ines", "roles: [operator, engineer], contact: ines"),),
        (("roles: [engineer], contact: ines", "roles: [operator], contact: ines"),),
        "device identities of acme have no owner",
        "customer.engineer",
    ),
    Case(
        "ports_fit_the_protocol",
        (("    protocol: udp\n    port: 53\n", "    protocol: udp\n    port: 53-54\n"),),
        (("    protocol: udp\n    port: 53\n", "    protocol: icmp\n    port: 53\n"),),
        "icmp has no ports",
        "icmp",
    ),
    Case(
        "ports_fit_the_protocol",
        (("    protocol: udp\n    port: 53\n", "    protocol: icmp\n"),),
        (("    protocol: udp\n    port: 53\n", "    protocol: udp\n"),),
        "udp without a port",
        "",
    ),
    Case(
        "diodes_have_a_sender",
        (("      - id: tromso\n", "      - id: tromso\n        conduit: diode\n"),),
        (
            ("      - id: tromso\n", "      - id: tromso\n        conduit: diode\n"),
            (TROMSO_PLC, ""),
            ("            behind: plc-1\n            spindles:\n" + TWO_SPINDLES, TWO_BEHIND_GW),
        ),
        "site `tromso` has a diode and nothing in ot that sends",
        "diode\n        slot: 1\n        gateways:\n          - {name: gw-1, slot: 1, "
        "address: 198.51.100.20",
    ),
    Case(
        "ways_over_diodes_exist",
        (("      - id: tromso\n", "      - id: tromso\n        conduit: diode\n"),),
        (
            ("      - id: tromso\n", "      - id: tromso\n        conduit: diode\n"),
            ("      - id: lyon\n", "      - id: lyon\n        conduit: diode\n"),
        ),
        "conduit `poll` joins ot with ai, and every site",
        "name: poll",
    ),
    Case(
        "the_diodes_name_is_free",
        (("  - name: poll\n", "  - name: polling\n"),),
        (("  - name: poll\n", "  - name: diode\n"),),
        "`diode` is the name of what a site",
        "diode",
    ),
    Case(
        "conduits_are_mediated",
        (way("admin.bastion", "ingest.broker", "ingest.broker"),),
        (way("admin.bastion", "ingest.broker", "egress.proxy"),),
        "nobody mediates conduit `extra`",
        "",
    ),
    Case(
        "conduits_are_mediated",
        (("    mediator: ai.gateway\n", "    mediator: ot.plc\n"),),
        (("    mediator: ai.gateway\n", ""),),
        "none is named",
        "name: poll",
    ),
    Case(
        "conduits_are_declared_once",
        (way("ingest", "storage.historian", "storage.historian"),),
        (way("ingest", "storage.historian", "storage.historian", port=5432),),
        "allows what `extra` allows already",
        "name: record",
    ),
    Case(
        "paths_exist",
        (way("ai.gateway", "ingest.broker", "ingest.broker", path="public"),),
        (way("ai.gateway", "ingest.broker", "ingest.broker"),),
        "no private path",
        "",
    ),
    Case(
        "paths_exist",
        (way("ai.gateway", "ingest.broker", "ingest.broker", path="public"),),
        (way("ai.gateway", "ingest", "ingest.broker", path="public"),),
        "ingest.ingest has no public address",
        "",
    ),
    Case(
        "paths_exist",
        (way("ai.gateway", "ingest.broker", "ingest.broker", path="public"),),
        (way("ingest.broker", "ingest.broker", "ingest.broker", path="public"),),
        "never one side with itself",
        "",
    ),
    Case(
        "endpoints_lead_to_services",
        (to_s3(),),
        (to_s3(by="peering"),),
        "no endpoint leads to it",
        "",
    ),
    Case(
        "endpoints_lead_to_services",
        (to_s3(),),
        (to_s3(port=9000),),
        "asked for another service",
        "",
    ),
    Case(
        "endpoints_lead_to_services",
        (to_s3(source="storage"),),
        (to_s3(source="ai.gateway"),),
        "no endpoint of the provider's stands there",
        "",
    ),
    Case(
        "gateways_never_reach_admin",
        (way("admin.bastion", "ingest.broker", "admin.bastion"),),
        (way("ai.gateway", "admin.bastion", "admin.bastion", path="public"),),
        "a gateway could reach admin: ai -> admin",
        "",
    ),
    Case(
        "gateways_never_reach_admin",
        (way("admin.bastion", "egress.proxy", "admin.bastion"),),
        (way("egress.proxy", "admin.bastion", "admin.bastion"),),
        "ai -> ingest -> egress -> admin",
        "",
    ),
    Case(
        "nothing_outside_reaches_ot",
        (way("ai.gateway", "ot.plc", "ai.gateway"),),
        (way("admin.bastion", "ot.plc", "admin.bastion"),),
        "admin.bastion would reach ot from outside",
        "",
    ),
    Case(
        "customers_enter_by_ingest",
        (way("ai.gateway", "ingest.broker", "ingest.broker", path="public"),),
        (way("ai.gateway", "storage.historian", "storage.historian", path="public"),),
        "enter storage.historian directly",
        "",
    ),
    Case(
        "tiers_are_known",
        (
            ("tier: segmented", "tier: flat"),
            (BLOCK_3, BLOCK_3 + ALL_ACCEPTED),
        ),
        (("tier: segmented", "tier: segmentd"),),
        "there is no tier `segmentd`",
        "segmentd",
    ),
    Case(
        "tiers_carry_their_targets",
        ((SHOP, SHOP.replace("FR5: 1", "FR5: 2")),),
        ((SHOP, SHOP.replace("FR1: 1", "FR1: 2")),),
        "cannot carry the target of acme/ingest: FR1 2 > 1",
        "{FR1: 2, FR2: 1",
    ),
    Case(
        "tiers_carry_their_targets",
        (("        covers: [FR5]\n", "        covers: [FR5, FR7]\n"),),
        (("        covers: [FR5]\n", "        covers: [FR7]\n"),),
        "FR5 1 > 0",
        "",
    ),
    Case(
        "tiers_carry_their_targets",
        (("- zones: [ingest, processing, storage]", "- zones: [storage, processing, ingest]"),),
        (("- zones: [ingest, processing, storage]", "- zones: [ingest, storage]"),),
        "cannot carry the target of acme/processing: FR5 1 > 0",
        "",
    ),
    Case(
        "exceptions_have_not_expired",
        (("expires: 2028-12-31", "expires: 2026-11-22"),),
        (("expires: 2028-12-31", "expires: 2026-11-21"),),
        "expired on 2026-11-21; today is 2026-11-22",
        "2026-11-21",
    ),
    Case(
        "allowances_have_an_owner",
        (allowing(("api.weather.example", "ines"), ('"*.mirror.example"', "shared/olga")),),
        (allowing(("api.weather.example", "nemo")),),
        "nobody here is `nemo`",
        "nemo",
    ),
    Case(
        "allowances_are_written_once",
        (allowing(("a.weather.example", "ines"), ("b.weather.example", "ines")),),
        (allowing(("a.weather.example", "ines"), ("a.weather.example", "paul")),),
        "allowed already",
        "a.weather.example, owner: paul",
    ),
    Case(
        "entries_name_somebody",
        (entering("shared/sven"),),
        (entering("shared/vera"),),
        "`shared/vera` is nobody who can have an account",
        "shared/vera",
    ),
    Case(
        "entries_name_somebody",
        (entering("shared/olga"),),
        (entering("shared/nemo"),),
        "`shared/nemo` is nobody",
        "shared/nemo",
    ),
    Case(
        "entries_are_granted_by_the_tenant",
        (entering(),),
        (entering(approver="shared/olga", start="2026-03-02"),),
        "`shared/olga` is no administrator of acme",
        "shared/olga, from: 2026-03-02",
    ),
    Case(
        "entries_are_granted_by_the_tenant",
        (entering(),),
        (entering(approver="marc", start="2026-03-02"),),
        "`marc` is no administrator of acme",
        "marc, from: 2026-03-02",
    ),
    Case(
        "entries_end_after_they_begin",
        (entering(start="2026-01-01", expires="2026-01-01"),),
        (entering(start="2026-01-02", expires="2026-01-01"),),
        "expires on 2026-01-01, before it begins",
        "2026-01-01}",
    ),
    Case(
        "entries_are_written_once",
        (entering("provider.operator", start="2026-02-17"),),
        (entering("provider.operator", start="2026-02-16"),),
        "`provider.operator` is granted entry from 2026-02-16 already",
        "provider.operator, reason: runs the hosts, approver: claire",
    ),
]


def faults(rule_name: str, text: str):
    """What the rule alone says about a text that holds the schema."""
    from bulkhead.blueprint.document import compose
    from bulkhead.blueprint.loading import _validated
    from bulkhead.blueprint.model import Estate

    rule = next(rule for rule in RULES if rule.__name__ == rule_name)
    estate = _validated(compose(text.encode(), "estate.yaml"), "estate.yaml", Estate)
    return list(rule(estate, TODAY))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.says}")
def test_a_rule_accepts_one_estate_and_rejects_its_neighbour(case):
    loaded(edited(*case.accepted))
    text = edited(*case.rejected)
    assert faults(case.rule, text), f"{case.rule} does not reject this"
    told = [problem for problem in refused(text) if case.says in problem.what]
    assert told, f"{case.says!r} is in none of {[problem.what for problem in refused(text)]}"
    assert told[0].allowed
    assert told[0].remedy
    if case.at:
        assert told[0].where == place_of(text, case.at)


def test_every_rule_has_a_case():
    assert {case.rule for case in CASES} == {rule.__name__ for rule in RULES}


def test_all_broken_rules_are_told_at_once():
    text = edited(
        ("authority: marc", "authority: nemo"),
        ("tier: segmented", "tier: moat"),
        ("    mediator: ai.gateway\n", ""),
    )
    said = "\n".join(problem.what for problem in refused(text))
    assert all(word in said for word in ("`nemo`", "`moat`", "nobody mediates"))


def test_an_unknown_tier_is_answered_with_the_tiers_there_are():
    problem = refused(edited(("tier: segmented", "tier: moat")))[0]
    assert "flat: " in problem.allowed
    assert "segmented: " in problem.allowed


def test_provider_roles_are_no_customer_roles():
    text = edited(("roles: [auditor], contact: paul", "roles: [auditor, support], contact: paul"))
    problem = refused(text)[0]
    assert problem.where == place_of(text, "support], contact: paul")
    assert "operator" in problem.allowed
    assert "support" not in problem.allowed


@pytest.mark.parametrize("key", ["owner", "lifetime"])
def test_an_identity_without_owner_or_lifetime_is_refused(key):
    lines = {"owner": "    owner: customer.engineer\n", "lifetime": "    lifetime: 90d\n"}
    text = edited((lines[key], ""))
    problem = refused(text)[0]
    assert problem.what == f"`{key}` is missing in identities.device"
    assert problem.where == place_of(
        text, "lifetime: 90d" if key == "owner" else "owner: customer.engineer"
    )


@pytest.mark.parametrize("name", ["weather", "*", "*.example", "https://a.example", "10.0.0.1"])
def test_an_allowed_name_is_a_dns_name_and_never_a_whole_top_level(name):
    problem = refused(edited(allowing((f'"{name}"', "ines"))))[0]
    assert "is not a name to allow" in problem.what


def test_an_entry_that_has_expired_stays_in_the_plan_with_its_day():
    """A plan knows no day: whoever enforces the entry looks at it."""
    text = edited(
        (HEAD, allowing(("api.weather.example", "ines"))[1].replace("2027-01", "2025-01"))
    )
    (entry,) = planned(text).allowances
    assert (entry.id, entry.owner) == ("acme/egress/api.weather.example", "acme/ines")
    assert entry.expires == "2025-01-31"
