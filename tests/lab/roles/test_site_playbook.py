"""playbooks/site.yml over a small estate: skipped, resumed, refused, and never half marked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench import OPEN_TO_BASTION
from bench_play import PROJECT

SITE = PROJECT / "playbooks" / "site.yml"
BASTION, STORE, CLIENT = "shared.admin.site-1", "shared.audit.site-1", "acme.ingest.site-1"
ADDRESSES = {BASTION: "10.213.0.61", STORE: "10.213.0.62", CLIENT: "10.213.0.63"}
LIMIT = 15
"""Configure tasks of a host, handlers and the mark's two included."""
MORE = {STORE: 7}
"""Beside LIMIT: the store of logs and its shipper share the collector's host, and restart."""


def variables(digest="one"):
    """What the inventory would say beside the bench's own."""
    return {"configure_digest": digest}


@pytest.fixture(scope="module")
def hosts(bench):
    """A bastion, a log store and a host that relies on them."""
    egress = OPEN_TO_BASTION["ingress"][0] | {"first": 6514, "last": 6514}
    rules = OPEN_TO_BASTION | {"egress": [egress | {"peers": [f"{ADDRESSES[STORE]}/32"]}]}
    opening = egress | {"peers": ["10.213.0.0/24"]}
    events = {"address": ADDRESSES[STORE], "port": 6514, "name": STORE}
    bench.host(BASTION, ADDRESSES[BASTION], role="bastion", bastion_targets=[])
    bench.host(
        STORE,
        ADDRESSES[STORE],
        role="logstore",
        logstore_port=6514,
        logstore_anchors=["shared/workload", "acme/workload"],
        objectstore_address=ADDRESSES[STORE],
        objectstore_buckets=[{"name": "site-logs-1d", "days": 1}],
        objectstore_putters=[{"name": STORE, "prefixes": ["site-logs-1d/shared/events/"]}],
        shipper_store={"address": ADDRESSES[STORE], "port": 9000, "name": STORE},
        shipper_prefixes=[],
        shipper_other="site-logs-1d/shared/events/",
        baseline_firewall={"ingress": [*OPEN_TO_BASTION["ingress"], opening], "egress": []},
    )
    bench.host(
        CLIENT,
        ADDRESSES[CLIENT],
        role="inference",
        baseline_events=events,
        baseline_firewall=rules,
    )
    yield list(ADDRESSES)
    for name in ADDRESSES:
        bench.remove(name)


def site(bench, hosts, digest="one", *arguments, **more):
    """Run the playbook."""
    extra = {key: more.pop(key) for key in list(more) if key not in ("check",)}
    return bench.play(
        None, hosts, variables(digest) | extra, path=SITE, arguments=arguments, **more
    )


def touched(result, host):
    """Tasks that ran on a host, the validation on the controller left out."""
    mine = [row for row in result.tasks if row.host == host and row.status != "skipped"]
    return [row.task for row in mine if not row.task.startswith("Arguments of")]


def marks(bench, host):
    """The mark and the notes of a host."""
    listing = "cat /etc/bulkhead/converged 2>/dev/null; ls /var/lib/bulkhead"
    return bench.run(host, listing).stdout.split()


def test_one_wrong_variable_is_refused_before_anything_changes_anywhere(bench, hosts):
    wrong = site(bench, hosts, bastion_targets="10.0.0.1", baseline_advisories=[{"id": "DSA-1-1"}])
    assert wrong.failed
    assert "missing required arguments: reason" in wrong.stdout
    assert all(touched(wrong, host) == [] for host in hosts)
    assert all(marks(bench, host) == [] for host in hosts)


def test_a_check_works_on_fresh_hosts_and_leaves_them_fresh(bench, hosts):
    fresh = site(bench, hosts, check=True)
    assert not fresh.failed, fresh.stdout
    assert fresh.changed
    assert all(marks(bench, host) == [] for host in hosts)


