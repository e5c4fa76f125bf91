"""What a session sends when, with no broker: messages are collected."""

import pytest

from bulkhead.services.gateway.config import Device, load
from bulkhead.services.gateway.edge import Edge
from bulkhead.services.gateway.outbox import Outbox
from bulkhead.services.gateway.session import HostGone, Session
from bulkhead.services.gateway.source import Sample, Seeded
from bulkhead.wire import sparkplug, state, topics
from bulkhead.wire.sparkplug import DataType, Metric, Payload
from bulkhead.wire.telemetry import COUNTERS, DROPPED, REFUSED, STANDIN, TAKEN, WAITING
from bulkhead.wire.topics import Kind

from test_gateway_config import GOOD  # isort: skip

NODE = "acme.lyon.ai.gw-1"
STATE = "spBv1.0/STATE/acme.ingest"
COMMAND = f"spBv1.0/acme/NCMD/{NODE}"


class Bench:
    """A session on an outbox of its own, with a clock that a test turns."""

    def __init__(self, folder, drain=1000, capacity=1000):
        file = folder / "g.toml"
        text = GOOD.replace("drain_per_s = 20000", f"drain_per_s = {drain}")
        file.write_text(text)
        self.settings = load(file)
        self.outbox = Outbox(folder / "o", capacity)
        self.edge = Edge("acme", NODE, self.settings.devices)
        self.sent, self.crowd = [], False
        self.now, self.bdseq = 1_000_000, 0
        self.connect()

    def connect(self):
        self.will = self.edge.connects(self.bdseq, self.now)
        self.session = Session(
            self.settings, self.edge, self.outbox, self.sent.append, lambda: self.crowd
        )

    def host(self, online, since=5):
        said = state.HostState(online=online, timestamp=since)
        self.session.hear(STATE, state.encode(said))

    def put(self, *numbers):
        for number in numbers:
            self.outbox.put([Sample("mill-1", "vibration", float(number))], self.now)

    def step(self, seconds=0.1):
        """Let time pass, send, and give what was sent."""
        self.now += int(seconds * 1000)
        self.session.step(self.now, self.now / 1000)
        sent, self.sent[:] = list(self.sent), []
        return [(topics.parse(one.topic), sparkplug.decode(one.payload)) for one in sent]


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.outbox.close()


def kinds(sent):
    return [topic.kind for topic, _ in sent]


def values(sent, historical):
    return [
        metric.value
        for topic, payload in sent
        if topic.kind is Kind.DDATA
        for metric in payload.metrics
        if metric.is_historical is historical
    ]


BIRTHS = [Kind.NBIRTH, Kind.DBIRTH, Kind.DBIRTH]


def test_nothing_is_said_until_the_host_is_online(bench):
    bench.put(1)
    assert bench.step() == []
    bench.host(False)
    assert bench.step() == []
    bench.host(True, since=6)
    assert kinds(bench.step())[:3] == BIRTHS


def test_a_birth_says_what_the_specification_asks(bench):
    bench.put(1)
    bench.host(True)
    (_, node), (mill, device), _ = bench.step()[:3]
    assert node.seq == 0
    assert sparkplug.bdseq(node) == sparkplug.bdseq(sparkplug.decode(bench.will.payload)) == 0
    rebirth = node.metric(sparkplug.REBIRTH)
    assert (rebirth.datatype, rebirth.value) == (DataType.BOOLEAN, False)
    assert {name: node.metric(name).value for name in COUNTERS} == {
        TAKEN: 1,
        DROPPED: 0,
        WAITING: 1,
        REFUSED: 0,
        STANDIN: 0,
    }
    assert mill.device == "mill-1"
    assert device.seq == 1
    assert device.metric("vibration").value == 1.0
    assert device.metric("temperature").value is None


def test_values_that_waited_are_historical_and_later_ones_are_live(bench):
    bench.put(1, 2)
    bench.host(True)
    bench.step()
    bench.put(3)
    sent = bench.step(1)
    assert values(sent, historical=False) == [3]
    assert values(sent, historical=True) == [1, 2]


