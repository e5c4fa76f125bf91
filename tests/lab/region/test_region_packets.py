"""The region with the real fabric: what the API says is what packets do, and nothing is left."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from region_cases import kill

from infra.lab.region import launch
from infra.lab.region.control import ask
from infra.lab.region.state import RegionInfo, lab_id
from infra.specs.images import BARE

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]


@pytest.fixture
def state(tmp_path: Path) -> Any:
    yield tmp_path / "state"
    launch.stop(tmp_path / "state", forget=True)


def _namespaces(state: Path) -> set[str]:
    names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    prefix = f"bh-{lab_id(state)}-"
    return {w.split()[0] for w in names.stdout.splitlines() if w.startswith(prefix)}


def _pings(state: Path, instance: str, address: str) -> bool:
    inside = ["ip", "netns", "exec", f"bh-{lab_id(state)}-{instance}"]
    ping = [*inside, "ping", "-c1", "-W1", address]
    return subprocess.run(ping, capture_output=True, check=False).returncode == 0


def _two_hosts(info: RegionInfo) -> tuple[Any, str, list[dict[str, Any]]]:
    client = launch.clients(info)["platform"]
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = client.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    made = client.run_instances(
        ImageId=BARE, MinCount=2, MaxCount=2, SubnetId=subnet, SecurityGroupIds=[group]
    )
    return client, group, made["Instances"]


def _ping_rule(group: str) -> dict[str, Any]:
    pair = {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}
    return {"GroupId": group, "IpPermissions": [pair | {"UserIdGroupPairs": [{"GroupId": group}]}]}


def test_a_rule_carries_packets_when_the_call_returns_and_not_after_it_is_revoked(
    state: Path,
) -> None:
    client, group, (one, two) = _two_hosts(launch.start(state))
    source, target = one["InstanceId"], two["PrivateIpAddress"]
    assert not _pings(state, source, target)
    client.authorize_security_group_ingress(**_ping_rule(group))
    assert _pings(state, source, target)
    client.revoke_security_group_ingress(**_ping_rule(group))
    ask(state, do="cut", address=target)
    assert not _pings(state, source, target)


def test_a_restart_after_kill_9_carries_what_the_api_says_and_a_stop_leaves_nothing(
    state: Path,
) -> None:
    info = launch.start(state)
    client, group, (one, two) = _two_hosts(info)
    client.authorize_security_group_ingress(**_ping_rule(group))
    kill(info)
    launch.start(state)
    assert _pings(state, one["InstanceId"], two["PrivateIpAddress"])
    assert not _pings(state, one["InstanceId"], "10.0.9.9")
    assert {f"bh-{lab_id(state)}-{i['InstanceId']}" for i in (one, two)} < _namespaces(state)
    launch.stop(state)
    assert _namespaces(state) == set()


def test_a_stop_after_kill_9_leaves_nothing(state: Path) -> None:
    info = launch.start(state)
    _two_hosts(info)
    kill(info)
    launch.stop(state)
    assert _namespaces(state) == set()
