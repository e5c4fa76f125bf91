import pytest
from random_calls import Caller
from region_in_process import InProcess

from bulkhead.network.deployed import Deployed
from infra.lab.api.kinds import ALL_KINDS, NOTHING, changed, one_row


@pytest.mark.parametrize("seed", [11, 12])
def test_reading_what_changed_gives_the_same_as_reading_everything(
    lab: InProcess, seed: int
) -> None:
    caller = Caller(seed, {alias: lab.client(alias) for alias in ("platform", "plant")})
    caller.prepare()
    for _ in range(120):
        said = caller.step()
        assert lab.gate.enforcement.degraded is None
        assert lab.gate.enforcement.deployed == lab.read(), said
    done = {each for each in caller.answers if ":" not in each}
    assert len(done) > 18, f"only {sorted(done)} were done"


def test_the_kinds_are_the_fields_of_deployed() -> None:
    assert frozenset(Deployed.__dataclass_fields__) == ALL_KINDS


def test_what_is_not_listed_reads_everything() -> None:
    assert changed("ec2", "CreateFlyingCarpet", {}) == ALL_KINDS
    assert changed("elasticloadbalancing", "CreateLoadBalancer", {}) == ALL_KINDS
    assert changed("ec2", "CreateTags", {"ResourceId.1": "carpet-1"}) == ALL_KINDS
    assert changed("ssm", "PutParameter", {}) == NOTHING


@pytest.mark.parametrize(
    ("action", "parameter", "table"),
    [
        ("AuthorizeSecurityGroupIngress", "GroupId", "groups"),
        ("CreateNetworkAclEntry", "NetworkAclId", "acls"),
        ("ReplaceRoute", "RouteTableId", "route_tables"),
    ],
)
def test_a_change_within_one_row_reads_that_row_alone(action, parameter, table) -> None:
    assert one_row("ec2", action, {parameter: "x-1"}) == (table, "x-1")
    assert changed("ec2", action, {parameter: "x-1"}) == {table}
    assert one_row("ec2", action, {"GroupName": "x"}) is None
    assert one_row("ssm", action, {parameter: "x-1"}) is None


def test_what_changes_more_than_one_row_reads_its_table() -> None:
    assert one_row("ec2", "CreateSecurityGroup", {"GroupId": "sg-1"}) is None
    assert one_row("ec2", "AssociateRouteTable", {"RouteTableId": "rtb-1"}) is None
