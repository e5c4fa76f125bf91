"""The fabric's worker killed in the middle of a load: the kernel took all of it or none."""

import os
import signal
import time
from random import Random
from threading import Timer

import pytest
from fabric_estate import ANYWHERE, two_hosts

from infra.lab.fabric import FabricError

RULES = 6000
MOMENTS = 5


def estates():
    """One in which `one` reaches `two` alone, and one that also opens the way back, by a long load.

    Neither is open at port 444; that is what half a load could show.
    """
    small = two_hosts()
    small.egress("client", cidr=ANYWHERE)
    small.ingress("server", "tcp", 443, cidr=ANYWHERE)
    large = two_hosts()
    large.egress("client", cidr=ANYWHERE)
    large.ingress("server", "tcp", 443, cidr=ANYWHERE)
    for number in range(RULES):
        large.ingress("server", "udp", 5000, cidr=f"172.16.{number >> 7}.{number % 128 * 2}/32")
    return small, large


def seconds(world, estate):
    began = time.monotonic()
    world.apply(estate)
    return time.monotonic() - began


def refusal(world, estate):
    """Why the fabric could not follow, empty if it did."""
    try:
        world.apply(estate)
    except FabricError as error:
        return str(error)
    return ""


def connects(world, estate, port):
    made = world.open("one")
    made.settimeout(0.2)
    try:
        made.connect((estate.address("two"), port))
    except (TimeoutError, ConnectionRefusedError):
        return False
    return True


def test_a_worker_killed_in_a_load_leaves_everything_dropped_or_everything_loaded(world):
    small, large = estates()
    world.apply(small)
    world.listen("two", 443)
    world.listen("two", 444)
    takes = seconds(world, large)
    world.apply(small)
    random, failed = Random(6), 0
    for _ in range(MOMENTS):
        moment = Timer(
            random.uniform(0.1, 0.9) * takes, os.kill, (world.fabric.worker, signal.SIGKILL)
        )
        moment.start()
        if words := refusal(world, large):
            failed += 1
            assert "worker" in words
            assert "everything is dropped" in words
            assert world.fabric.blocked
            assert not connects(world, small, 443)
        moment.join()
        assert not connects(world, small, 444)
        world.apply(small)
        assert connects(world, small, 443)
        assert not connects(world, small, 444)
    assert failed, "no kill fell into a load"


def test_a_worker_that_may_open_no_more_files_makes_no_host_and_stops_everything(world):
    """A real shortage: the kernel gives it no socket, so that a host's link cannot be made."""
    from resource import RLIMIT_NOFILE, prlimit

    small, _ = estates()
    world.apply(small)
    world.listen("two", 443)
    assert connects(world, small, 443)
    before = prlimit(world.fabric.worker, RLIMIT_NOFILE)
    prlimit(world.fabric.worker, RLIMIT_NOFILE, (3, before[1]))
    small.host("third", "x", "client")
    with pytest.raises(FabricError, match=r"(?s)Too many open files.*everything is dropped"):
        world.apply(small)
    assert not connects(world, small, 443)
    prlimit(world.fabric.worker, RLIMIT_NOFILE, before)
    world.apply(small)
    assert connects(world, small, 443)
    assert world.ping("third", small.address("two")) == "group-ingress"
