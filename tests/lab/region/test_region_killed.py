"""What a killed region leaves: nothing passes that nobody watches over."""

import subprocess
import time

import pytest
from region_cases import kill
from test_region_packets import _ping_rule, _pings, _two_hosts

from infra.lab.region import launch

BOUND = 5.0
"""Seconds in which the fabric's worker must have seen that the region is gone."""


@pytest.fixture
def state(tmp_path):
    yield tmp_path / "state"
    launch.stop(tmp_path / "state", forget=True)


def _until(condition):
    end = time.monotonic() + BOUND
    while time.monotonic() < end:
        if condition():
            return True
    return condition()


def test_after_kill_9_of_the_region_nothing_passes_until_it_is_back(state):
    info = launch.start(state)
    client, group, (one, two) = _two_hosts(info)
    client.authorize_security_group_ingress(**_ping_rule(group))
    ask = (state, one["InstanceId"], two["PrivateIpAddress"])
    assert _pings(*ask)
    kill(info)
    assert _until(lambda: not _pings(*ask))
    launch.start(state)
    assert _pings(*ask)


def test_no_route_leads_from_the_machine_to_the_lab_or_back(state):
    info = launch.start(state)
    _, _, (one, _two) = _two_hosts(info)
    routes = subprocess.check_output(["ip", "route", "show", "table", "all"], text=True)
    assert not [
        line for line in routes.splitlines() if line.startswith(("10.0.1.", "198.51.", "203.0."))
    ]
    links = subprocess.check_output(["ip", "-o", "link"], text=True)
    assert not [line for line in links.splitlines() if "inet0" in line or ": h" in line]
    for namespace in (one["InstanceId"], "fabric", "internet"):
        name = f"bh-{info.lab}-{namespace}"
        inside = ["ip", "netns", "exec", name]
        found = subprocess.check_output([*inside, "ip", "-o", "link"], text=True)
        peers = [line.split(": ")[1].split("@")[0] for line in found.splitlines()]
        assert "eth0" in peers or namespace in ("fabric", "internet")
        reached = subprocess.run(
            [
                *inside,
                "timeout",
                "2",
                "bash",
                "-c",
                f"exec 3<>/dev/tcp/127.0.0.1/{info.endpoint.rsplit(':', 1)[1]}",
            ],
            capture_output=True,
            check=False,
        )
        assert reached.returncode != 0, "a lab host reached the machine's loopback"
