"""The role baseline on a host: its measures, and that nobody is locked out."""

from pathlib import Path

import pytest
from baseline_checks import CHECKS, GOOD
from bench import OPEN_TO_BASTION, known_bad

from bulkhead.trust.local import local

HOST, OTHER = "acme.ingest.base-1", "acme.ingest.base-2"
ROWS = known_bad("baseline")
CUT = """table inet bulkhead
delete table inet bulkhead
table inet bulkhead {
    chain input { type filter hook input priority filter; policy drop; }
}
"""


@pytest.fixture(scope="module")
def host(bench):
    """A host with the role, after --check on the fresh one."""
    name = bench.host(HOST, "10.213.0.21")
    fresh = bench.play("baseline", name, GOOD, check=True)
    assert not fresh.failed, fresh.stdout
    assert "Ways in" in str(fresh.changed)
    assert bench.run(name, "ls /etc/bulkhead/ssh/user_ca.pub").returncode != 0
    first = bench.play("baseline", name, GOOD)
    assert not first.failed, first.stdout
    yield name
    bench.remove(name)


@pytest.fixture
def fresh(bench):
    """A host that nobody configured yet."""
    name = bench.host(OTHER, "10.213.0.22")
    yield name
    bench.remove(name)


def test_a_good_host_passes_every_check(bench, host):
    assert bench.flipped(CHECKS, host) == set()


def test_a_second_run_and_a_check_change_nothing(bench, host):
    for check in (False, True):
        again = bench.play("baseline", host, GOOD, check=check)
        assert (again.failed, again.changed) == ((), ()), again.stdout


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_known_bad_host_flips_exactly_what_it_declares(bench, host, row):
    with bench.sabotage(row, host):
        assert bench.flipped(CHECKS, host) == set(row["flips"])


def test_the_role_heals_what_it_configures(bench, host):
    names = {"an account that nobody lists", "a hole made by hand", "events stay here"}
    names |= {"who may look may do everything", "a key that others read", "an advisory hidden"}
    rows = [row for row in ROWS if row["name"] in names]
    for row in rows:
        bench.run(host, row["run"], check=True)
    assert bench.flipped(CHECKS, host) == {name for row in rows for name in row["flips"]}
    healed = bench.play("baseline", host, GOOD)
    assert not healed.failed, healed.stdout
    assert bench.flipped(CHECKS, host) == set()
    assert "mallory" in bench.run(host, "ls /var/lib/bulkhead/left").stdout


def test_people_come_in_by_certificate_alone_and_to_their_own_account(bench, host):
    olga = bench.person("olga", ["shared.olga"])
    came = bench.ssh(host, "id -un; umask; sudo -n id -un", user="olga", key=olga)
    assert came.stdout.split()[0::2] == ["olga", "root"], came.stderr
    assert bench.ssh(host, "true", user="sven", key=olga).returncode != 0
    assert bench.ssh(host, "true", user="bulkhead", key=olga).returncode != 0
    Path(f"{olga}-cert.pub").unlink()
    bench.run(host, "install -d -m 700 -o olga -g olga /home/olga/.ssh", check=True)
    own = Path(f"{olga}.pub").read_text().strip()
    bench.run(host, f"echo '{own}' >/home/olga/.ssh/authorized_keys", check=True)
    refused = bench.ssh(host, "true", user="olga", key=olga)
    assert "Permission denied" in refused.stderr


def test_who_may_look_sees_the_journal_and_changes_nothing(bench, host):
    sven = bench.person("sven", ["shared.sven"])
    assert bench.ssh(host, "journalctl -n 1 -q", user="sven", key=sven).stdout.strip()
    assert bench.ssh(host, "sudo -n nft list ruleset", user="sven", key=sven).returncode == 0
    for command in ("sudo -n nft flush ruleset", "sudo -n systemctl stop ssh", "sudo -n true"):
        assert bench.ssh(host, command, user="sven", key=sven).returncode != 0


