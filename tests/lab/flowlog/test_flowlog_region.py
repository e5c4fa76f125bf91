"""flow.log of a region: it begins and ends with it, and outlives the fabric's worker."""

import os
import select
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from flowlog_read import awaited, flows

from infra.lab.fabric import kernel
from infra.lab.region import launch
from infra.lab.region.state import FLOWS, alive, lab_id
from infra.specs.images import BARE


@pytest.fixture
def state(tmp_path):
    yield tmp_path / "state"
    launch.stop(tmp_path / "state", forget=True)


def two_hosts(info):
    """client, group id, two instances; between them TCP at 443 is allowed."""
    client = launch.clients(info)["platform"]
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = client.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    made = client.run_instances(
        ImageId=BARE, MinCount=2, MaxCount=2, SubnetId=subnet, SecurityGroupIds=[group]
    )
    allow(client, group, 443)
    return client, group, made["Instances"]


def allow(client, group, port):
    pair = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    peers = [pair | {"UserIdGroupPairs": [{"GroupId": group}]}]
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=peers)


def send(state, source, target, port, kind="udp"):
    """One packet, or one attempt to connect, from the host of an instance to another."""
    probe = f"exec 3<>/dev/{kind}/{target['PrivateIpAddress']}/{port}; echo >&3"
    name = f"bh-{lab_id(state)}-{source['InstanceId']}"
    inside = ["timeout", "0.5", "ip", "netns", "exec", name, "bash", "-c", probe]
    subprocess.run(inside, capture_output=True, check=False)


def worker(info):
    """The process id of the region's fabric worker."""
    entries = filter(str.isdigit, os.listdir("/proc"))
    found = [entry for entry in entries if child_worker(entry, info.pid)]
    assert len(found) == 1
    return int(found[0])


def child_worker(entry, parent):
    try:
        fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
        named = b"fabric.worker" in Path(f"/proc/{entry}/cmdline").read_bytes()
    except OSError:
        return False
    return named and int(fields[1]) == parent


def killed(pid):
    process = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert select.select([process], [], [], 20)[0]
    os.close(process)


def test_a_regions_flows_name_account_and_interface(state):
    info = launch.start(state)
    _, _, (one, two) = two_hosts(info)
    send(state, one, two, 443, "tcp")
    send(state, one, two, 80, "tcp")
    interface = two["NetworkInterfaces"][0]
    (accepted,) = awaited(state / FLOWS, dport=443)
    refused = awaited(state / FLOWS, dport=80)
    for each in (accepted, *refused):
        assert each.account == interface["OwnerId"]
        assert each.interface == interface["NetworkInterfaceId"]
    assert accepted[12:] == ("ACCEPT", "OK", "-")
    assert {each[12:] for each in refused} == {("REJECT", "OK", "group-ingress")}
    assert stat.S_IMODE((state / FLOWS).stat().st_mode) == 0o600


def test_flows_are_told_while_the_worker_is_dead_and_after_it_is_replaced(state):
    info = launch.start(state)
    client, group, (one, two) = two_hosts(info)
    first = worker(info)
    killed(first)
    send(state, one, two, 9001)
    assert awaited(state / FLOWS, dport=9001)[0].layer == "group-ingress"
    allow(client, group, 9002)
    assert worker(info) != first
    send(state, one, two, 9002, "tcp")
    assert awaited(state / FLOWS, dport=9002)[0].action == "ACCEPT"


def test_a_stop_writes_the_last_flow_and_leaves_nothing_that_runs(state):
    info = launch.start(state)
    _, _, (one, two) = two_hosts(info)
    send(state, one, two, 9003)
    launch.stop(state)
    assert len(flows(state / FLOWS, dport=9003)) == 1
    assert not alive(info.pid, info.started)
    assert kernel.named(f"bh-{lab_id(state)}-") == []
    size = (state / FLOWS).stat().st_size
    launch.start(state)
    send(state, one, two, 9004)
    awaited(state / FLOWS, dport=9004)
    assert (state / FLOWS).stat().st_size > size, "a restart goes on in the same file"
    launch.stop(state, forget=True)
    assert not list(state.glob("flow.log*"))


def test_after_kill_9_of_the_region_a_new_one_goes_on(state):
    info = launch.start(state)
    _, _, (one, two) = two_hosts(info)
    send(state, one, two, 9005)
    awaited(state / FLOWS, dport=9005)
    killed(info.pid)
    launch.start(state)
    send(state, one, two, 9006)
    assert awaited(state / FLOWS, dport=9006)[0].start <= str(int(time.time()))
    assert len(flows(state / FLOWS, dport=9005)) == 1