def test_a_run_configures_all_within_the_limit_and_marks_them(bench, hosts):
    first = site(bench, hosts)
    assert not first.failed, first.stdout
    assert {host: marks(bench, host) for host in hosts} == {host: ["one"] for host in hosts}
    for host in hosts:
        assert 0 < len(touched(first, host)) <= LIMIT + MORE.get(host, 0), touched(first, host)
    order = [row.host for row in first.tasks if row.task == "Mark"]
    assert order == [BASTION, STORE, CLIENT]


def test_converged_hosts_are_asked_once_and_left_alone(bench, hosts):
    again = site(bench, hosts)
    assert (again.failed, again.changed) == ((), ())
    assert {host: len(touched(again, host)) for host in hosts} == dict.fromkeys(hosts, 1)


def test_forced_and_checked_nothing_is_to_be_changed(bench, hosts):
    for check in (True, False):
        forced = site(bench, hosts, "one", "-e", "force=true", check=check)
        assert (forced.failed, forced.changed) == ((), ()), forced.stdout
        assert {host: marks(bench, host) for host in hosts} == {host: ["one"] for host in hosts}


def test_another_digest_configures_that_host_alone(bench, hosts):
    other = site(bench, [CLIENT], "two")
    assert "Mark" in touched(other, CLIENT)[-1]
    assert marks(bench, CLIENT) == ["two"]
    assert not site(bench, [CLIENT], "two").changed


def test_an_old_mark_holds_no_longer_for_certificates_end(bench, hosts):
    bench.run(CLIENT, "touch -d '2 days ago' /etc/bulkhead/converged", check=True)
    assert touched(site(bench, [CLIENT], "two"), CLIENT)[-1] == "Mark"


def test_a_host_whose_unit_failed_gets_no_mark(bench, hosts):
    bench.run(CLIENT, "systemd-run --unit=broken --quiet false; sleep 1", check=False)
    told = site(bench, [CLIENT], "three")
    assert "units have failed: broken.service" in told.messages
    assert "three" not in marks(bench, CLIENT)
    bench.run(CLIENT, "systemctl reset-failed", check=True)
    assert not site(bench, [CLIENT], "three").failed


def test_a_run_killed_in_the_middle_is_finished_by_the_next_with_its_handlers(bench, hosts):
    interrupted(bench, CLIENT)
    assert "converging" in marks(bench, CLIENT)
    bench.restart(CLIENT, power=True)
    resumed = site(bench, [CLIENT], "four", timesync_servers=["10.213.0.62"])
    assert not resumed.failed, resumed.stdout
    assert "timesync : Restart chrony" in touched(resumed, CLIENT)
    assert "10.213.0.62" in bench.run(CLIENT, "chronyc -n sources").stdout
    assert marks(bench, CLIENT) == ["four"]
    settled = site(bench, [CLIENT], "four", "-e", "force=true", timesync_servers=["10.213.0.62"])
    assert not settled.changed, settled.stdout


def interrupted(bench, host):
    """Kill a run, with all of its children, once it has written chrony's file."""
    room = bench.inventory([host], variables("four") | {"timesync_servers": ["10.213.0.62"]})
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(room), str(SITE)]
    running = subprocess.Popen(
        command, cwd=PROJECT, start_new_session=True, stdout=subprocess.DEVNULL
    )
    bound = time.monotonic() + 120
    try:
        while "server 10.213.0.62" not in bench.run(host, "cat /etc/chrony/chrony.conf").stdout:
            assert running.poll() is None, "it ended before it was killed"
            assert time.monotonic() < bound
    finally:
        for process in reversed([running.pid, *descendants(running.pid)]):
            os.kill(process, signal.SIGKILL)
        running.wait()


def descendants(process):
    """Ids of the processes below one: Ansible's workers are sessions of their own."""
    below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [one for child in map(int, below) for one in (child, *descendants(child))]
