"""The claim on real packets: it holds for the example, and each of thirty changes breaks it."""

import pytest
from cloud import Cloud
from mutations import (
    ANYWHERE,
    OUTSIDE,
    Mutation,
    change_port,
    close_rule,
    deny_first,
    drop_address,
    drop_entry,
    drop_route,
    intruder,
    move_address,
    open_default_group,
    open_rule,
    peer,
    regroup,
    reroute,
    stop,
    swap_acl,
    swap_table,
    turn_to_deny,
)

from bulkhead.environments.claim import claim

BROKER, INGEST = "borealis/ingest/broker-1", "borealis/ingest/ingest-1"
INFERENCE, HISTORIAN = "borealis/processing/inference-1", "borealis/storage/historian-1"
GATEWAY, PLC = "borealis/tromso/ai/gw-1", "borealis/tromso/ot/plc-1"
BASTION, PROXY, LOGSTORE = (
    "shared/admin/bastion-1",
    "shared/egress/proxy-1",
    "shared/audit/logstore-1",
)
ACME = "acme/ingest/broker-1"

MUTATIONS = (
    Mutation(
        "a broker opened to everybody",
        open_rule("borealis/ingest/broker", "tcp", 8883, ANYWHERE),
        "opened",
        "internet",
        BROKER,
        "group-ingress",
        "0.0.0.0/0",
    ),
    Mutation(
        "a broker opened to one stranger",
        open_rule("borealis/ingest/broker", "tcp", 8883, OUTSIDE),
        "opened",
        "internet",
        BROKER,
        "group-ingress",
        OUTSIDE,
    ),
    Mutation(
        "the flat network's broker opened to everybody",
        open_rule("shared/flat", "tcp", 8883, ANYWHERE),
        "opened",
        "internet",
        ACME,
        "group-ingress",
        "0.0.0.0/0",
    ),
    Mutation(
        "a gateway let out to everybody",
        open_rule(
            "borealis/tromso/ai/gateway", "tcp", 8883, ANYWHERE, egress=True, account="plant"
        ),
        "opened",
        GATEWAY,
        "internet",
        "group-ingress",
        "0.0.0.0/0",
    ),
    Mutation(
        "a gateway opened to everybody, though no reply returns",
        open_rule("borealis/tromso/ai/gateway", "tcp", 8080, ANYWHERE, account="plant"),
        "opened",
        "internet",
        GATEWAY,
        "group-ingress",
        "8080",
    ),
    Mutation(
        "a flat host let out, though no reply returns",
        open_rule("shared/flat", "tcp", 4444, ANYWHERE, egress=True),
        "opened",
        ACME,
        "internet",
        "group-ingress",
        "4444",
    ),
    Mutation(
        "a historian closed to those who write",
        close_rule("borealis/storage/historian", 5432),
        "closed",
        INGEST,
        HISTORIAN,
        "group-ingress",
        "borealis/record",
    ),
    Mutation(
        "those who write kept from going out",
        close_rule("borealis/ingest/ingest", 5432, egress=True),
        "closed",
        INGEST,
        HISTORIAN,
        "group-egress",
        "borealis/record",
    ),
    Mutation(
        "a broker closed to its gateway",
        close_rule("borealis/ingest/broker", 8883),
        "closed",
        GATEWAY,
        BROKER,
        "group-ingress",
        "borealis/telemetry",
    ),
    Mutation(
        "the flat network closed to its gateway",
        close_rule("shared/flat", 8883),
        "closed",
        "acme/lyon/ai/gw-1",
        ACME,
        "group-ingress",
        "acme/telemetry",
    ),
    Mutation(
        "a gateway kept from its broker",
        close_rule("borealis/tromso/ai/gateway", 8883, egress=True, account="plant"),
        "closed",
        GATEWAY,
        BROKER,
        "group-egress",
        "borealis/telemetry",
    ),
    Mutation(
        "a gateway kept from its controller",
        close_rule("borealis/tromso/ai/gateway", 502, egress=True, account="plant"),
        "closed",
        GATEWAY,
        PLC,
        "group-egress",
        "borealis/tromso/poll",
    ),
    Mutation(
        "the log store closed",
        close_rule("shared/audit/logstore", 6514, account="audit"),
        "closed",
        BROKER,
        LOGSTORE,
        "group-ingress",
        "borealis/events",
    ),
    Mutation(
        "a rule moved to another port",
        change_port("shared/egress/proxy", 3128, 3129),
        "closed",
        None,
        PROXY,
        "group-ingress",
        "tcp 3128",
    ),
    Mutation(
        "a broker also in the group of those who write history",
        regroup(BROKER, "borealis/ingest/broker", "borealis/ingest/ingest"),
        "opened",
        BROKER,
        HISTORIAN,
    ),
    Mutation(
        "a host in its VPC's default group alone",
        regroup(HISTORIAN, "borealis/storage/default"),
        "closed",
        INGEST,
        HISTORIAN,
        "group-egress",
        "borealis/record",
    ),
    Mutation(
        "a host in an open default group as well",
        open_default_group(BROKER, "borealis/ingest/default", 8883),
        "opened",
        "internet",
        BROKER,
        "group-ingress",
        "default",
    ),
    Mutation(
        "an ACL's entry dropped on the way in",
        drop_entry("borealis/storage", 5432, egress=False),
        "closed",
        INGEST,
        HISTORIAN,
        "acl-ingress",
        "borealis/storage",
    ),
    Mutation(
        "an ACL's entry dropped on the way out",
        drop_entry("borealis/processing", 5432, egress=True),
        "closed",
        INFERENCE,
        HISTORIAN,
        "acl-egress",
        "borealis/processing",
    ),
    Mutation(
        "an ACL without room for replies",
        drop_entry("borealis/storage", 1024, egress=True),
        "closed",
        INGEST,
        HISTORIAN,
        "reply-acl-egress",
        "borealis/storage",
    ),
    Mutation(
        "the log store's ACL without its entry",
        drop_entry("shared/audit", 6514, egress=False, account="audit"),
        "closed",
        BROKER,
        LOGSTORE,
        "acl-ingress",
        "shared/audit",
    ),
    Mutation(
        "a denial put before every allow",
        deny_first("borealis/ingest", 8883, 8883, egress=False),
        "closed",
        GATEWAY,
        BROKER,
        "acl-ingress",
        "entry 1 ",
    ),
    Mutation(
        "a denial of replies put first",
        deny_first("borealis/ingest", 1024, 65535, egress=False, cidr="10.3.32.0/24"),
        "closed",
        INGEST,
        HISTORIAN,
        "reply-acl-ingress",
        "entry 1 ",
    ),
    Mutation(
        "an allow turned into a denial",
        turn_to_deny("borealis/ingest", 8883, egress=False),
        "closed",
        None,
        BROKER,
        "acl-ingress",
        "denies",
    ),
    Mutation(
        "a subnet under its VPC's empty default ACL",
        swap_acl("borealis/storage", "borealis/storage/default"),
        "closed",
        INGEST,
        HISTORIAN,
        "acl-ingress",
        "borealis/storage/default",
    ),
    Mutation(
        "a route gone",
        drop_route("borealis/processing", "10.3.32.0/24"),
        "closed",
        INFERENCE,
        HISTORIAN,
        "route",
        "borealis/processing",
    ),
    Mutation(
        "a way back gone",
        drop_route("borealis/storage", "10.3.16.0/24"),
        "closed",
        INFERENCE,
        HISTORIAN,
        "reply-route",
        "borealis/storage",
    ),
    Mutation(
        "the way out to the internet gone",
        drop_route("borealis/ingest", "0.0.0.0/0"),
        "closed",
        GATEWAY,
        BROKER,
        "reply-route",
        "borealis/ingest",
    ),
    Mutation(
        "a route to the log store gone in its own account",
        drop_route("shared/audit", "10.3.0.0/24", account="audit"),
        "closed",
        BROKER,
        LOGSTORE,
        "reply-route",
        "shared/audit",
    ),
    Mutation(
        "a prefix sent over another peering",
        reroute("borealis/ingest", "10.3.32.0/24", "borealis/ingest--shared/egress"),
        "closed",
        INGEST,
        HISTORIAN,
        "route",
    ),
    Mutation(
        "a subnet under its VPC's main table",
        swap_table("borealis/storage", "borealis/storage/default"),
        "closed",
        INGEST,
        HISTORIAN,
        "reply-route",
    ),
    Mutation(
        "two tenants joined",
        peer("shared/flat", "borealis/storage", "shared/flat", "borealis/storage/historian", 5432),
        "opened",
        ACME,
        HISTORIAN,
        "group-ingress",
        "5432",
    ),
    Mutation("a host stopped", stop(INFERENCE), "closed", INFERENCE, HISTORIAN, "host"),
    Mutation("a host more", intruder("shared/flat", "shared/flat"), "unplanned host", "intruder"),
    Mutation(
        "a public address at another host", move_address(BROKER, INGEST), "closed", GATEWAY, BROKER
    ),
    Mutation("a public address gone", drop_address(BROKER), "closed", GATEWAY, BROKER),
)