def test_somebody_no_longer_listed_loses_account_and_sessions(bench, host):
    nils = bench.person("nils", ["shared.nils"])
    bench.ssh(host, "setsid sleep 600 >/dev/null 2>&1 </dev/null & true", user="nils", key=nils)
    assert bench.run(host, "ps -u nils -o comm=").stdout.split() == ["sleep"]
    fewer = [row for row in GOOD["baseline_accounts"] if row["name"] != "nils"]
    gone = bench.play("baseline", host, GOOD | {"baseline_accounts": fewer})
    assert not gone.failed, gone.stdout
    assert bench.run(host, "id nils").returncode != 0
    assert bench.run(host, "ps ax -o comm=").stdout.split().count("sleep") == 0
    assert bench.ssh(host, "true", user="nils", key=nils).returncode != 0
    assert not bench.play("baseline", host, GOOD).failed


def test_rules_that_shut_the_operator_out_are_taken_back(bench, host):
    before = bench.run(host, "nft -s list ruleset").stdout
    shut = {"ingress": [], "egress": GOOD["baseline_firewall"]["egress"]}
    result = bench.play("baseline", host, GOOD | {"baseline_firewall": shut, "baseline_trial": 8})
    assert "no new session by certificate" in result.messages
    assert "timed out" in result.messages
    assert bench.run(host, "nft -s list ruleset").stdout == before
    assert bench.run(host, "systemctl is-active bulkhead-firewall-trial.timer").returncode != 0
    assert not bench.play("baseline", host, GOOD, check=True).changed


def test_rules_that_cut_even_the_old_session_end_by_themselves(bench, host):
    before = bench.run(host, "nft -s list ruleset").stdout
    cut = {"name": "Cut", "entry": {"ruleset": CUT, "seconds": 4}}
    result = bench.play(None, host, tasks=[cut])
    assert "no new session by certificate" in result.messages
    assert bench.run(host, "nft -s list ruleset").stdout == before
    assert not bench.play("baseline", host, GOOD, check=True).changed


def test_with_the_wrong_authority_the_listed_key_stays(bench, fresh):
    wrong = local(bench.directory / "wrong-trust").ssh_users().anchor()
    variables = {"baseline_firewall": OPEN_TO_BASTION, "baseline_ssh_user_ca": wrong}
    result = bench.play("baseline", fresh, variables)
    assert "Ways in" in str(result.failed)
    assert "no new session by certificate: the host took the bare key" in result.messages
    assert "stays open" in result.messages
    assert bench.ssh(fresh, "true").returncode == 0
    assert "policy accept" in bench.run(fresh, "nft list table inet bulkhead").stdout
    right = bench.play("baseline", fresh, {"baseline_firewall": OPEN_TO_BASTION})
    assert not right.failed, right.stdout
    Path(f"{bench.key}-cert.pub").rename(bench.directory / "away")
    try:
        assert "Permission denied" in bench.ssh(fresh, "true").stderr
    finally:
        (bench.directory / "away").rename(f"{bench.key}-cert.pub")
    assert bench.ssh(fresh, "true").returncode == 0


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("baseline_advisories", [{"id": "DSA-1-1", "state": "deferred"}], "reason"),
        ("baseline_accounts", [{"name": "o", "principals": ["o"], "sudo": "some"}], "sudo"),
        ("baseline_firewall", {"ingress": []}, "egress"),
    ],
)
def test_a_wrong_variable_is_refused_before_anything_changes(bench, host, variable, value, said):
    result = bench.play("baseline", host, GOOD | {variable: value})
    assert len(result.tasks) == 1, result.tasks
    assert said in result.messages


def test_a_restarted_host_has_its_rules_before_its_network(bench, host):
    bench.restart(host)
    assert bench.flipped(CHECKS, host) == set()
    assert bench.ssh(host, "true").returncode == 0
