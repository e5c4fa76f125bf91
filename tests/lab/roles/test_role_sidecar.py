"""The role `sidecar` before a broker on a real machine. No network layer filters its clients."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench import known_bad
from broker_fixture import until
from cryptography import x509

from bulkhead.controls.catalogue.mesh_authorisation import unasked
from bulkhead.environments.facts.sidecars import program
from bulkhead.network.mesh import passage, sidecar

ROLE = "sidecar"
NAME, ADDRESS, DEVICE = "acme.ingest.broker-1", "10.213.9.11", "10.213.9.99"
BROKER, INGEST = "spiffe://lyon/acme/ingest/broker", "spiffe://lyon/acme/ingest/ingest"
INFERENCE = "spiffe://lyon/acme/processing/inference"
HISTORIAN, STRANGER = "spiffe://lyon/acme/storage/historian", "spiffe://lyon/globex/ingest/ingest"
TRY = Path(__file__).parent / "sidecar_try.py"
HOUR = 3600
GOOD = {
    "sidecar_identity": BROKER,
    "sidecar_address": ADDRESS,
    "sidecar_lifetime": HOUR,
    "sidecar_inbound": [
        {"port": 8883, "allowed": [INGEST, INFERENCE, BROKER], "devices": [f"{DEVICE}/32"]}
    ],
    "sidecar_outbound": [
        {
            "listen": "127.0.1.1",
            "port": 8883,
            "address": ADDRESS,
            "name": NAME,
            "identity": BROKER,
        }
    ],
}
SERVICE = {
    "broker_listen": "127.0.0.1",
    "broker_tenants": [
        {
            "tenant": "acme",
            "port": 8883,
            "anchors": ["acme/device", "acme/workload"],
            "clients": [
                {"name": "acme.ingest.ingest-1", "kind": "ingest"},
                {"name": "acme.lyon.ai.gw-1", "kind": "gateway"},
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def host(bench):
    bench.client("ip", "address", "add", f"{DEVICE}/32", "dev", "lo")
    yield bench.host(NAME, ADDRESS, authority="acme/workload")
    bench.remove(NAME)
    bench.client("ip", "address", "delete", f"{DEVICE}/32", "dev", "lo")


@pytest.fixture(scope="module")
def good(bench, host):
    fresh = bench.play(ROLE, host, GOOD, check=True)
    assert not fresh.failed, fresh.stdout
    assert fresh.changed
    played = bench.play([ROLE, "broker"], host, GOOD | SERVICE)
    assert not played.failed, played.stdout
    return host


class Clients:
    """Clients in the operator's namespace: an identity outside, a name for the broker inside."""

    def __init__(self, bench) -> None:
        self.bench = bench
        self.inner = bench.issue("acme.ingest.ingest-1", "acme/workload")
        self.device = bench.issue("acme.lyon.ai.gw-1", "acme/device")
        self.svids = {row: self.svid(row) for row in (INGEST, INFERENCE, HISTORIAN)}
        self.svids[STRANGER] = self.svid(STRANGER, "globex/workload")

    def svid(self, uri, authority="acme/workload"):
        name = (uri.removeprefix("spiffe://lyon/").replace("/", ".") or "nobody") + "-1"
        return self.bench.issue(name, authority, uris=(uri,) if uri else ())

    def words(self, inner, outer=None, source="-", to=ADDRESS):
        files = [inner[1], inner[0], *((outer[1], outer[0]) if outer else ())]
        return [sys.executable, str(TRY), to, "8883", source, *map(str, files)]

    def ask(self, outer=None, **given):
        words = self.words(given.pop("inner", self.inner), outer, **given)
        done = self.bench.client(*words)
        return done.stdout.strip()

    def hold(self, outer, **given):
        """A session that is admitted and stays."""
        words = self.words(given.pop("inner", self.inner), outer, **given)
        enter = ["nsenter", f"--net=/run/netns/{self.bench.operator}"]
        asking = subprocess.Popen([*enter, *words, "--hold"], stdout=subprocess.PIPE, text=True)
        assert asking.stdout is not None
        assert asking.stdout.readline() == "admitted\n"
        return asking


@pytest.fixture(scope="module")
def clients(bench, good):
    return Clients(bench)


def runs_and_will_run_again(host):
    assert host.service("bulkhead-sidecar").is_running
    assert host.service("bulkhead-sidecar").is_enabled
    assert host.run("systemctl is-enabled haproxy.service").stdout.strip() == "masked"


def key_is_its_own(host):
    key = host.file("/etc/bulkhead/tls/sidecar.key")
    assert (key.user, key.mode) == ("haproxy", 0o600)


def its_socket_is_closed(host):
    said = host.check_output(
        "stat -c '%a %U' /run/bulkhead-sidecar /run/bulkhead-sidecar/master.sock"
    )
    assert said.splitlines() == ["700 haproxy", "600 haproxy"]


