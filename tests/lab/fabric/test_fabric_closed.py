"""No enforcement, no traffic: case 4, and crashes at any moment."""

import os
import signal

import pytest
from fabric_estate import ANYWHERE, two_hosts

from bulkhead.errors import MissingHere
from infra.lab.fabric import Fabric, FabricError, client, fabric, kernel, machine, nft, remove

pytestmark = pytest.mark.lab


def flowing(world):
    """An estate in which `one` reaches `two`, and a live connection."""
    estate = two_hosts()
    estate.egress("client", cidr=ANYWHERE)
    estate.ingress("server", cidr=ANYWHERE)
    world.apply(estate)
    world.listen("two", 443)
    return estate, world.connection("one", estate.address("two"), 443)


def reconnects(world, estate):
    """Whether a new connection is made within a short bound, without asking the fabric."""
    made = world.open("one")
    made.settimeout(0.3)
    try:
        made.connect((estate.address("two"), 443))
    except TimeoutError:
        return False
    return True


def test_nothing_passes_before_the_first_apply(world):
    assert world.fabric.blocked
    assert [name.split("-")[-1] for name in kernel.named("bh-fab000")] == ["fabric", "internet"]


def test_block_stops_live_and_new_flows_until_the_next_apply(world):
    estate, live = flowing(world)
    world.fabric.block()
    assert world.fabric.blocked
    assert not world.carries(live, 0.3)
    assert not reconnects(world, estate)
    world.apply(estate)
    assert not world.fabric.blocked
    assert reconnects(world, estate)


def test_a_batch_that_is_refused_stops_everything(world, monkeypatch):
    estate, live = flowing(world)
    estate.ingress("server", "tcp", 22, cidr="10.1.0.0/16")
    estate.host("third", "x", "client")
    with monkeypatch.context() as broken:
        broken.setattr(fabric, "diff", lambda old, new: "add rule inet bulkhead nowhere accept")
        with pytest.raises(FabricError, match=r"(?s)Refused.*everything is dropped"):
            world.apply(estate)
    assert world.fabric.blocked
    assert not world.carries(live, 0.3)
    assert not reconnects(world, estate)
    world.apply(estate)
    assert reconnects(world, estate)
    assert world.ping("third", estate.address("two")) == "answered"


def test_forwarding_is_switched_off_where_nftables_is_gone(world, monkeypatch):
    estate, live = flowing(world)
    estate.ingress("server", "tcp", 22, cidr=ANYWHERE)
    estate.ingress("server", "udp", 22, peer="client")
    with monkeypatch.context() as broken:
        broken.setattr(fabric.Client, "call", refuse)
        with pytest.raises(FabricError, match="no nftables here"):
            world.apply(estate)
    assert not world.carries(live, 0.3)
    assert not reconnects(world, estate)
    world.apply(estate)
    assert reconnects(world, estate)


def refuse(self, do, **given):
    raise fabric.WorkerFailed("no nftables here")


def test_a_killed_worker_opens_nothing_and_is_replaced(world):
    estate, live = flowing(world)
    os.kill(world.fabric.worker, signal.SIGKILL)
    assert world.carries(live)
    assert not reaches(world, "two", estate.address("one"))
    estate.host("third", "x", "client")
    world.apply(estate)
    assert world.carries(live)
    assert world.ping("third", estate.address("two")) == "answered"


def reaches(world, source, address):
    made = world.open(source)
    made.settimeout(0.3)
    try:
        made.connect((address, 443))
    except TimeoutError:
        return False
    return True


def test_a_worker_killed_between_hosts_and_rules_leaves_everything_dropped(world, monkeypatch):
    estate, live = flowing(world)
    estate.host("third", "x", "client")
    with monkeypatch.context() as broken:
        broken.setattr(fabric, "diff", killing(world))
        with pytest.raises(FabricError, match="worker"):
            world.apply(estate)
    assert world.fabric.blocked
    assert not world.carries(live, 0.3)
    world.apply(estate)
    assert world.ping("third", estate.address("two")) == "answered"


def killing(world):
    def diff(old, new):
        os.kill(world.fabric.worker, signal.SIGKILL)
        return "add table inet bulkhead\n"

    return diff