def test_seq_counts_every_message_and_wraps(bench):
    bench.host(True)
    numbers = [payload.seq for _, payload in bench.step()]
    for number in range(600):
        bench.put(number)
        numbers += [payload.seq for _, payload in bench.step(0.01)]
    assert numbers == [number % 256 for number in range(len(numbers))]
    assert len(numbers) > 512


def test_late_values_come_no_faster_than_allowed(tmp_path):
    bench = Bench(tmp_path, drain=100)
    bench.put(*range(300))
    bench.host(True)
    bench.step()
    counts = [len(values(bench.step(0.1), historical=True)) for _ in range(40)]
    assert sum(counts) == 300
    assert max(counts) <= 100
    assert sum(counts[:10]) <= 100


def test_a_rebirth_request_brings_births_and_what_was_sent_lately_again(bench):
    bench.host(True)
    bench.step()
    bench.put(1, 2)
    assert values(bench.step(2), historical=False) == [1, 2]
    bench.session.hear(COMMAND, sparkplug.rebirth_request(1))
    sent = bench.step(1) + bench.step(1)
    assert kinds(sent)[:3] == BIRTHS
    assert sent[0][1].seq == 0
    assert sparkplug.bdseq(sent[0][1]) == 0
    assert values(sent, historical=True) == [1, 2]


def test_rebirth_requests_without_end_bring_one_birth_a_second(bench):
    bench.host(True)
    bench.step()
    births = 0
    for _ in range(100):
        bench.session.hear(COMMAND, sparkplug.rebirth_request(1))
        births += kinds(bench.step(0.05)).count(Kind.NBIRTH)
    assert 4 <= births <= 5


@pytest.mark.parametrize(
    "command",
    [
        (Metric(name="Node Control/Reboot", datatype=DataType.BOOLEAN, value=True),),
        (
            Metric(name="Node Control/Rebirth", datatype=DataType.BOOLEAN, value=True),
            Metric(name="vibration", datatype=DataType.DOUBLE, value=0.0),
        ),
        (Metric(name="Node Control/Rebirth", datatype=DataType.BOOLEAN, value=False),),
        (),
    ],
)
def test_other_commands_are_refused_and_counted(bench, command):
    bench.host(True)
    bench.step()
    bench.session.hear(COMMAND, sparkplug.encode(Payload(metrics=command)))
    bench.session.hear(COMMAND, b"\xff")
    (topic, counts), *_ = bench.step(11)
    assert topic.kind is Kind.NDATA
    assert counts.metric(REFUSED).value == 2


def test_a_host_that_goes_offline_ends_the_session_unless_its_news_is_old(bench):
    bench.host(True, since=10)
    bench.step()
    bench.host(False, since=9)
    bench.step()
    bench.host(False, since=10)
    with pytest.raises(HostGone):
        bench.step()


def test_while_the_connection_takes_nothing_nothing_is_lost(bench):
    bench.host(True)
    bench.step()
    bench.crowd = True
    bench.put(1, 2)
    assert values(bench.step(), historical=False) == []
    bench.crowd = False
    assert values(bench.step(), historical=False) == [1, 2]


def test_a_new_session_sends_again_what_the_last_one_may_have_lost(bench):
    bench.host(True)
    bench.step()
    bench.put(1)
    bench.step(1)
    bench.bdseq = 1
    bench.connect()
    bench.put(2)
    bench.host(True)
    sent = bench.step(1) + bench.step(1)
    assert sparkplug.bdseq(sent[0][1]) == 1
    assert values(sent, historical=True) == [1, 2]


def test_what_a_full_disk_gave_up_is_told(tmp_path):
    bench = Bench(tmp_path, capacity=100)
    bench.put(*range(130))
    bench.host(True)
    (_, born), *_ = bench.step()
    assert born.metric(DROPPED).value == 30
    assert born.metric(TAKEN).value == 130


def test_the_same_seed_gives_the_same_series_and_another_another():
    devices = (Device(id="a", signals=("vibration", "temperature")),)
    series = [[Seeded(seed, devices).read(0) for _ in range(1)] for seed in (1, 1, 2)]
    assert series[0] == series[1] != series[2]
    source = Seeded(1, devices)
    assert source.read(0) != source.read(0)