def it_alone_listens(host):
    rows = [line.split() for line in host.check_output("ss -Hltnp").splitlines()]
    outside = {row[3]: row[5] for row in rows if not row[3].startswith(("127.", "[::1]"))}
    others = {at: who for at, who in outside.items() if not at.endswith(":22")}
    assert set(others) == {f"{ADDRESS}:8883"}
    assert "haproxy" in others[f"{ADDRESS}:8883"]


def peers_are_verified(host):
    """A client without a certificate is told to show one, and not let in."""
    command = f"openssl s_client -connect {ADDRESS}:8883 -tls1_3 -ign_eof </dev/null 2>&1"
    assert "certificate required" in host.run(command).stdout


def who_may_is_who_should(host):
    for worker in shown(host):
        held = worker["maps"]["/etc/bulkhead/sidecar/allowed-8883.map"]
        assert [row.split()[0] for row in held] == sorted([BROKER, INGEST, INFERENCE])


def is_well_confined(host):
    """2.0 of 10 by systemd's own measure; Debian's unit has 9.6."""
    text = host.run("systemd-analyze security --no-pager bulkhead-sidecar.service").stdout
    assert float(text.rpartition(".service: ")[2].split()[0]) <= 2.0


CHECKS = {
    check.__name__: check
    for check in (
        runs_and_will_run_again, key_is_its_own, its_socket_is_closed, it_alone_listens,
        peers_are_verified, who_may_is_who_should, is_well_confined,
    )
}  # fmt: skip


def shown(host):
    return json.loads(host.check_output("bulkhead-sidecar show"))


def events(bench, host):
    said = bench.run(host, "journalctl -u bulkhead-sidecar -o cat --no-pager").stdout
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_a_wrong_variable_is_refused_before_anything_changes(bench, host):
    played = bench.play(ROLE, host, GOOD | {"sidecar_inbound": [{"port": 8883}]})
    assert played.failed
    assert not played.changed


def test_the_good_host_passes_all_and_stays_as_it_is(bench, good):
    assert bench.flipped(CHECKS, good) == set()
    again = bench.play([ROLE, "broker"], good, GOOD | SERVICE)
    assert not again.failed, again.stdout
    assert not again.changed, again.tasks


def test_a_listed_workload_reaches_the_service(clients):
    assert clients.ask(clients.svids[INGEST]) == "admitted"


def test_nobody_else_does_although_nothing_filters(bench, clients, good):
    revoked = clients.svid(INGEST)
    leaf = x509.load_pem_x509_certificate(revoked[1].read_bytes())
    bench.trust.x509("acme/workload").revoke(leaf.serial_number)
    played = bench.play(ROLE, good, GOOD)
    assert not played.failed, played.stdout
    refused = {
        "another workload of the tenant": clients.ask(clients.svids[HISTORIAN]),
        "another tenant's workload": clients.ask(clients.svids[STRANGER]),
        "a workload without an identity": clients.ask(clients.svid("")),
        "a revoked one": clients.ask(revoked),
        "the service's own client, without the mesh": clients.ask(),
    }
    assert {said.partition(":")[0] for said in refused.values()} == {"refused"}, refused
    logged = [row for row in events(bench, good) if row["state"] == "PR"]
    assert HISTORIAN in {row["identity"] for row in logged}
    # No identity is proven where the certificate is not good: its name is all there is.
    names = {row.get("name") for row in logged if row["identity"] == "-"}
    assert {"globex.ingest.ingest-1", "acme.ingest.ingest-1"} <= names


def test_a_device_reaches_the_service_itself_and_nobody_else_by_its_door(clients):
    assert clients.ask(inner=clients.device, source=DEVICE) == "admitted"
    assert clients.ask(inner=clients.device).startswith("refused")
    other = clients.svid(INGEST, "globex/workload")
    assert clients.ask(inner=other, source=DEVICE).startswith("refused")


def test_a_client_of_the_host_goes_out_by_its_sidecar(bench, good):
    files = "/etc/bulkhead/tls/broker.pem /etc/bulkhead/tls/broker.key"
    done = bench.run(good, f"python3 - 127.0.1.1 8883 - {files} <<'X'\n{TRY.read_text()}\nX")
    # The broker's own certificate is in force, and no ACL names it: it may come in and say nothing.
    assert done.stdout.strip() == "admitted", done.stderr
    assert any(row["way"] == "out" and row["identity"] == BROKER for row in events(bench, good))


def test_another_server_than_the_one_meant_is_refused(bench, good):
    other = [GOOD["sidecar_outbound"][0] | {"identity": HISTORIAN}]
    played = bench.play(ROLE, good, GOOD | {"sidecar_outbound": other})
    assert not played.failed, played.stdout
    files = "/etc/bulkhead/tls/broker.pem /etc/bulkhead/tls/broker.key"
    done = bench.run(good, f"python3 - 127.0.1.1 8883 - {files} <<'X'\n{TRY.read_text()}\nX")
    assert done.stdout.startswith("refused")
    assert not bench.play(ROLE, good, GOOD).failed