def test_what_a_crashed_lab_left_is_removed_by_its_names(world):
    _, live = flowing(world)
    os.kill(world.fabric.worker, signal.SIGKILL)
    other = Fabric("fab001")
    other.open()
    try:
        found = remove("fab000")
        assert found == [f"bh-fab000-{name}" for name in ("fabric", "i-one", "i-two", "internet")]
        assert not world.carries(live, 0.3)
        assert remove("fab000") == []
        assert kernel.named("bh-fab001-") == ["bh-fab001-fabric", "bh-fab001-internet"]
    finally:
        other.close()


def test_opening_again_replaces_what_was_left_over(world):
    estate, live = flowing(world)
    again = Fabric("fab000")
    again.open()
    try:
        assert kernel.named("bh-fab000-") == ["bh-fab000-fabric", "bh-fab000-internet"]
        assert not world.carries(live, 0.3)
        again.apply(estate.deployed())
        assert len(kernel.named("bh-fab000-")) == 4
    finally:
        again.close()


def test_a_name_without_a_namespace_is_removed_too(world):
    leftover = kernel.path("bh-fab002-fabric")
    with open(leftover, "w"):
        assert remove("fab002") == ["bh-fab002-fabric"]
    assert not os.path.exists(leftover)


def test_a_missing_library_is_named_before_anything_is_made(monkeypatch):
    monkeypatch.setattr(nft, "LIBRARY", "libnftables.so.none")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    with pytest.raises(MissingHere, match="apt install libnftables1"):
        Fabric("fab003").open()
    assert kernel.named("bh-fab003-") == []


def test_a_kernel_that_refuses_the_rules_is_named_before_anything_is_made(world, monkeypatch):
    monkeypatch.setattr(machine, "full", lambda new: "add table inet x { nonsense }")
    with pytest.raises(MissingHere, match="this kernel or libnftables refuses the rules"):
        Fabric("fab003").open()
    assert kernel.named("bh-fab003-") == []


def test_a_user_who_is_not_root_is_told_so(monkeypatch):
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    with pytest.raises(MissingHere, match="root"):
        Fabric("fab003").open()


class Failing:
    """A driver whose hosts do not start while `broken`."""

    def __init__(self):
        self.broken, self.calls = True, []

    def start(self, interface, space):
        if self.broken:
            raise RuntimeError("no image")
        self.calls.append(("start", interface.host))

    def stop(self, interface, space):
        self.calls.append(("stop", interface.host))

    def remove(self, interface, space):
        self.calls.append(("remove", interface.host))

    def keep(self, instances):
        pass

    def close(self):
        pass


def test_a_host_that_does_not_start_stops_everything_and_is_started_again(world):
    driver = Failing()
    world.fabric.close()
    world.fabric = Fabric("fab000", driver)
    world.fabric.open()
    estate = two_hosts()
    with pytest.raises(FabricError, match="no image"):
        world.apply(estate)
    assert world.fabric.blocked
    driver.broken = False
    world.apply(estate)
    estate.change("one", running=False)
    del estate.interfaces["two"]
    world.apply(estate)
    del estate.interfaces["one"]
    world.apply(estate)
    starts, ends = [("start", "one"), ("start", "two")], [("stop", "one"), ("remove", "two")]
    assert driver.calls == [*starts, *ends, ("remove", "one")]


def test_an_interrupted_request_is_not_answered_by_the_next_one(world, monkeypatch):
    _, live = flowing(world)
    with monkeypatch.context() as broken:
        broken.setattr(client, "select", interrupted)
        with pytest.raises(KeyboardInterrupt):
            world.fabric.drops()
    assert world.fabric.cut("192.0.2.1") == 0
    assert world.carries(live)


def interrupted(*_):
    raise KeyboardInterrupt


def test_an_address_passes_from_one_host_to_another_in_one_step(world):
    estate, _ = flowing(world)
    address = estate.address("two")
    del estate.interfaces["two"]
    estate.host("heir", "y", "server")
    assert estate.address("heir") == address
    world.apply(estate)
    world.listen("heir", 443)
    assert world.carries(world.connection("one", address, 443), 2.0)
