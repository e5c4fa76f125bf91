"""The flow log beside a real fabric: what packets met is what the lines say."""

import os
import subprocess
import threading
import time

import pytest
from fabric_estate import ANYWHERE, two_hosts
from flowlog_read import awaited, flows, until

from infra.lab.fabric import FLOW_GROUP, Fabric, kernel, namespace
from infra.lab.flowlog import FlowLog, Logged, reader
from infra.lab.flowlog.file import older
from infra.lab.nflog import Listener


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flow.log"


@pytest.fixture
def log(world, path):
    made = FlowLog(world.space("fabric"), path)
    made.start()
    yield made
    made.stop()


def follow(world, log, estate):
    log.coming(estate.deployed())
    world.apply(estate)
    log.current(estate.deployed())


def some_open(public=False):
    """`one` may ask `two` by TCP at 443, UDP at 53 and ping."""
    estate = two_hosts(public)
    estate.egress("client", cidr=ANYWHERE)
    for protocol, ports in (("tcp", 443), ("udp", 53), ("icmp", (0, 65535))):
        estate.ingress("server", protocol, ports, cidr=ANYWHERE)
    return estate


def test_a_connection_is_one_line_however_much_it_carries(world, log, path):
    estate = some_open()
    follow(world, log, estate)
    world.listen("two", 443)
    made = world.connection("one", estate.address("two"), 443)
    for _ in range(50):
        assert world.carries(made)
    port = made.getsockname()[1]
    made.close()
    log.stop()
    (found,) = flows(path)
    now = int(time.time())
    assert now - 60 < int(found.start) <= int(found.end) <= now
    assert found[:10] == (
        "2",
        "1",
        "eni-two",
        estate.address("one"),
        estate.address("two"),
        str(port),
        "443",
        "6",
        "1",
        "60",
    )
    assert found[12:] == ("ACCEPT", "OK", "-")


def test_a_refused_connection_is_told_with_the_layer_that_stopped_it(world, log, path):
    estate = some_open()
    follow(world, log, estate)
    assert world.tcp("one", estate.address("two"), 80) == "group-ingress"
    assert world.udp("two", estate.address("one"), 9) == "group-egress"
    for number, host, layer in ((80, "two", "group-ingress"), (9, "two", "group-egress")):
        for one in awaited(path, dport=number):
            assert one.interface == f"eni-{host}"
            assert one[12:] == ("REJECT", "OK", layer)
    assert not flows(path, action="ACCEPT")


def test_datagrams_that_nobody_answers_are_one_flow(world, log, path):
    estate = some_open()
    follow(world, log, estate)
    made = world.open("one", 2)
    made.connect((estate.address("two"), 53))
    made.setsockopt(0, 11, 0)  # IP_RECVERR: that nobody listens is no matter here
    for _ in range(5):
        try:
            made.send(bytes(10))
        except ConnectionRefusedError:
            continue
    (found,) = awaited(path, protocol=17)
    assert (found.dport, found.size, found.action) == ("53", "38", "ACCEPT")
    log.stop()
    assert len(flows(path, protocol=17)) == 1


def test_a_ping_is_a_flow_without_ports(world, log, path):
    estate = some_open()
    follow(world, log, estate)
    assert world.ping("one", estate.address("two")) == "answered"
    (found,) = awaited(path, protocol=1)
    assert (found.sport, found.dport, found.action, found.interface) == (
        "0",
        "0",
        "ACCEPT",
        "eni-two",
    )
    estate.acl("y", (1, "in", "deny", "icmp", (0, 65535), ANYWHERE))
    follow(world, log, estate)
    assert world.ping("one", estate.address("two")) == "acl-ingress"
    assert awaited(path, protocol=1, action="REJECT")[0].layer == "acl-ingress"


