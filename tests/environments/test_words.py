"""The engine's steps, told in zones and conduits."""

import pytest

from bulkhead.environments.words import sentence
from infra.program.engine import Change

RULE = "borealis/record:in:borealis/storage/historian:from:borealis/ingest/ingest"
TCP = {"ipProtocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0}


def told(op, kind, name, inputs=None, fields=()):
    change = Change(
        stack="borealis", op=op, type=kind, name=name, inputs=inputs or {}, fields=fields
    )
    return sentence(change)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            told("create", "SecurityGroupIngressRule", RULE, TCP),
            "[borealis] conduit borealis/record: opens tcp 5432 into borealis/storage/historian "
            "from borealis/ingest/ingest",
        ),
        (
            told("delete", "SecurityGroupIngressRule", RULE, TCP),
            "[borealis] conduit borealis/record: closes tcp 5432 into borealis/storage/historian "
            "from borealis/ingest/ingest",
        ),
        (
            told(
                "create", "SecurityGroupEgressRule", "c:out:a:to:10.0.0.1/32", {"ipProtocol": "-1"}
            ),
            "[borealis] conduit c: opens everything out of a to 10.0.0.1/32",
        ),
        (
            told("update", "SecurityGroupIngressRule", RULE, TCP, ("fromPort",)),
            "[borealis] conduit borealis/record: updates (fromPort) tcp 5432 into "
            "borealis/storage/historian from borealis/ingest/ingest",
        ),
        (
            told(
                "create",
                "NetworkAclRule",
                "borealis/ingest:in:214",
                {"protocol": "udp", "fromPort": 53.0, "toPort": 54.0},
            ),
            "[borealis] network ACL of borealis/ingest: opens udp 53-54 into it",
        ),
        (
            told("delete", "Route", "p:a:to:b", {"destinationCidrBlock": "10.0.0.0/24"}),
            "[borealis] route removed: p:a:to:b (10.0.0.0/24)",
        ),
        (
            told("replace", "Instance", "borealis/ingest/broker-1", fields=("ami", "privateIp")),
            "[borealis] host borealis/ingest/broker-1: replace (ami, privateIp)",
        ),
        (told("create", "Flower", "rose"), "[borealis] Flower rose: create"),
    ],
)
def test_a_step_is_a_sentence(said, expected):
    assert said == expected
