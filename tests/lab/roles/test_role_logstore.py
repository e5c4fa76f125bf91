"""The role logstore: events of hosts arrive, each under its certificate's name."""

import ssl
import sys
import time

import pytest
from bench import OPEN_TO_BASTION, known_bad
from cryptography import x509

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
CLIENT = """
import socket, ssl, sys
address, port, anchor, leaf, key, newest, line = sys.argv[1:]
context = ssl.create_default_context(cafile=anchor)
context.maximum_version = int(newest)
if leaf:
    context.load_cert_chain(leaf, key)
with socket.create_connection((address, int(port)), 5) as plain:
    with context.wrap_socket(plain, server_hostname=address) as wrapped:
        wrapped.settimeout(1)
        try:
            wrapped.recv(1)
        except TimeoutError:
            wrapped.sendall(line.encode())
"""
FILES = "/var/log/bulkhead/hosts"
REFUSED = "<13>1 2026-01-01T00:00:00Z x x - - - should-not-arrive"
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


def send(bench, line, identity=None, newest=ssl.TLSVersion.TLSv1_3):
    """One message (RFC 5425) by a client of the test; what the store answered, "" for nothing.

    The store speaks only to refuse, and in TLS 1.3 after the client's handshake has ended; so the
    client waits for a word or an end, a moment.
    """
    anchor = bench.directory / "store-anchor.pem"
    anchor.write_text(bench.trust.x509("shared/workload").anchor())
    key, leaf = identity or ("", "")
    words = [sys.executable, "-c", CLIENT, ADDRESS, str(PORT), str(anchor), str(leaf), str(key)]
    ended = bench.client(*words, str(int(newest)), f"{len(line)} {line}", check=False)
    return ended.stderr.strip().rpartition("\n")[2]


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
    key, leaf, _ = bench.issue("acme.ingest.liar-1", "acme/workload")
    assert send(bench, line, (key, leaf)) == ""
    arrives(bench, hosts[0], "i-am-somebody-else", name="acme.ingest.liar-1")
    listed = bench.run(hosts[0], f"grep -l i-am-somebody-else {FILES}/*").stdout.split()
    assert listed == [f"{FILES}/acme.ingest.liar-1.log"]


def test_a_stranger_and_a_revoked_sender_are_refused(bench, hosts):
    key, leaf, _ = bench.issue("borealis.x", "borealis/workload")
    assert "unknown ca" in send(bench, REFUSED, (key, leaf)).lower()
    key, leaf, _ = bench.issue("acme.ingest.fired-1", "acme/workload")
    assert send(bench, REFUSED.replace("should-not", "may-still"), (key, leaf)) == ""
    serial = x509.load_pem_x509_certificate(leaf.read_bytes()).serial_number
    bench.trust.x509("acme/workload").revoke(serial)
    told = bench.play("logstore", hosts[0], GOOD)
    assert "Log store" in str(told.changed)
    assert "revoked" in send(bench, REFUSED, (key, leaf)).lower()
    assert bench.run(hosts[0], f"grep -rl should-not-arrive {FILES}").stdout == ""


def test_without_a_certificate_or_with_old_tls_nobody_is_heard(bench, hosts):
    assert "certificate required" in send(bench, REFUSED).lower()
    key, leaf, _ = bench.issue("acme.ingest.old-1", "acme/workload")
    old = send(bench, REFUSED, (key, leaf), newest=ssl.TLSVersion.TLSv1_2)
    assert "protocol version" in old.lower()
    assert bench.run(hosts[0], f"grep -rl should-not-arrive {FILES}").stdout == ""


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
