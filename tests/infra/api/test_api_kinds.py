import pytest
from random_calls import Caller
from region_in_process import InProcess

from bulkhead.network.deployed import Deployed
from infra.lab.api.kinds import ALL_KINDS, NOTHING, changed, one_group


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


def test_a_rule_change_reads_its_group_alone() -> None:
    rule = {"GroupId": "sg-1"}
    assert one_group("ec2", "AuthorizeSecurityGroupIngress", rule) == "sg-1"
    assert one_group("ec2", "AuthorizeSecurityGroupIngress", {"GroupName": "x"}) is None
    assert one_group("ec2", "CreateSecurityGroup", rule) is None
