"""What a Sparkplug edge node says, in which order and with which numbers. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bulkhead.services.gateway.config import Device
from bulkhead.wire.sparkplug import (
    REBIRTH,
    DataType,
    Metric,
    Payload,
    bdseq_metric,
    death,
    encode,
)
from bulkhead.wire.telemetry import Reading, metric
from bulkhead.wire.topics import Kind, Topic


@dataclass(frozen=True, slots=True)
class Message:
    """What is published where; retained is nothing of an edge node's."""

    topic: str
    payload: bytes
    qos: int = 0


class Edge:
    """One edge node in one MQTT session after another. Times are ms since 1970."""

    def __init__(self, tenant: str, node: str, devices: Sequence[Device]) -> None:
        self._tenant, self._node, self._devices = tenant, node, tuple(devices)
        self._bdseq = self._seq = 0

    def connects(self, bdseq: int, now: int) -> Message:
        """A new session begins; its will."""
        self._bdseq = bdseq
        return self.dies(now)

    def dies(self, now: int) -> Message:
        """The end of this session: the will, or said before leaving."""
        return Message(self._topic(Kind.NDEATH), death(self._bdseq, now), qos=1)

    def births(
        self,
        now: int,
        counters: dict[str, int],
        latest: Callable[[str, str], Reading | None],
    ) -> Iterator[Message]:
        """NBIRTH, then one DBIRTH per device with the latest value of each of its signals."""
        self._seq = 0
        rebirth = Metric(name=REBIRTH, timestamp=now, datatype=DataType.BOOLEAN, value=False)
        own = (bdseq_metric(self._bdseq, now), rebirth, *_counted(counters, now))
        yield self._numbered(Kind.NBIRTH, None, own, now)
        for device in self._devices:
            known = tuple(_born(device.id, signal, latest, now) for signal in device.signals)
            yield self._numbered(Kind.DBIRTH, device.id, known, now)

    def data(self, device: str, readings: Sequence[Reading], now: int) -> Message:
        """The DDATA of some readings of one device."""
        return self._numbered(Kind.DDATA, device, tuple(metric(r) for r in readings), now)

    def counts(self, counters: dict[str, int], now: int) -> Message:
        """The NDATA of the node's counters."""
        return self._numbered(Kind.NDATA, None, _counted(counters, now), now)

    def _topic(self, kind: Kind, device: str | None = None) -> str:
        return str(Topic(tenant=self._tenant, kind=kind, node=self._node, device=device))

    def _numbered(
        self, kind: Kind, device: str | None, metrics: tuple[Metric, ...], now: int
    ) -> Message:
        seq, self._seq = self._seq, (self._seq + 1) % 256
        payload = Payload(timestamp=now, seq=seq, metrics=metrics)
        return Message(self._topic(kind, device), encode(payload))


def _counted(counters: dict[str, int], now: int) -> tuple[Metric, ...]:
    return tuple(
        Metric(name=name, timestamp=now, datatype=DataType.UINT64, value=value)
        for name, value in counters.items()
    )


def _born(
    device: str, signal: str, latest: Callable[[str, str], Reading | None], now: int
) -> Metric:
    known = latest(device, signal)
    return metric(known) if known else Metric(name=signal, timestamp=now, datatype=DataType.DOUBLE)