def test_on_the_public_path_both_ends_have_a_line(world, log, path):
    estate = some_open(public=True)
    estate.gateway("g", "a")
    for subnet in ("x", "y"):
        estate.route(subnet, ANYWHERE, "igw-g")
    follow(world, log, estate)
    world.listen("two", 443)
    assert world.tcp("one", "203.0.113.12", 443) == "answered"
    log.stop()
    ends = [(f.interface, f.source, f.target, f.action) for f in flows(path)]
    assert ends == [
        ("eni-one", estate.address("one"), "203.0.113.12", "ACCEPT"),
        ("eni-two", "203.0.113.11", estate.address("two"), "ACCEPT"),
    ]


def test_what_the_kernel_could_not_keep_is_counted_and_said(world, path, monkeypatch):
    estate = some_open()
    go, line = threading.Event(), reader.line
    monkeypatch.setattr(reader, "Listener", lambda group: Listener(group, buffer=1))
    monkeypatch.setattr(reader, "line", lambda *a: (go.wait(60), line(*a))[1])
    log = FlowLog(world.space("fabric"), path)
    log.start()
    try:
        follow(world, log, estate)
        made = world.open("one", 2)
        for _ in range(3000):
            made.sendto(b"", (estate.address("two"), 80))
        go.set()
        assert until(lambda: flows(path))
        made.sendto(b"", (estate.address("two"), 81))
        awaited(path, dport=81)
    finally:
        go.set()
        log.stop()
    gaps = [int(each.packets) for each in flows(path, status="SKIPDATA")]
    assert sum(gaps) == log.lost > 0
    told = len(flows(path, action="REJECT"))
    assert told + log.lost == world.fabric.drops()["group-ingress"]


def test_a_full_disk_stops_no_packet_and_is_said_when_there_is_room(world, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", small], check=True)
    path = small / "flow.log"
    log = FlowLog(world.space("fabric"), path)
    estate = some_open()
    try:
        log.start()
        follow(world, log, estate)
        world.listen("two", 443)
        while not log.lost:
            assert world.ping("one", estate.address("two")) == "answered"
        follow(world, log, estate)
        assert world.tcp("one", estate.address("two"), 443) == "answered"
        subprocess.run(["mount", "-o", "remount,size=1m", small], check=True)
        assert world.udp("one", estate.address("two"), 99) == "group-ingress"
        awaited(path, dport=99)
        assert log.lost == sum(int(f.packets) for f in flows(path, status="SKIPDATA")) > 0
    finally:
        log.stop()
        subprocess.run(["umount", small], check=True)


def test_a_group_that_is_taken_is_read_as_soon_as_it_is_free(world, path, monkeypatch):
    monkeypatch.setattr(reader, "AGAIN", 0.05)
    other = kernel.inside(world.space("fabric"), lambda: Listener(FLOW_GROUP))
    log = FlowLog(world.space("fabric"), path)
    log.start()
    estate = some_open()
    try:
        follow(world, log, estate)
        assert world.udp("one", estate.address("two"), 98) == "group-ingress"
        assert not path.exists()
        other.close()

        def told():
            world.udp("one", estate.address("two"), 99)
            return flows(path, dport=99)

        assert until(told)
    finally:
        other.close()
        log.stop()
    assert flows(path)[0].status == "SKIPDATA"
    assert flows(path)[0].packets == "-"


def test_a_fabric_opened_again_is_followed_and_its_end_ends_the_thread(tmp_path):
    path, before = tmp_path / "flow.log", set(os.listdir("/proc/self/fd"))
    fabric = Fabric("f10364")
    logged = Logged(fabric, FlowLog(namespace("f10364", "fabric"), path))
    try:
        for port in (7001, 7002):
            logged.open()
            logged.apply(some_open().deployed())
            one = namespace("f10364", "i-one")
            probe = f"exec 3<>/dev/udp/{some_open().address('two')}/{port}; echo >&3"
            subprocess.run(["ip", "netns", "exec", one, "bash", "-c", probe], check=True)
            assert awaited(path, dport=port)[0].interface == "eni-two"
            assert [t.name for t in threading.enumerate()].count("flows") == 1
    finally:
        logged.close()
    assert "flows" not in [t.name for t in threading.enumerate()]
    assert set(os.listdir("/proc/self/fd")) == before
    assert kernel.named("bh-f10364-") == []
    assert not older(path).exists()
