"""An import: what stands becomes a file that says so, and says what it cannot know."""

import pytest
from moto_estate import AUDIT, PLATFORM, REGION, account_switch, client_of
from odd_networks import ANYWHERE, NETWORKS, tcp

from bulkhead.blueprint import expand
from bulkhead.blueprint.loading import loads_imported
from bulkhead.environments.claim import claim
from bulkhead.environments.importing import Sources, imported
from bulkhead.errors import MissingHere
from bulkhead.network.boto import BotoApi
from bulkhead.network.parse.shape import NotModelled
from bulkhead.network.read import read
from bulkhead.plan import digest

IMAGE = "ami-12345678"


@pytest.fixture
def ec2():
    """An account with the default VPC that AWS (and moto) gives it, in which nothing stands."""
    with account_switch() as client_of:
        yield client_of(PLATFORM)


def emptied(client, vpc):
    """Take a VPC away, with its gateway and subnets."""
    for gateway in client.describe_internet_gateways()["InternetGateways"]:
        identity = gateway["InternetGatewayId"]
        client.detach_internet_gateway(InternetGatewayId=identity, VpcId=vpc)
        client.delete_internet_gateway(InternetGatewayId=identity)
    for subnet in client.describe_subnets()["Subnets"]:
        client.delete_subnet(SubnetId=subnet["SubnetId"])
    client.delete_vpc(VpcId=vpc)


def brought_in(ec2, sources=None):
    return imported([BotoApi(ec2, PLATFORM)], "found", REGION, sources or Sources())


def differences(ec2, plan):
    found = claim(plan, read([BotoApi(ec2, PLATFORM)]), None, seed=1, outside=True)
    return [str(row) for row in found.differences]


@pytest.mark.parametrize("shape", NETWORKS)
def test_an_imported_network_is_what_its_file_intends(ec2, shape):
    made = NETWORKS[shape](ec2, IMAGE)
    text, found = brought_in(ec2)
    plan = expand(found)
    assert differences(ec2, plan) == []
    assert len(plan.hosts) == len(made["hosts"])
    assert digest(expand(loads_imported(text, "again"))) == digest(plan)


@pytest.mark.parametrize("shape", NETWORKS)
def test_a_rule_that_is_opened_later_is_found_and_named(ec2, shape):
    made = NETWORKS[shape](ec2, IMAGE)
    plan = expand(brought_in(ec2)[1])
    rule = ec2.authorize_security_group_ingress(
        GroupId=made["group"], IpPermissions=[tcp(3389, ANYWHERE)]
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    found = differences(ec2, plan)
    assert any(f"{made['source']} -> {made['target']}" in row and rule in row for row in found)


@pytest.mark.parametrize("shape", NETWORKS)
def test_an_import_asks_and_changes_nothing(ec2, shape):
    NETWORKS[shape](ec2, IMAGE)
    asked = []
    ec2.meta.events.register("before-call.ec2", lambda model, **_: asked.append(model.name))
    brought_in(ec2)
    assert len(asked) > 8
    assert [name for name in asked if not name.startswith("Describe")] == []


def test_hosts_without_our_tag_bear_their_own_names_and_twins_are_told_apart(ec2):
    made = NETWORKS["flat"](ec2, IMAGE)
    names = {host.id for host in expand(brought_in(ec2)[1]).hosts}
    first, second = made["hosts"][:2]
    assert names == {f"worker ({first})", f"worker ({second})", "db", "Web server #1"}
    made = NETWORKS["hub"](ec2, IMAGE)
    assert set(made["hosts"]) < {host.id for host in expand(brought_in(ec2)[1]).hosts}


def test_guesses_say_why_and_what_nobody_can_know_is_unknown(ec2):
    NETWORKS["prefixes"](ec2, IMAGE)
    text, found = brought_in(ec2)
    zones = {zone.id: zone for zone in expand(found).zones}
    data = zones["prod/prod-data"]
    assert (data.kind, data.tenant, data.stated) == ("storage", "acme-tools", False)
    assert "kind guessed: the subnet's name (prod-data) holds 'data'" in text
    assert "tenant guessed: the tag customer" in text
    (alone,) = [zone for name, zone in zones.items() if name.startswith("lab/")]
    assert (alone.kind, alone.tenant) == ("unknown", "unknown")
    assert found.estate.owner == "unknown"
    assert all(row.reason == "unknown" for row in found.estate.conduits)


def test_a_tag_cannot_write_into_the_file(ec2):
    made = NETWORKS["flat"](ec2, IMAGE)
    evil = "x\nkind: blueprint\nhosts: []\n# \u202e'\"{{"
    ec2.create_tags(Resources=[made["hosts"][2]], Tags=[{"Key": "Name", "Value": evil}])
    ec2.create_tags(Resources=[made["hosts"][1]], Tags=[{"Key": "Name", "Value": "internet"}])
    text, found = brought_in(ec2)
    assert len(found.estate.hosts) == 4
    assert not any(line.startswith(("kind: blueprint", "hosts: []")) for line in text.splitlines())
    assert differences(ec2, expand(found)) == []


def test_nobody_takes_a_name_that_bulkhead_gave(ec2):
    made = NETWORKS["flat"](ec2, IMAGE)
    ours, thief = made["hosts"][2], made["hosts"][0]
    ec2.create_tags(Resources=[ours], Tags=[{"Key": "bulkhead:id", "Value": "shared/db"}])
    ec2.create_tags(Resources=[thief], Tags=[{"Key": "Name", "Value": "shared/db"}])
    names = {row.instance: row.host for row in read([BotoApi(ec2, PLATFORM)]).interfaces}
    assert names[ours] == "shared/db"
    assert names[thief] == f"shared/db ({thief})"


def test_several_accounts_are_one_estate(ec2):
    other = client_of(AUDIT)
    NETWORKS["hub"](ec2, IMAGE)
    NETWORKS["flat"](other, IMAGE)
    apis = [BotoApi(ec2, PLATFORM), BotoApi(other, AUDIT)]
    _, found = imported(apis, "found", REGION, Sources())
    assert {row.account for row in found.estate.networks} == {PLATFORM, AUDIT}
    plan = expand(found)
    assert len(plan.hosts) == 12
    assert len(plan.peerings) == 2
    assert not claim(plan, read(apis), None, seed=1, outside=True).differences


def test_an_account_without_networks_says_so(ec2):
    for default in ec2.describe_vpcs()["Vpcs"]:
        emptied(ec2, default["VpcId"])
    with pytest.raises(MissingHere, match="nothing to import"):
        brought_in(ec2)


def test_what_is_not_modelled_is_refused_by_its_field(ec2):
    made = NETWORKS["flat"](ec2, IMAGE)
    link = ec2.create_network_interface(SubnetId=ec2.describe_subnets()["Subnets"][0]["SubnetId"])[
        "NetworkInterface"
    ]["NetworkInterfaceId"]
    ec2.attach_network_interface(
        NetworkInterfaceId=link, InstanceId=made["hosts"][0], DeviceIndex=1
    )
    with pytest.raises(NotModelled, match="NetworkInterfaces"):
        brought_in(ec2)