@pytest.fixture(scope="module")
def cloud(lab):
    return Cloud(lab.standing().info)


def probed(lab, plan):
    """All three readings, with real packets."""
    standing = lab.standing()
    deployed = standing.deployed()
    return claim(plan, deployed, lambda f: standing.observe(f, None), seed=1)


def test_intent_model_and_packets_agree_for_the_example(lab, example):
    found = probed(lab, example)
    assert not [str(row) for row in found.differences]
    outcomes = {verdict.outcome for verdict in found.observed.values()}
    assert outcomes == {"answered", "refused"}
    assert len(found.observed) == len(found.flows) > 1000


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda row: row.name)
def test_a_single_change_is_found_and_named(lab, example, cloud, mutation):
    undo = mutation.do(cloud)
    try:
        found = probed(lab, example).differences
    finally:
        undo()
    hits = [
        row
        for row in found
        if row.kind == mutation.kind
        and mutation.source in (None, row.source)
        and row.target == mutation.target
        and mutation.layer in (None, row.layer)
        and mutation.named in str(row)
    ]
    assert hits, [f"{row.kind} {row.layer}: {row}" for row in found]
    assert not [str(row) for row in found if row.kind == "model-vs-packets"]


def test_after_every_change_was_taken_back_all_three_agree_again(lab, example):
    assert not [str(row) for row in probed(lab, example).differences]


def test_there_are_thirty_changes():
    assert len({row.name for row in MUTATIONS}) >= 30