def test_a_cut_identity_loses_its_live_session_and_its_next_handshake(bench, good, clients):
    asking = clients.hold(clients.svids[INGEST])
    # A reload leaves the session to the process that had it: the cut must reach that one too.
    bench.run(good, "systemctl reload bulkhead-sidecar", check=True)
    said = bench.run(good, f"bulkhead-sidecar cut {INGEST}", check=True).stdout
    assert said == f"{INGEST} is denied; sessions ended: 1\n"
    assert asking.communicate(timeout=10)[0] == "ended\n"
    assert clients.ask(clients.svids[INGEST]).startswith("refused")
    assert clients.ask(clients.svids[INFERENCE]) == "admitted"
    bench.run(good, "systemctl restart bulkhead-sidecar", check=True)
    assert clients.ask(clients.svids[INGEST]).startswith("refused")
    bench.run(good, f"bulkhead-sidecar allow {INGEST}", check=True)
    assert clients.ask(clients.svids[INGEST]) == "admitted"


def test_a_renewed_certificate_is_served_and_no_session_ends(bench, good, clients):
    asking = clients.hold(clients.svids[INGEST])
    shows = f"openssl s_client -connect {ADDRESS}:8883 </dev/null 2>/dev/null"
    shows += " | openssl x509 -noout -serial"
    before = bench.run(good, shows).stdout
    own = bench.run(good, "cat /etc/bulkhead/tls/sidecar.pem").stdout
    leaf = x509.load_pem_x509_certificate(own.encode())
    bench.trust.x509("acme/workload").revoke(leaf.serial_number)
    played = bench.play(ROLE, good, GOOD)
    assert not played.failed, played.stdout
    until(lambda: bench.run(good, shows).stdout != before, "the new one is served")
    assert bench.run(good, shows).stdout != ""
    bench.run(good, f"bulkhead-sidecar cut {INFERENCE}; bulkhead-sidecar allow {INFERENCE}")
    assert asking.poll() is None
    asking.kill()
    asking.wait()


def test_an_identity_taken_off_the_map_loses_its_session(bench, good, clients):
    asking = clients.hold(clients.svids[INFERENCE])
    way = GOOD["sidecar_inbound"][0] | {"allowed": [INGEST, BROKER]}
    played = bench.play(ROLE, good, GOOD | {"sidecar_inbound": [way]})
    assert not played.failed, played.stdout
    assert asking.communicate(timeout=10)[0] == "ended\n"
    assert clients.ask(clients.svids[INFERENCE]).startswith("refused")
    assert not bench.play(ROLE, good, GOOD).failed
    assert clients.ask(clients.svids[INFERENCE]) == "admitted"


def read(bench, host):
    """What `verify` reads of the host, and what came of its own identity at its own door."""
    server = {"host": "itself", "kind": "broker", "address": ADDRESS, "port": 8883}
    asked = json.dumps({"try": [server]})
    words = f"cat >/run/teller.py <<'X'\n{program()}\nX\necho '{asked}' | python3 /run/teller.py"
    said = json.loads(bench.run(host, words, check=True).stdout)
    return sidecar(said["config"]["ok"], said["sets"]["ok"]), said["tried"]["ok"]["itself"]["ok"]


def test_the_controls_sabotage_lets_a_stranger_in_and_is_read(bench, good, clients):
    found, met = read(bench, good)
    assert met == {"admitted": True, "said": "the service behind it answered"}
    assert passage(found, INGEST, 8883).allowed
    assert not passage(found, HISTORIAN, 8883).allowed
    do, undo = unasked()
    bench.run(good, do, check=True)
    try:
        stranger = clients.svids[HISTORIAN]
        until(lambda: clients.ask(stranger) == "admitted", "the new process listens")
        assert passage(read(bench, good)[0], HISTORIAN, 8883).allowed
    finally:
        bench.run(good, undo, check=True)
    until(lambda: clients.ask(stranger) != "admitted", "the new process listens")
    bench.run(good, f"bulkhead-sidecar cut {BROKER}", check=True)
    assert read(bench, good)[1]["admitted"] is False
    bench.run(good, f"bulkhead-sidecar allow {BROKER}", check=True)


@pytest.mark.parametrize("row", known_bad(ROLE), ids=lambda row: row["name"])
def test_a_known_bad_host_flips_exactly_what_it_should(bench, good, row):
    with bench.sabotage(row, good):
        until(lambda: bench.flipped(CHECKS, good) == set(row["flips"]), "it flips what it should")


def test_each_of_them_was_healed(bench, good):
    played = bench.play(ROLE, good, GOOD)
    assert not played.failed, played.stdout
    until(lambda: bench.flipped(CHECKS, good) == set(), "all is as it should be")
