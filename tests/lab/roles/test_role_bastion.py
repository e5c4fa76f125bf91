"""The role bastion: the way to the hosts behind, and sessions that are recorded."""

import pytest
from bench import OPEN_TO_BASTION, known_bad

BASTION, BEHIND = "shared.admin.bastion-9", "acme.ingest.behind-1"
ADDRESS, TARGET, OTHER = "10.213.0.51", "10.213.0.52", "10.213.0.53"
PEOPLE = [{"name": "olga", "principals": ["shared.olga"], "sudo": "observe"}]
GOOD = {"bastion_targets": [TARGET], "baseline_accounts": PEOPLE}
SESSIONS = "/var/log/bulkhead/sessions"
ROWS = known_bad("bastion")


def sshd(host, user):
    """What sshd will do for a user."""
    out = host.check_output(f"/usr/sbin/sshd -T -C user={user},host=h,addr=10.213.0.1")
    return dict(line.split(" ", 1) for line in out.lower().splitlines() if " " in line)


def forwards_to_its_targets_alone(host):
    for user in ("bulkhead", "olga"):
        said = sshd(host, user)
        assert said["allowtcpforwarding"] == "local"
        assert said["permitopen"] == f"{TARGET}:22"


def no_agent_no_tunnel(host):
    for user in ("bulkhead", "olga"):
        said = sshd(host, user)
        for key in ("allowagentforwarding", "x11forwarding", "permittunnel"):
            assert said[key] == "no"


def sessions_recorded(host):
    assert sshd(host, "olga")["forcecommand"] == "/usr/local/lib/bulkhead/session"
    assert sshd(host, "bulkhead")["forcecommand"] == "none"
    said = host.check_output("sudo -l -U olga")
    assert "log_output, log_input" in said
    assert "(olga) NOPASSWD: ALL" in said


def recordings_closed(host):
    room = host.file(SESSIONS)
    assert (room.mode, room.user) == (0o700, "root")


CHECKS = {
    check.__name__: check
    for check in (
        forwards_to_its_targets_alone,
        no_agent_no_tunnel,
        sessions_recorded,
        recordings_closed,
    )
}


@pytest.fixture(scope="module")
def hosts(bench):
    """A bastion with the baseline, and a host that takes SSH from it alone."""
    bastion, behind = bench.host(BASTION, ADDRESS), bench.host(BEHIND, TARGET)
    fresh = bench.play(["baseline", "bastion"], bastion, GOOD, check=True)
    assert not fresh.failed, fresh.stdout
    opening = OPEN_TO_BASTION["ingress"][0]
    out = opening | {"peers": ["10.213.0.0/24"]}
    rules = {"ingress": [opening], "egress": [out]}
    first = bench.play(["baseline", "bastion"], bastion, GOOD | {"baseline_firewall": rules})
    assert not first.failed, first.stdout
    shut = opening | {"peers": [f"{ADDRESS}/32", "10.213.0.1/32"]}
    assert not bench.play(
        "baseline", behind, {"baseline_firewall": {"ingress": [shut], "egress": []}}
    ).failed
    yield bastion, behind
    bench.remove(bastion)
    bench.remove(behind)


def test_a_good_bastion_passes_every_check_and_a_second_run_changes_nothing(bench, hosts):
    assert bench.flipped(CHECKS, hosts[0]) == set()
    for check in (False, True):
        again = bench.play("bastion", hosts[0], GOOD, check=check)
        assert (again.failed, again.changed) == ((), ()), again.stdout


def test_the_way_leads_to_port_22_of_its_targets_and_nowhere_else(bench, hosts):
    olga = bench.person("olga", ["shared.olga"])
    for who in ({"user": "bulkhead"}, {"user": "olga", "key": olga}):
        reached = bench.jump(hosts[0], TARGET, 22, **who)
        assert reached.stdout.startswith("SSH-2.0"), reached.stderr
        for address, port in ((TARGET, 6514), (OTHER, 22), ("127.0.0.1", 22)):
            refused = bench.jump(hosts[0], address, port, **who)
            assert "stdio forwarding failed" in refused.stderr, refused


def test_what_a_person_types_and_sees_is_recorded_and_out_of_reach(bench, hosts):
    olga = bench.person("olga", ["shared.olga"])
    came = bench.ssh(hosts[0], "echo seen-$((40+2)); id -un", user="olga", key=olga)
    assert came.stdout.split() == ["seen-42", "olga"], came.stderr
    shell = bench.ssh(
        hosts[0], "", "-tt", user="olga", key=olga, stdin="echo typed-$((40+3))\nexit\n"
    )
    assert "typed-43" in shell.stdout, shell.stderr
    listed = bench.run(hosts[0], f"sudoreplay -d {SESSIONS} -l user olga").stdout
    assert listed.count("USER=olga") >= 2, listed
    recorded = bench.run(
        hosts[0],
        f"for t in $(cd {SESSIONS} && find . -name log | sed 's,/log$,,;s,^./,,'); do"
        f" sudoreplay -d {SESSIONS} -m 0 $t; done",
    ).stdout
    assert "seen-42" in recorded
    assert "typed-43" in recorded
    for attempt in (f"ls {SESSIONS}", f"rm -rf {SESSIONS}", "sudo -n true", "sudo -n -u root id"):
        assert bench.ssh(hosts[0], attempt, user="olga", key=olga).returncode != 0


def test_the_hosts_behind_take_ssh_from_the_bastion_alone(bench, hosts):
    probe = f"timeout 2 bash -c 'exec 3<>/dev/tcp/{TARGET}/22 && head -c 4 <&3'"
    assert bench.run(hosts[0], probe).stdout == "SSH-"
    stranger = bench.host("acme.ingest.stranger-1", OTHER)
    try:
        assert bench.run(stranger, probe).returncode != 0
    finally:
        bench.remove(stranger)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_known_bad_bastion_flips_exactly_what_it_declares_and_is_healed(bench, hosts, row):
    with bench.sabotage(row, hosts[0]):
        assert bench.flipped(CHECKS, hosts[0]) == set(row["flips"])
    assert not bench.play("bastion", hosts[0], GOOD).failed
    assert bench.flipped(CHECKS, hosts[0]) == set()
