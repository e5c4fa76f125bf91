"""The gateway as a process, a real broker, mutual TLS 1.3: what happens when things go away."""

import itertools
import json
import signal
import sqlite3

import pytest
from broker_fixture import Broker, until
from certificates_fixture import give, refresh, revoke
from mqtt_peer import Peer
from plant_gateway import Gateway, Host

from bulkhead.wire import sparkplug
from bulkhead.wire.telemetry import TAKEN, WAITING
from bulkhead.wire.topics import Kind


@pytest.fixture
def gateway(tmp_path, acme):
    with Gateway(tmp_path / "gateway", acme) as running:
        yield running


class Store:
    """Values by identity, as ingest stores them; and what was seen on the way."""

    def __init__(self, host):
        self.host, self.values, self.births = host, {}, []

    def take(self, enough):
        """Take messages in until `enough` holds after one."""
        while True:
            topic, payload = self.host.next()
            if topic.kind is Kind.NBIRTH:
                self.births.append(payload)
            if topic.kind is Kind.DDATA:
                for metric in payload.metrics:
                    key = (topic.device, metric.name, metric.timestamp)
                    assert self.values.setdefault(key, metric.value) == metric.value
            if enough(topic, payload):
                return


def truth(gateway):
    """Every value that the gateway's disk still has (recent_s is longer than a test)."""
    with sqlite3.connect(gateway.folder / "outbox.sqlite3") as db:
        rows = db.execute("SELECT device, signal, at, value FROM samples").fetchall()
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def test_birth_data_and_death_in_order(acme, gateway):
    with Host(acme) as host:
        host.tell(True)
        assert [host.next()[0].kind for _ in range(3)] == [Kind.NBIRTH, Kind.DBIRTH, Kind.DBIRTH]
        topic, payload = host.await_(Kind.DDATA)
        assert topic.node == gateway.node
        assert payload.metrics[0].name == "vibration"
        assert gateway.stop() == 0
        _, death = host.await_(Kind.NDEATH)
        assert sparkplug.bdseq(death) == 0


def test_a_killed_gateway_is_declared_dead_and_comes_back_with_all_its_values(acme, gateway):
    with Host(acme) as host:
        store = Store(host.tell(True))
        store.take(lambda topic, _: topic.kind is Kind.DDATA)
        gateway.stop(signal.SIGKILL)
        store.take(lambda topic, payload: topic.kind is Kind.NDEATH)
        gateway.start()
        store.take(lambda topic, _: topic.kind is Kind.NBIRTH)
        assert [sparkplug.bdseq(one) for one in store.births] == [0, 1]
        before = set(truth(gateway))
        store.take(lambda *_: before <= set(store.values))
        assert gateway.stop() == 0


def test_values_of_an_outage_of_the_broker_come_back_as_historical(acme, gateway):
    with Host(acme) as host:
        host.tell(True)
        host.await_(Kind.DDATA)
    acme.stop(signal.SIGKILL)
    taken = len(truth(gateway))
    until(lambda: len(truth(gateway)) > taken + 50, "values are kept while the broker is away")
    away = set(truth(gateway))
    acme.start()
    with Host(acme) as host:
        store = Store(host.tell(True))
        store.take(lambda *_: away <= set(store.values))
        assert store.births[0].metric(WAITING).value >= 50
        store.take(lambda topic, p: topic.kind is Kind.DDATA and not p.metrics[0].is_historical)


def test_values_wait_while_the_primary_host_is_offline(acme, gateway):
    with Host(acme) as host:
        host.tell(True)
        host.await_(Kind.DDATA)
        host.tell(False)
        host.await_(Kind.NDEATH)
        kept = len(truth(gateway))
        until(lambda: len(truth(gateway)) > kept + 20, "values are kept")
        away = set(truth(gateway))
        assert host.heard.empty()
        host.since += 1
        store = Store(host.tell(True))
        store.take(lambda *_: away <= set(store.values))
        assert sparkplug.bdseq(store.births[0]) == 1


def test_a_host_that_is_killed_is_offline_by_its_will(acme, gateway):
    host = Host(acme)
    host.tell(True)
    host.await_(Kind.DDATA)
    with Peer(acme, "inference") as watch:
        watch.subscribe("spBv1.0/STATE/acme.ingest", "spBv1.0/acme/NDEATH/+")
        assert json.loads(watch.hear().payload)["online"] is True
        host.vanish()
        heard = [watch.hear() for _ in "ab"]
    assert json.loads(heard[0].payload)["online"] is False
    assert heard[1].topic.startswith("spBv1.0/acme/NDEATH/")


def test_a_rebirth_request_brings_back_what_was_lost(acme, gateway):
    with Host(acme) as host:
        host.tell(True)
        host.await_(Kind.DDATA)
        lost = set(truth(gateway))  # nothing heard so far was stored
        host.ask_rebirth(gateway.node)
        store = Store(host)
        store.take(lambda topic, _: topic.kind is Kind.NBIRTH)
        store.take(lambda *_: lost <= set(store.values))
        assert store.births[0].seq == 0
        assert sparkplug.bdseq(store.births[0]) == 0


