"""Sabotage in sim, what it refuses, and what a lab's API is told when one is done and undone."""

from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from bulkhead.blueprint import expand, load
from bulkhead.controls.catalogue import CONTROLS, control
from bulkhead.controls.steps import AcceptOnHost, OnHost, OpenAcl, OpenGroup, StrayRoute
from bulkhead.environments.facts.breaking import EVERYWHERE, MARK, Breaking
from bulkhead.environments.sabotaging import Sabotaged, sabotage
from bulkhead.environments.verifying import Where, latest
from bulkhead.errors import BulkheadError, MissingHere, WrongInput
from bulkhead.network.boto import BotoApi
from bulkhead.network.read import read

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
ACCOUNT = "123456789012"
IN_SIM = [
    row.id
    for row in CONTROLS
    if row.id in ("zone-boundaries", "declared-ways", "routes", "default-groups", "host-filters")
]


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


def quiet(_line):
    return None


@pytest.mark.parametrize("name", IN_SIM)
def test_in_sim_exactly_the_declared_findings_flip(plan, tmp_path, name):
    where = Where(environment="sim", state=tmp_path)
    came = sabotage(where, plan, name, (), quiet)
    assert came.held
    assert came.flipped == dict.fromkeys(control(name).sabotage.flips(plan), "fail")
    kept = latest(where)
    assert kept is not None
    assert not kept.failing, "what is kept for reports is the estate, never the sabotage"


def test_in_sim_what_only_a_host_has_cannot_be_broken(plan, tmp_path):
    with pytest.raises(MissingHere, match="no host runs"):
        sabotage(Where(environment="sim", state=tmp_path), plan, "ssh-entry", (), quiet)


def test_in_an_account_nothing_is_broken(plan, tmp_path):
    with pytest.raises(WrongInput, match="nothing is broken on purpose in aws"):
        sabotage(Where(environment="aws", state=tmp_path), plan, "routes", (), quiet)


@pytest.mark.parametrize(
    ("flipped", "left", "held"),
    [
        ({("a", "x"): "fail"}, {}, True),
        ({("a", "x"): "not observed"}, {}, False),
        ({}, {}, False),
        ({("a", "x"): "fail", ("b", "y"): "fail"}, {}, False),
        ({("a", "x"): "fail"}, {("a", "x"): "fail"}, False),
    ],
)
def test_it_held_only_if_exactly_the_declared_failed_and_all_is_back(flipped, left, held):
    came = Sabotaged(
        control="a",
        what="",
        environment="sim",
        declared=frozenset({("a", "x")}),
        flipped=flipped,
        left=left,
    )
    assert came.held is held


@dataclass
class Ran:
    code: int = 0
    out: str = ""
    err: str = ""


@dataclass
class Shells:
    """Keeps what it is told to run; answers with `ran`."""

    ran: Ran = field(default_factory=Ran)
    said: list = field(default_factory=list)

    def run(self, host, argv, _timeout):
        self.said.append((host, argv[-1]))
        return self.ran


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with mock_aws():
        yield boto3.client("ec2", region_name="eu-central-1")


@pytest.fixture
def network(account):
    """Two peered VPCs `a` and `b`; `a` has a subnet with a table and an ACL of its own."""

    def tagged(kind, name):
        tags = [{"Key": "bulkhead:id", "Value": name}]
        return [{"ResourceType": kind, "Tags": tags}]

    made = {}
    for name, cidr in (("a", "10.0.0.0/20"), ("b", "10.0.16.0/20")):
        made[name] = account.create_vpc(CidrBlock=cidr, TagSpecifications=tagged("vpc", name))[
            "Vpc"
        ]["VpcId"]
    account.create_vpc_peering_connection(
        VpcId=made["a"],
        PeerVpcId=made["b"],
        TagSpecifications=tagged("vpc-peering-connection", "a--b"),
    )
    account.create_route_table(VpcId=made["a"], TagSpecifications=tagged("route-table", "a/table"))
    account.create_network_acl(VpcId=made["a"], TagSpecifications=tagged("network-acl", "a/acl"))
    account.create_security_group(
        GroupName="g",
        Description="g",
        VpcId=made["a"],
        TagSpecifications=tagged("security-group", "a/group"),
    )
    return account


def deployed(client):
    return read([BotoApi(client, ACCOUNT)])


STEPS = (
    OpenGroup(group="a/group", port=22, cidr=EVERYWHERE),
    OpenAcl(acl="a/acl"),
    StrayRoute(table="a/table", peering="a--b", cidr="192.0.2.0/24"),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_step_at_the_api_is_done_and_taken_back_also_twice(network, step):
    before = deployed(network)
    breaking = Breaking({ACCOUNT: network}, before, Shells())
    breaking.break_([step])
    assert deployed(network) != before
    breaking.mend([step])
    assert deployed(network) == before
    breaking.mend([step])
    assert deployed(network) == before


def test_what_somebody_else_opened_stays(network):
    before = deployed(network)
    group = next(row for row in before.groups if row.name == "a/group").id
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "10.9.0.0/16"}],
    }
    network.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    theirs = deployed(network)
    breaking = Breaking({ACCOUNT: network}, theirs, Shells())
    breaking.break_(STEPS)
    breaking.mend(STEPS)
    assert deployed(network) == theirs


def test_steps_on_hosts_are_run_as_root_and_marked(network):
    shells = Shells()
    breaking = Breaking({}, deployed(network), shells)
    steps = [AcceptOnHost(host="h", port=4444), OnHost(host="k", do="break", undo="mend")]
    breaking.break_(steps)
    breaking.mend(steps)
    hosts = [host for host, _ in shells.said]
    assert hosts == ["h", "k", "k", "h"]
    assert MARK in shells.said[0][1]
    assert "tcp dport 4444 accept" in shells.said[0][1]
    assert [text for host, text in shells.said if host == "k"] == ["break", "mend"]
    assert MARK in shells.said[3][1]


def test_all_steps_are_taken_back_even_if_one_cannot_be(network):
    shells = Shells(Ran(1, err="no such thing"))
    breaking = Breaking({}, deployed(network), shells)
    steps = [OnHost(host=name, do="x", undo="y") for name in ("h", "k")]
    with pytest.raises(BulkheadError) as caught:
        breaking.mend(steps)
    assert [row.where for row in caught.value.problems] == ["k", "h"]
    assert len(shells.said) == 2


def test_what_is_not_deployed_cannot_be_broken(network):
    breaking = Breaking({}, deployed(network), Shells())
    with pytest.raises(MissingHere, match="nothing of this name"):
        breaking.break_([OpenAcl(acl="elsewhere")])
