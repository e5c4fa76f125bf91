"""Ingest between a real broker and a real historian: STATE, gaps, outages, revocation."""

import signal
import time

import psycopg
import pytest
from broker_fixture import until
from certificates_fixture import give, refresh, revoke
from ingest_fixture import Ingest
from mqtt_peer import Peer
from said import DEVICE, NODE, counts, message, value

from bulkhead.services.ingest.link import Inbox
from bulkhead.wire import sparkplug, state
from bulkhead.wire.metrics import Payload
from bulkhead.wire.sparkplug import bdseq_metric, encode
from bulkhead.wire.topics import Kind, StateTopic, Topic, primary_host

STATE = str(StateTopic(host=primary_host("acme")))
NCMD = str(Topic(tenant="acme", kind=Kind.NCMD, node=NODE))


class Node:
    """A gateway played by hand, at QoS 1 so that what it says arrives in any case."""

    def __init__(self, broker) -> None:
        self.peer = Peer(broker, "gateway").subscribe(STATE, NCMD)
        self.seq = 0

    def say(self, kind: Kind, *metrics: sparkplug.Metric, seq: int | None = None) -> None:
        self.seq = self.seq + 1 if seq is None else seq
        payload = Payload(timestamp=now(), seq=self.seq % 256, metrics=metrics)
        device = DEVICE if kind.startswith("D") else None
        topic = Topic(tenant="acme", kind=kind, node=NODE, device=device)
        self.peer.say(str(topic), encode(payload))

    def born(self, bd_seq: int = 0, **numbers: int) -> None:
        self.say(Kind.NBIRTH, bdseq_metric(bd_seq, now()), *counts(**numbers), seq=0)
        self.say(Kind.DBIRTH, value(value=None, at=now()), value("temperature", value=None))

    def data(self, *ats: int, historical: bool = False, skip: int = 0) -> None:
        rows = [value(number=at % 90 + 0.5, at=at, is_historical=historical) for at in ats]
        self.say(Kind.DDATA, *rows, seq=self.seq + 1 + skip)

    def asked(self) -> bool:
        heard = self.peer.hear(lambda message: message.topic == NCMD)
        return sparkplug.asks_rebirth(sparkplug.decode(heard.payload))

    def state(self) -> bool:
        heard = self.peer.hear(lambda message: message.topic == STATE)
        return state.decode(heard.payload).online


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def node(broker):
    made = Node(broker)
    yield made
    made.peer.close()


def times(historian) -> list[int]:
    query = (
        "SELECT round(extract(epoch FROM at) * 1000)::bigint FROM bulkhead.measurements ORDER BY 1"
    )
    return [int(row[0]) for row in historian.sql(query)]


def arrived(historian, *wanted: int) -> None:
    until(lambda: times(historian) == sorted(wanted), f"{sorted(wanted)} are stored")


def losses(historian) -> tuple[str, ...]:
    """(values lost, messages that were missed at first, gaps)."""
    rows = historian.sql("SELECT lost, missed, gaps FROM bulkhead.losses WHERE tenant = 'acme'")
    return tuple(rows[0]) if rows else ()


def test_a_gap_asks_for_a_birth_and_what_returns_is_no_loss(historian, ingest, node):
    start = now()
    node.born(taken=0, waiting=0, dropped=0)
    node.data(start)
    node.data(start + 3, skip=2)
    assert node.asked()
    node.born(taken=4, waiting=3, dropped=0)
    node.data(start, start + 1, start + 2, historical=True)
    node.say(Kind.NDATA, *counts(taken=4, waiting=0, dropped=0))
    arrived(historian, start, start + 1, start + 2, start + 3)
    until(lambda: losses(historian) == ("0", "2", "1"), "nothing is lost")
    returned = historian.sql("SELECT count(*) FROM bulkhead.measurements WHERE historical")
    assert returned == [["2"]]


def test_what_does_not_return_is_counted_as_lost(historian, ingest, node):
    start = now()
    node.born(taken=0, waiting=0, dropped=0)
    node.data(start)
    node.data(start + 3, skip=2)
    assert node.asked()
    node.born(taken=5, waiting=1, dropped=1)
    node.data(start + 1, historical=True)
    node.say(Kind.NDATA, *counts(taken=5, waiting=0, dropped=1))
    until(lambda: losses(historian) == ("1", "2", "1"), "one is lost, one was dropped")
    arrived(historian, start, start + 1, start + 3)


def test_data_before_a_birth_is_set_aside_and_asks_for_one(historian, ingest, node):
    node.data(now())
    assert node.asked()
    query = "SELECT reason, size > 0 FROM bulkhead.quarantine"
    until(lambda: historian.sql(query) == [["not born", "t"]], "it is in quarantine")
    assert not times(historian)


