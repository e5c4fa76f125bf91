"""An estate with endpoints and a transit gateway, stood up by the real program in the lab: intent,
model and packets agree, and changes through the API are found and named."""

import socket

import pytest
from cloud import Cloud
from lab_fixture import standing_lab
from mutations import open_rule
from private_estate import private_plan

from bulkhead.environments.claim import claim
from infra.lab.fabric import kernel

BROKER, INGEST = "borealis/ingest/broker-1", "borealis/ingest/ingest-1"
BASTION, LOGSTORE = "shared/admin/bastion-1", "shared/audit/logstore-1"
ENDPOINT = "borealis/ingest/endpoint-s3"


@pytest.fixture(scope="module")
def plan():
    return private_plan()


@pytest.fixture(scope="module")
def lab(tmp_path_factory, plan):
    """A lab of its own: the example has neither."""
    yield from standing_lab(tmp_path_factory.mktemp("private"), plan)


@pytest.fixture(scope="module")
def cloud(lab):
    return Cloud(lab.standing().info)


def probed(lab, plan):
    standing = lab.standing()
    return claim(plan, standing.deployed(), lambda f: standing.observe(f, None), seed=1)


def found(lab, plan, kind, source, target):
    """The differences of a kind between two, once packets have agreed with the model."""
    rows = probed(lab, plan).differences
    assert not [str(row) for row in rows if row.kind == "model-vs-packets"]
    return [r for r in rows if (r.kind, r.source, r.target) == (kind, source, target)]


def test_intent_model_and_packets_agree_and_the_endpoint_is_the_one_way(lab, plan):
    agreed = probed(lab, plan)
    assert not [str(row) for row in agreed.differences]
    deployed = lab.standing().deployed()
    assert ENDPOINT in {row.name for row in deployed.endpoints}
    assert {row.available for row in deployed.attachments} == {True}
    reached = {
        f.target
        for f, v in agreed.observed.items()
        if (f.source, f.port) == (INGEST, 443) and v.outcome == "answered"
    }
    assert reached == {ENDPOINT}


def test_bytes_reach_the_log_store_through_the_endpoint(lab):
    there = lab.standing().vantages()
    with kernel.inside(there[LOGSTORE].namespace, socket.socket) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((there[LOGSTORE].address, 9000))
        server.listen()
        server.settimeout(5)
        with kernel.inside(there[INGEST].namespace, socket.socket) as client:
            client.settimeout(5)
            client.connect((there[ENDPOINT].address, 443))
            client.send(b"an object")
            accepted, _ = server.accept()
            with accepted:
                accepted.settimeout(5)
                assert accepted.recv(64) == b"an object"
                accepted.send(b"taken")
            assert client.recv(64) == b"taken"


def test_an_endpoint_opened_to_a_host_that_has_no_business_there_is_found(lab, plan, cloud):
    back = [
        open_rule(ENDPOINT, "tcp", 443, "0.0.0.0/0")(cloud),
        open_rule("borealis/ingest/broker", "tcp", 443, "10.0.0.0/8", egress=True)(cloud),
    ]
    try:
        (row,) = found(lab, plan, "opened", BROKER, ENDPOINT)
    finally:
        [undo() for undo in back]
    assert row.layer == "group-ingress"
    assert ENDPOINT in str(row)


def test_an_attachment_in_the_wrong_table_is_found_at_the_route(lab, plan, cloud):
    ec2, deployed = cloud.ec2(), lab.standing().deployed()
    own = next(row for row in deployed.attachments if row.name == "shared/admin/transit")
    wrong = next(row for row in deployed.transit_tables if row.name == "shared/transit/spokes")

    def move(old, new):
        ec2.disassociate_transit_gateway_route_table(
            TransitGatewayAttachmentId=own.id, TransitGatewayRouteTableId=old
        )
        ec2.associate_transit_gateway_route_table(
            TransitGatewayAttachmentId=own.id, TransitGatewayRouteTableId=new
        )

    move(own.table, wrong.id)
    try:
        (row,) = found(lab, plan, "closed", BASTION, INGEST)
    finally:
        move(wrong.id, own.table)
    assert row.layer == "route"
    assert "shared/transit/spokes" in str(row)


def test_tenants_joined_over_the_transit_gateway_are_found_and_the_route_is_named(lab, plan, cloud):
    """A route in the spokes' table is not enough: each subnet's own table, and groups, stand
    before it. With all of them, the way is found."""
    ec2, deployed = cloud.ec2(), lab.standing().deployed()
    spokes = next(row for row in deployed.transit_tables if row.name == "shared/transit/spokes")
    ends = {row.name: row for row in deployed.vpcs}
    one, two = ends["borealis/storage"], ends["shared/flat"]
    ways = {row.vpc: row.id for row in deployed.attachments}
    undo = []
    for here, there in ((one, two), (two, one)):
        into = {"TransitGatewayRouteTableId": spokes.id, "DestinationCidrBlock": there.cidrs[0]}
        ec2.create_transit_gateway_route(TransitGatewayAttachmentId=ways[there.id], **into)
        undo.append((ec2.delete_transit_gateway_route, into))
        table = {"RouteTableId": cloud.table(here.name), "DestinationCidrBlock": there.cidrs[0]}
        gateway = deployed.transits[0].id
        ec2.create_route(TransitGatewayId=gateway, **table)
        undo.append((ec2.delete_route, table))
    assert not [row for row in probed(lab, plan).differences if row.kind == "opened"]
    historian = "borealis/storage/historian"
    back = [
        open_rule(historian, "tcp", 5432, two.cidrs[0])(cloud),
        open_rule("shared/flat", "tcp", 5432, one.cidrs[0], egress=True)(cloud),
    ]
    for name, peer, ports in (
        ("borealis/storage", two.cidrs[0], (5432, 1024)),
        ("shared/flat", one.cidrs[0], (1024, 5432)),
    ):
        undo += [
            _entry(cloud, name, peer, egress, first)
            for egress, first in zip((False, True), ports, strict=True)
        ]
    try:
        rows = found(lab, plan, "opened", "acme/ingest/broker-1", f"{historian}-1")
        why = [str(row) for row in rows]
    finally:
        [taken() for taken in back]
        [call(**given) for call, given in undo]
    assert rows
    assert "5432" in why[0]


def _entry(cloud, acl, cidr, egress, first):
    """An entry before all others, from `first` on; the call that takes it away."""
    own = {"NetworkAclId": cloud.acl(acl), "RuleNumber": 2, "Egress": egress}
    cloud.ec2().create_network_acl_entry(
        **own,
        Protocol="6",
        RuleAction="allow",
        CidrBlock=cidr,
        PortRange={"From": first, "To": 65535},
    )
    return cloud.ec2().delete_network_acl_entry, own


def test_a_deleted_endpoint_is_told_as_a_missing_host(lab, plan, cloud):
    (row,) = [row for row in lab.standing().deployed().endpoints if row.name == ENDPOINT]
    cloud.ec2().delete_vpc_endpoints(VpcEndpointIds=[row.id])
    rows = probed(lab, plan).differences
    assert ("missing host", ENDPOINT) in {(r.kind, r.source) for r in rows}


def test_after_every_change_a_second_up_brings_all_three_to_agree_again(lab, plan):
    from bulkhead.environments.lab import Options

    lab.up(plan, say=lambda _line: None, options=Options(hosts="bare", refresh=True))
    assert not [str(row) for row in probed(lab, plan).differences]