def test_what_is_taken_arrives_or_waits(acme, tmp_path):
    """Sum over a whole life: kill -9 of gateway and broker, host away, and nothing is missing."""
    with Gateway(tmp_path / "gateway", acme, interval_ms=5) as gateway:
        with Host(acme) as host:
            store = Store(host.tell(True))
            store.take(lambda topic, _: topic.kind is Kind.DDATA)
        gateway.stop(signal.SIGKILL)
        gateway.start()
        acme.stop(signal.SIGKILL)
        acme.start()
        with Host(acme) as host:
            store = Store(host.tell(True))
            store.take(lambda topic, _: topic.kind is Kind.NBIRTH)
            store.take(lambda *_: len(store.values) > 200)
            assert gateway.stop() == 0
            store.take(lambda topic, _: topic.kind is Kind.NDEATH)
            gateway.start()
            everything = set(truth(gateway))
            store.take(lambda *_: everything <= set(store.values))
            assert store.births[-1].metric(TAKEN).value >= len(everything)


def test_a_renewed_certificate_is_taken_up_without_missing_a_reading(acme, gateway, trust):
    with Host(acme) as host:
        host.tell(True)
        host.await_(Kind.DDATA)
        folder = acme.client("gateway")
        before = (folder / "gateway.pem").read_text()
        give(
            folder, trust, service="gateway", name=gateway.node, authority="acme/device",
            anchors=["acme/workload"],
        )  # fmt: skip
        assert (folder / "gateway.pem").read_text() != before
        gateway.hup()
        host.await_(Kind.NDEATH)
        _, born = host.await_(Kind.NBIRTH)
        assert sparkplug.bdseq(born) == 1
        host.await_(Kind.DDATA)
    times = sorted(at for device, signal, at in truth(gateway) if device == "lathe-1")
    assert max(b - a for a, b in itertools.pairwise(times)) < 2_000


def refusal(gateway, text):
    until(lambda: text in gateway.log.read_text(), f"{text!r} in the log of the gateway")


def test_a_broker_with_another_name_authority_or_a_revoked_certificate_is_refused(tmp_path, trust):
    broker = Broker(tmp_path / "broker", trust, "acme")
    broker.start()
    try:
        with Gateway(tmp_path / "a", broker, name="acme.ingest.broker-2") as gateway:
            refusal(gateway, "Hostname mismatch")
        give(
            broker.tls, trust, service="broker", name=broker.name, authority="borealis/workload",
            anchors=broker.anchors, usages=("server",),
        )  # fmt: skip
        broker.obey()
        with Gateway(tmp_path / "b", broker) as gateway:
            refusal(gateway, "unable to get local issuer certificate")
    finally:
        broker.stop()


def test_a_revoked_broker_is_refused(tmp_path, trust, acme):
    revoke(acme.tls, trust, service="broker", authority="acme/workload")
    refresh(acme.client("gateway"), trust, service="gateway", anchors=["acme/workload"])
    with Gateway(tmp_path / "gateway", acme) as gateway:
        refusal(gateway, "certificate revoked")


def test_a_gateway_whose_certificate_is_refused_says_so_and_goes_on_taking_values(tmp_path, acme):
    acme.revoke("gateway")
    acme.refresh()
    acme.reload()
    with Gateway(tmp_path / "gateway", acme) as gateway:
        refusal(gateway, "is this certificate refused?")
        taken = len(truth(gateway))
        until(lambda: len(truth(gateway)) > taken, "values are taken")
        assert gateway.stop() == 0
        assert "PRIVATE" not in gateway.log.read_text()


def test_a_renewed_certificate_ends_the_wait_for_the_next_try(tmp_path, acme, trust):
    acme.revoke("gateway")
    acme.refresh()
    acme.reload()
    with Gateway(tmp_path / "gateway", acme) as gateway, Host(acme) as host:
        host.tell(True)

        def refused():
            return gateway.log.read_text().count("no session")

        # By now it waits fifteen seconds and more between two tries.
        until(lambda: refused() >= 6, "tries are refused, each later than the last", 90.0)
        give(
            acme.client("gateway"), trust, service="gateway", name=gateway.node,
            authority="acme/device", anchors=["acme/workload"],
        )  # fmt: skip
        gateway.hup()
        host.await_(Kind.NBIRTH)
        assert refused() == 6


def test_an_outbox_that_is_no_database_is_put_aside(tmp_path, acme):
    gateway = Gateway(tmp_path / "gateway", acme)
    (gateway.folder / "outbox.sqlite3").write_bytes(b"garbage" * 1000)
    with gateway, Host(acme) as host:
        host.tell(True)
        host.await_(Kind.DDATA)
        assert list(gateway.folder.glob("outbox.broken-*"))