def test_the_host_is_offline_while_its_historian_is_away(historian, ingest, node):
    assert node.state()
    start = now()
    node.born()
    node.data(start)
    arrived(historian, start)
    historian.stop()
    try:
        node.data(start + 1)  # it waits in ingest, and is not lost
        assert not node.state()
        node.data(start + 2)
    finally:
        historian.start()
    assert node.state()
    arrived(historian, start, start + 1, start + 2)
    assert losses(historian)[1:] == ("0", "0")


def test_a_killed_host_is_offline_by_its_will(ingest, node):
    assert node.state()
    ingest.kill()
    assert not node.state()
    ingest.start()
    assert node.state()


def test_a_stopped_host_says_that_it_is_offline_and_leaves_nothing_behind(historian, ingest, node):
    start = now()
    node.born()
    node.data(start)
    assert node.state()
    assert ingest.stop() == 0
    assert not node.state()
    arrived(historian, start)


def test_garbage_of_a_gateway_harms_nobody(historian, ingest, node):
    start = now()
    node.born()
    for data in (b"", b"\xff" * 100, b"\x00" * 60_000, b"\x12\x02\x7a\x00" * 900):
        node.peer.say(str(Topic(tenant="acme", kind=Kind.DDATA, node=NODE, device="x")), data)
    node.data(start)
    arrived(historian, start)
    kept = historian.sql("SELECT max(octet_length(payload)), max(size) FROM bulkhead.quarantine")
    assert kept == [["1024", "60000"]]


def test_a_full_queue_counts_what_it_does_not_take_and_never_blocks():
    inbox = Inbox(room=3)
    for number in range(5):
        inbox.put(message(f"{number}", b""))
    assert (len(inbox), inbox.overflow) == (3, 2)
    assert [inbox.get(0).topic for _ in range(3)] == ["0", "1", "2"]
    assert inbox.get(0) is None


def test_new_revocation_lists_are_read_on_sighup(historian, broker, ingest, node):
    """The broker's own certificate is revoked: ingest must not trust it any more."""
    assert node.state()
    revoke(broker.tls, broker.trust, service="broker", authority="acme/workload")
    refresh(ingest.tls, broker.trust, service="ingest", anchors=["acme/workload"])
    ingest.signal(signal.SIGHUP)
    assert not node.state()
    until(lambda: "revoked" in str(ingest.status()["problem"]), "the broker is refused")
    broker.reload()
    assert node.state()


def test_an_ingest_with_another_tenants_certificate_stores_nothing(
    tmp_path, broker, historian, node
):
    """Named as acme's by borealis's authority: the historian says that it is nobody's."""
    folder = historian.client("acme", "ingest", "borealis/workload")
    wrong = Ingest(tmp_path / "wrong", broker, historian, tls=folder)
    wrong.start()
    try:
        until(lambda: "own tenant is None" in str(wrong.status().get("problem")), "refused", 15)
        assert not wrong.status()["historian"]
        assert not wrong.status()["online"]
    finally:
        wrong.stop()


def test_a_revoked_ingest_is_refused_by_the_historian(historian, tmp_path):
    folder = tmp_path / "leaver"
    give(
        folder, historian.trust, service="ingest", name="acme.ingest.ingest-1",
        authority="acme/workload", anchors=historian.anchors,
    )  # fmt: skip

    def connect() -> psycopg.Connection:
        return psycopg.connect(
            f"host=127.0.0.1 port={historian.port} dbname=historian user=acme_ingest"
            f" sslcert={folder}/ingest.pem sslkey={folder}/ingest.key"
            f" sslrootcert={folder}/ingest-ca.pem sslmode=verify-full"
        )

    connect().close()
    revoke(folder, historian.trust, service="ingest", authority="acme/workload")
    connect().close()  # nobody told the server yet
    historian.refresh()

    def refused() -> bool:
        try:
            connect().close()
        except psycopg.OperationalError as error:
            return "revoked" in str(error)
        return False

    until(refused, "the revoked certificate is refused")


def test_a_node_in_order_is_not_asked_for_a_birth(historian, ingest, node):
    start = now()
    node.born()
    node.data(start)
    node.data(start + 1)
    arrived(historian, start, start + 1)
    until(lambda: ingest.status()["messages"] == 4, "all are counted")
    assert (ingest.status()["rebirths"], ingest.status()["gaps"]) == (0, 0)
    node.data(start + 2, skip=1)
    assert node.asked()
    until(lambda: ingest.status()["rebirths"] == 1, "the request is counted")
