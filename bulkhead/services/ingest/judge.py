"""Judges messages, one after the other: what each becomes, and what is wrong with it. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bulkhead.services.ingest.config import Limits
from bulkhead.services.ingest.pace import Bucket, Pace
from bulkhead.services.ingest.rows import KEPT, Batch, Gap, Message, Node, Refusal, Value
from bulkhead.wire import sparkplug, telemetry, topics
from bulkhead.wire.sparkplug import Malformed, Metric, Payload
from bulkhead.wire.topics import Kind, Topic

MAX_COUNT = 1 << 62
_REPORT = (telemetry.TAKEN, telemetry.WAITING, telemetry.DROPPED)
_BIRTH_METRICS = (sparkplug.BDSEQ, sparkplug.REBIRTH, *telemetry.COUNTERS)


class Refused(Exception):
    """A message, or a metric of it, does not fit."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class Judge:
    """The streams of one tenant's nodes. `nodes` is as the historian has it, at the start.

    refused: counts by reason, also of what is not kept. unborn: nodes that were asked for a birth,
    or will be, and did not answer yet.
    """

    tenant: str
    limits: Limits
    nodes: dict[str, Node] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    unborn: set[str] = field(default_factory=set)
    _quiet: set[str] = field(default_factory=set)
    _kept: Bucket = field(init=False)
    _asked: Pace = field(init=False)

    def __post_init__(self) -> None:
        """Ten seconds' worth of refusals may come at once."""
        self._kept = Bucket(self.limits.quarantine, self.limits.quarantine * 10)
        self._asked = Pace(self.limits.rebirth)

    def take(self, message: Message, batch: Batch) -> None:
        """Add to `batch` what a message becomes. Never raises, whatever the bytes."""
        batch.messages += 1
        try:
            topic = self._topic(message)
            payload = sparkplug.decode(message.payload)
            _HANDLERS[topic.kind](self, _Heard(topic, payload, message, batch))
        except (Refused, Malformed, telemetry.NotAReading) as error:
            self._refuse(message, batch, error.reason, error.detail)

    def _topic(self, message: Message) -> Topic:
        try:
            topic = topics.parse(message.topic)
        except topics.BadTopic as error:
            raise Refused("bad topic", str(error)) from None
        if not isinstance(topic, Topic):
            raise Refused("bad topic", "a host's state")
        if topic.tenant != self.tenant or not topic.node.startswith(f"{self.tenant}."):
            raise Refused("other tenant", f"{topic.node} in {topic.tenant}")
        if message.retained:
            raise Refused("retained", "telemetry is never retained")
        return topic

    def _refuse(self, message: Message, batch: Batch, reason: str, detail: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1
        if self._kept.take(message.received / 1000):
            refusal = Refusal(
                topic=_printable(message.topic, 512),
                reason=reason,
                detail=_printable(detail, 256),
                size=len(message.payload),
                payload=message.payload[:KEPT],
            )
            batch.refusals.append(refusal)

    def node_birth(self, heard: "_Heard") -> None:
        """NBIRTH: a session begins (new bdSeq), or is told anew (the same)."""
        name, payload = heard.topic.node, heard.payload
        number = sparkplug.bdseq(payload)
        if payload.seq != 0:
            raise Refused("birth without seq 0", str(payload.seq))
        node = self.nodes.get(name)
        if node is None:
            if len(self.nodes) >= self.limits.nodes:
                raise Refused("too many nodes", name)
            node = self.nodes[name] = Node(name=name)
        elif number != node.bd_seq:
            self._new_session(node, heard)
        node.bd_seq, node.seq, node.online, node.devices = number, 0, True, {}
        node.births += 1
        self.unborn.discard(name)
        self._report(node, heard)
        heard.batch.nodes[name] = node

    def _new_session(self, node: Node, heard: "_Heard") -> None:
        """What the last session lost at its end is unknown; once, until live values come again."""
        if node.last_at is not None and node.name not in self._quiet:
            heard.batch.gaps.append(
                Gap(
                    node=node.name,
                    missed=None,
                    after=node.last_at,
                    before=max(node.last_at, heard.sent_at()),
                )
            )
            self._quiet.add(node.name)

    def node_death(self, heard: "_Heard") -> None:
        """NDEATH of this session; of an older one it says nothing new."""
        node = self.nodes.get(heard.topic.node)
        if node is not None and sparkplug.bdseq(heard.payload) == node.bd_seq:
            node.online = False
            heard.batch.nodes[node.name] = node

    def node_data(self, heard: "_Heard") -> None:
        """NDATA: the gateway's counters."""
        node = self._follow(heard)
        self._report(node, heard)
        for metric in heard.payload.metrics:
            if metric.name not in _BIRTH_METRICS:
                raise Refused("unknown signal", repr(metric.name)[:100])

    def device_birth(self, heard: "_Heard") -> None:
        """DBIRTH: the signals that a device has, and their latest values."""
        node, device = self._follow(heard), heard.device()
        if device not in node.devices and len(node.devices) >= self.limits.devices:
            raise Refused("too many devices", device)
        names = {metric.name for metric in heard.payload.metrics if metric.name}
        node.devices[device] = sorted(names & telemetry.SIGNALS.keys())
        latest = [row for row in heard.payload.metrics if row.value is not None]
        self._values(node, heard, latest)

    def device_death(self, heard: "_Heard") -> None:
        """DDEATH: no values until its next birth."""
        self._follow(heard).devices.pop(heard.device(), None)

    def device_data(self, heard: "_Heard") -> None:
        """DDATA: values."""
        node, device = self._follow(heard), heard.device()
        if device not in node.devices:
            self._want_birth(node.name, heard)
            raise Refused("unknown device", device)
        self._values(node, heard, heard.payload.metrics)

    def command(self, heard: "_Heard") -> None:
        """NCMD: our own requests come back to us; anything else no one may say."""
        if not sparkplug.asks_rebirth(heard.payload):
            raise Refused("command", str(heard.topic))

    def device_command(self, heard: "_Heard") -> None:
        """DCMD: nobody may."""
        raise Refused("command", str(heard.topic))

    def _follow(self, heard: "_Heard") -> Node:
        """The node, born, with its seq moved on; a hole is noted. Raises Refused."""
        name, seq = heard.topic.node, heard.payload.seq
        node = self.nodes.get(name)
        if node is None or not node.online:
            self._want_birth(name, heard)
            raise Refused("not born", name)
        if seq is None:
            raise Refused("no seq", name)
        missed = (seq - node.seq - 1) % 256
        if missed:
            self._hole(node, missed, heard)
        node.seq = seq
        heard.batch.nodes[name] = node
        if name in self.unborn:
            self._want_birth(name, heard)
        return node

    def _hole(self, node: Node, missed: int, heard: "_Heard") -> None:
        """One row for a node and batch, so that seqs at random do not fill the table."""
        self.unborn.add(node.name)
        before = heard.first_at()
        for gap in heard.batch.gaps:
            if gap.node == node.name and gap.missed is not None:
                gap.missed, gap.before = gap.missed + missed, max(gap.before, before)
                return
        after = before if node.last_at is None else min(node.last_at, before)
        heard.batch.gaps.append(Gap(node=node.name, missed=missed, after=after, before=before))

    def _want_birth(self, name: str, heard: "_Heard") -> None:
        if name not in self.unborn and len(self.unborn) >= self.limits.nodes:
            return
        self.unborn.add(name)
        if self._asked.take(name, heard.message.received / 1000):
            heard.batch.rebirths.add(name)

    def _values(
        self, node: Node, heard: "_Heard", metrics: "list[Metric] | tuple[Metric, ...]"
    ) -> None:
        """The sound values; the first metric that is none is the message's refusal."""
        wrong: Refused | telemetry.NotAReading | None = None
        for metric in metrics:
            try:
                heard.batch.values.append(self._value(node, heard, metric))
            except (Refused, telemetry.NotAReading) as error:
                wrong = wrong or error
                node.refused += 1
        if wrong is not None:
            raise wrong

    def _value(self, node: Node, heard: "_Heard", metric: Metric) -> Value:
        reading = telemetry.reading(heard.device(), metric)
        if reading.signal not in node.devices[reading.device]:
            raise Refused("undeclared signal", f"{reading.signal} of {reading.device}")
        age = (heard.message.received - reading.at) / 1000
        if not -self.limits.future <= age <= self.limits.past:
            raise Refused("absurd time", f"{age:.0f} s ago")
        if not reading.is_historical:
            node.last_at = max(node.last_at or reading.at, reading.at)
            self._quiet.discard(node.name)
        return Value(node=node.name, reading=reading)

    def _report(self, node: Node, heard: "_Heard") -> None:
        """Take the gateway's counts, if it gave all three."""
        metrics = [heard.payload.metric(name) for name in _REPORT]
        counts = [metric.value for metric in metrics if metric is not None]
        sound = [count for count in counts if type(count) is int and 0 <= count < MAX_COUNT]
        if len(sound) == len(_REPORT):
            node.report(*sound)
            heard.batch.full = True


@dataclass(frozen=True, slots=True)
class _Heard:
    topic: Topic
    payload: Payload
    message: Message
    batch: Batch

    def device(self) -> str:
        assert self.topic.device is not None  # noqa: S101 (a device's kinds have one: Topic checks)
        return self.topic.device

    def sent_at(self) -> int:
        """When the sender says that it sent, unless that is later than now."""
        sent = self.payload.timestamp
        return self.message.received if sent is None else min(sent, self.message.received)

    def first_at(self) -> int:
        """The time of its oldest live value, else when it was sent."""
        live = [row.timestamp for row in self.payload.metrics if not row.is_historical]
        known = [at for at in live if at is not None and at <= self.message.received]
        return min(known, default=self.sent_at())


def _printable(text: str, length: int) -> str:
    """What a text column takes: no NUL, no lone surrogate."""
    return "".join(char if char.isprintable() else "?" for char in text[:length])


_HANDLERS: dict[Kind, Callable[[Judge, _Heard], None]] = {
    Kind.NBIRTH: Judge.node_birth,
    Kind.NDEATH: Judge.node_death,
    Kind.NDATA: Judge.node_data,
    Kind.NCMD: Judge.command,
    Kind.DBIRTH: Judge.device_birth,
    Kind.DDEATH: Judge.device_death,
    Kind.DDATA: Judge.device_data,
    Kind.DCMD: Judge.device_command,
}
