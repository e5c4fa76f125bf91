"""Telemetry that needs no answer: what a controller sends over a diode; loss is counted. Pure.

Nobody can ask again for what was lost, so everything is numbered, checked and sent three times:
a scan's registers at once, and again with each of the two scans after it, so that what two lost
datagrams in a row carried arrives all the same. Nothing here is encrypted or authenticated: a
TLS handshake needs answers. The receiver knows its sender by address alone, and TLS begins where
it publishes.

A datagram, big-endian:

    4  magic `BHD1`
    8  session, drawn when the sender starts
    4  number of the datagram, one more each time from 1
    4  number of the item, one more for each part of each scan from 1
    1  parts of a scan      1  copy: 0, 1 or 2      1  first block of this part
    2  length of the registers, then those: the input registers' head, and the part's blocks
    4  CRC-32 of all before it
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bulkhead.wire import registers

COPIES = 3
"""How often each part of a scan is sent."""
PART = 60
"""Blocks of one datagram: 1,012 bytes, which no link takes apart."""
LONGEST = 2048
_MAGIC = b"BHD1"
_HEAD = struct.Struct("!4sQIIBBBH")
_CHECK = struct.Struct("!I")


class Damaged(ValueError):
    """Bytes that are no datagram of this kind, or not as they were sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """One part of one scan. image: the input registers' head, and `PART` blocks at most."""

    session: int
    number: int
    item: int
    parts: int
    copy: int
    first: int
    image: tuple[int, ...]


def encode(one: Datagram) -> bytes:
    """The bytes of a datagram."""
    head = _HEAD.pack(
        _MAGIC, one.session, one.number, one.item, one.parts, one.copy, one.first, len(one.image)
    )
    body = head + struct.pack(f"!{len(one.image)}H", *one.image)
    return body + _CHECK.pack(zlib.crc32(body))


def decode(data: bytes) -> Datagram:
    """The datagram that bytes are. Raises Damaged."""
    if len(data) < _HEAD.size + _CHECK.size or not data.startswith(_MAGIC):
        raise Damaged("no datagram of this kind")
    body, check = data[: -_CHECK.size], _CHECK.unpack(data[-_CHECK.size :])[0]
    if zlib.crc32(body) != check:
        raise Damaged("its check does not fit")
    _, session, number, item, parts, copy, first, count = _HEAD.unpack_from(body)
    if len(body) != _HEAD.size + 2 * count or not number or not item or not parts:
        raise Damaged("its length or its numbers are wrong")
    image = struct.unpack_from(f"!{count}H", body, _HEAD.size)
    return Datagram(
        session=session,
        number=number,
        item=item,
        parts=parts,
        copy=copy,
        first=first,
        image=tuple(image),
    )


class Sending:
    """What is sent for each scan: its own parts, and those of the scans before it again."""

    def __init__(self, session: int, devices: int) -> None:
        self._session, self._devices = session, devices
        self._number = self._item = 0
        self._kept: list[list[tuple[int, int]]] = []
        """(item, first block) of each part, of the last scans, the newest last."""
        self._images: list[Sequence[int]] = []

    def scan(self, image: Sequence[int], remembered: Sequence[Sequence[int]]) -> Iterator[bytes]:
        """The datagrams for one scan's registers, newest first.

        remembered: the registers of the scans before it as they stand now (their AGE went on),
        the newest last; what is not remembered any more is not repeated.
        """
        firsts = range(0, max(self._devices, 1), PART)
        items = []
        for first in firsts:
            self._item += 1
            items.append((self._item, first))
        self._kept = [*self._kept, items][-COPIES:]
        images = [*list(remembered)[-(COPIES - 1) :], image]
        pairs = list(zip(reversed(self._kept), reversed(images), strict=False))
        for copy, (kept, registers_) in enumerate(pairs):
            for item, first in kept:
                yield encode(self._datagram(item, len(firsts), copy, first, registers_))

    def _datagram(
        self, item: int, parts: int, copy: int, first: int, image: Sequence[int]
    ) -> Datagram:
        self._number += 1
        start, end = registers.block(first), registers.block(first + PART)
        return Datagram(
            session=self._session,
            number=self._number,
            item=item,
            parts=parts,
            copy=copy,
            first=first,
            image=(*image[: registers.FIRST], *image[start:end]),
        )


@dataclass(slots=True)
class Counts:
    """What became of what was sent, since the receiver started.

    arrived: datagrams. damaged: those that were not as they were sent. missing: those that never
    came. repaired: parts of scans that only a repetition brought. lost: parts that none did.
    """

    arrived: int = 0
    damaged: int = 0
    missing: int = 0
    repaired: int = 0
    lost: int = 0


@dataclass(slots=True)
class Receiving:
    """Takes datagrams in any order, hands on each part of a scan once, and counts what is lost."""

    counts: Counts = field(default_factory=Counts)
    _session: int | None = None
    _newest: int = 0
    _gaps: set[int] = field(default_factory=set)
    _since: int = 0
    _judged: int = 0
    _highest: int = 0
    _seen: set[int] = field(default_factory=set)

    def take(self, data: bytes) -> Datagram | None:
        """The datagram, if its part of a scan was not there yet; None if it was, or is damaged."""
        try:
            one = decode(data)
        except Damaged:
            self.counts.damaged += 1
            return None
        self.counts.arrived += 1
        if one.session != self._session:
            self._begin(one)
        self._number(one.number)
        if one.item <= self._judged or one.item in self._seen:
            return None
        self._seen.add(one.item)
        self.counts.repaired += one.copy > 0
        self._highest = max(self._highest, one.item)
        self._judge(self._highest - COPIES * one.parts)
        return one

    def _begin(self, one: Datagram) -> None:
        """A sender that started anew; what the last one still owed is lost."""
        self._judge(self._highest)
        self._session, self._newest, self._gaps = one.session, one.number - 1, set()
        # What began before is taken where a repetition brings it, but it is nobody's loss here.
        self._since, self._highest = one.item, one.item - 1
        self._judged = max(0, one.item - 1 - (COPIES - 1) * one.parts)
        self._seen = set()

    def _number(self, number: int) -> None:
        """A gap in the numbers is what is missing, until it comes late."""
        if number <= self._newest:
            if number in self._gaps:
                self._gaps.discard(number)
                self.counts.missing -= 1
            return
        missed = number - self._newest - 1
        self.counts.missing += missed
        if missed <= _REMEMBERED:
            self._gaps |= set(range(self._newest + 1, number))
        self._newest = number
        self._gaps = {gap for gap in self._gaps if gap > number - _REMEMBERED}

    def _judge(self, until: int) -> None:
        """No repetition comes any more for items up to `until`: those not seen are lost."""
        if until <= self._judged:
            return
        there = {item for item in self._seen if item <= until}
        owed = until - max(self._judged, self._since - 1)
        self.counts.lost += max(0, owed) - sum(item >= self._since for item in there)
        self._seen -= there
        self._judged = until


_REMEMBERED = 1024
"""Missing datagrams that may still come late."""
