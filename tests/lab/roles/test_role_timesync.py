"""The role timesync: a server of the estate and a client that asks it."""

import pytest
from bench import known_bad

SERVER, CLIENT = "shared.egress.time-1", "acme.ingest.time-1"
SERVES = {"timesync_serves": ["10.213.0.0/24"], "timesync_steers": False}
GOOD = {"timesync_servers": ["10.213.0.31"], "timesync_steers": False}
ROWS = known_bad("timesync")


def asks_its_servers(host):
    sources = host.run("chronyc -n -c sources")
    assert sources.rc == 0
    rows = [line.split(",") for line in sources.stdout.splitlines()]
    assert [row[2] for row in rows] == GOOD["timesync_servers"]


def serves_its_prefixes(host):
    text = host.file("/etc/chrony/chrony.conf").content_string
    assert [line for line in text.splitlines() if line.startswith("allow")] == []
    assert "\nport 0\n" in text


def leaves_the_clock_alone(host):
    assert "-x" in host.check_output("cat /etc/default/chrony")
    assert " -x" in host.run("ps -C chronyd -o args=").stdout


def runs(host):
    assert host.service("chrony").is_enabled
    assert host.service("chrony").is_running


CHECKS = {
    c.__name__: c for c in (asks_its_servers, serves_its_prefixes, leaves_the_clock_alone, runs)
}


@pytest.fixture(scope="module")
def hosts(bench):
    """A server and its client."""
    server, client = bench.host(SERVER, "10.213.0.31"), bench.host(CLIENT, "10.213.0.32")
    assert not bench.play("timesync", server, SERVES).failed
    fresh = bench.play("timesync", client, GOOD, check=True)
    assert not fresh.failed, fresh.stdout
    assert bench.play("timesync", client, GOOD).changed
    yield server, client
    bench.remove(server)
    bench.remove(client)


def test_a_client_hears_its_server(bench, hosts):
    said = bench.run(hosts[1], "chronyc -c waitsync 20 0 0 0.5 && chronyc -n -c tracking").stdout
    assert "10.213.0.31" in said


def test_a_good_client_passes_every_check_and_a_second_run_changes_nothing(bench, hosts):
    assert bench.flipped(CHECKS, hosts[1]) == set()
    for check in (False, True):
        assert not bench.play("timesync", hosts[1], GOOD, check=check).changed


def test_who_is_not_served_is_not_answered(bench, hosts):
    bench.play("timesync", hosts[0], SERVES | {"timesync_serves": ["10.213.0.99/32"]})
    asked = "chronyd -x -Q -t 6 'server 10.213.0.31 iburst maxsamples 1'"
    try:
        assert bench.run(hosts[1], asked).returncode != 0
    finally:
        assert not bench.play("timesync", hosts[0], SERVES).failed
    assert bench.run(hosts[1], asked).returncode == 0


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_known_bad_client_flips_exactly_what_it_declares_and_is_healed(bench, hosts, row):
    with bench.sabotage(row, hosts[1]):
        assert bench.flipped(CHECKS, hosts[1]) == set(row["flips"])
    assert not bench.play("timesync", hosts[1], GOOD).failed
    assert bench.flipped(CHECKS, hosts[1]) == set()
