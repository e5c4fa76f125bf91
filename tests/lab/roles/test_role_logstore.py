"""The role logstore: events of hosts arrive, each under its certificate's name."""

import ssl
import subprocess
import time

import pytest
from bench import OPEN_TO_BASTION, known_bad

STORE, SENDER = "shared.audit.logstore-1", "acme.ingest.sender-1"
ADDRESS, PORT = "10.213.0.41", 6514
GOOD = {"logstore_port": PORT, "logstore_anchors": ["shared/workload", "acme/workload"]}
FORWARD = {
    "baseline_events": {"address": ADDRESS, "port": PORT, "name": STORE},
    "baseline_firewall": {
        "ingress": OPEN_TO_BASTION["ingress"],
        "egress": [
            {
                "conduit": "acme/events",
                "protocol": "tcp",
                "first": PORT,
                "last": PORT,
                "peers": [f"{ADDRESS}/32"],
            }
        ],
    },
}
FILES = "/var/log/bulkhead/hosts"
ROWS = known_bad("logstore")


def configuration(host):
    """The receiver's file."""
    return host.file("/etc/syslog-ng/conf.d/20-receive.conf").content_string


def takes_known_senders_alone(host):
    assert "peer-verify(required-trusted)" in configuration(host)
    assert 'crl-dir("/run/syslog-ng/crl")' in configuration(host)
    assert host.check_output("ls /run/syslog-ng/crl").count(".r0") == 2


def newest_tls_alone(host):
    assert "no-tlsv12" in configuration(host)


def files_by_certificate(host):
    assert f'file("{FILES}/${{.tls.x509_cn}}.log"' in configuration(host)


def files_closed(host):
    room = host.file(FILES)
    assert (room.mode, room.user) == (0o750, "bulkhead-events")
    modes = host.check_output(f"stat -c %a {FILES}/*.log").split()
    assert set(modes) == {"640"}


def listens(host):
    assert host.service("syslog-ng").is_enabled
    assert host.socket(f"tcp://0.0.0.0:{PORT}").is_listening


CHECKS = {
    check.__name__: check
    for check in (
        takes_known_senders_alone,
        newest_tls_alone,
        files_by_certificate,
        files_closed,
        listens,
    )
}


@pytest.fixture(scope="module")
def hosts(bench):
    """A log store and a host that sends to it."""
    store = bench.host(STORE, ADDRESS, authority="shared/workload", role="logstore")
    sender = bench.host(SENDER, "10.213.0.42", authority="acme/workload")
    fresh = bench.play("logstore", store, GOOD, check=True)
    assert not fresh.failed, fresh.stdout
    first = bench.play("logstore", store, GOOD)
    assert not first.failed, first.stdout
    sends = bench.play("baseline", sender, FORWARD)
    assert not sends.failed, sends.stdout
    yield store, sender
    bench.remove(store)
    bench.remove(sender)


def arrives(bench, store, text, name=SENDER, within=30):
    """Wait until a line is in a sender's file; the line."""
    bound = time.monotonic() + within
    while time.monotonic() < bound:
        found = bench.run(store, f"grep -h -- '{text}' {FILES}/{name}.log").stdout
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{text} did not arrive: {bench.run(store, f'ls {FILES}').stdout}")


def send(bench, name, authority, line, **more):
    """One message over TLS by a client of the test; what openssl said, and its code."""
    key, leaf, _ = bench.issue(name, authority, **more)
    anchor = bench.directory / "store-anchor.pem"
    anchor.write_text(bench.trust.x509("shared/workload").anchor())
    words = ["openssl", "s_client", "-connect", f"{ADDRESS}:{PORT}", "-quiet", "-verify_quiet"]
    words += ["-cert", str(leaf), "-key", str(key), "-CAfile", str(anchor), "-verify_return_error"]
    framed = f"{len(line)} {line}"
    return bench.client(
        "sh", "-c", f"(printf '%s' '{framed}'; sleep 1) | {' '.join(words)}", check=False
    )


def test_a_good_store_passes_every_check_and_a_second_run_changes_nothing(bench, hosts):
    arrives(bench, hosts[0], "systemd")
    assert bench.flipped(CHECKS, hosts[0]) == set()
    for check in (False, True):
        again = bench.play("logstore", hosts[0], GOOD, check=check)
        assert (again.failed, again.changed) == ((), ()), again.stdout


def test_a_hosts_events_arrive_under_its_name(bench, hosts):
    bench.run(hosts[1], "logger -t proof hello-from-the-sender", check=True)
    assert "proof" in arrives(bench, hosts[0], "hello-from-the-sender")


def test_the_certificate_names_the_file_whatever_the_message_claims(bench, hosts):
    line = f"<13>1 2026-01-01T00:00:00Z {STORE} liar - - - i-am-somebody-else"
    send(bench, "acme.ingest.liar-1", "acme/workload", line)
    arrives(bench, hosts[0], "i-am-somebody-else", name="acme.ingest.liar-1")
    listed = bench.run(hosts[0], f"grep -l i-am-somebody-else {FILES}/*").stdout.split()
    assert listed == [f"{FILES}/acme.ingest.liar-1.log"]


def test_a_stranger_and_a_revoked_sender_are_refused(bench, hosts):
    line = "<13>1 2026-01-01T00:00:00Z x x - - - should-not-arrive"
    assert "alert" in send(bench, "borealis.x", "borealis/workload", line).stderr.lower()
    key, leaf, _ = bench.issue("acme.ingest.fired-1", "acme/workload")
    serial = subprocess.run(
        ["openssl", "x509", "-in", str(leaf), "-noout", "-serial"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    bench.trust.x509("acme/workload").revoke(int(serial.removeprefix("serial="), 16))
    told = bench.play("logstore", hosts[0], GOOD)
    assert "Log store" in str(told.changed)
    words = f"printf '%s' '{len(line)} {line}' | openssl s_client -connect {ADDRESS}:{PORT} -quiet"
    refused = bench.client("sh", "-c", f"{words} -cert {leaf} -key {key}", check=False)
    assert "revoked" in refused.stderr
    assert bench.run(hosts[0], f"grep -rl should-not-arrive {FILES}").stdout == ""


def test_without_a_certificate_or_with_old_tls_nobody_is_heard(bench, hosts):
    bare = f"echo | openssl s_client -connect {ADDRESS}:{PORT} -quiet"
    assert "alert" in bench.client("sh", "-c", bare, check=False).stderr
    old = bench.client("sh", "-c", f"{bare} -tls1_2", check=False)
    assert "alert protocol version" in old.stderr
    assert ssl.HAS_TLSv1_3


def test_events_wait_on_disk_while_the_store_is_away(bench, hosts):
    store, sender = hosts
    bench.run(store, "systemctl stop syslog-ng", check=True)
    bench.run(sender, "logger -t proof while-you-were-away", check=True)
    bench.restart(sender, power=True)
    bench.run(store, "systemctl start syslog-ng", check=True)
    arrives(bench, store, "while-you-were-away", within=60)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_known_bad_store_flips_exactly_what_it_declares_and_is_healed(bench, hosts, row):
    with bench.sabotage(row, hosts[0]):
        assert bench.flipped(CHECKS, hosts[0]) == set(row["flips"])
    healed = bench.play("logstore", hosts[0], GOOD)
    assert not healed.failed, healed.stdout
    assert bench.flipped(CHECKS, hosts[0]) == set()
