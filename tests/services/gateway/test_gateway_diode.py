"""Telemetry over a diode: nothing is asked for again, loss is counted, and repetition mends it."""

import socket
import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ports_fixture import free_port

from bulkhead.services.gateway.config import Controller, Device
from bulkhead.services.gateway.diode import Receiver
from bulkhead.services.plc.config import Device as Wired
from bulkhead.services.plc.config import Peer
from bulkhead.services.plc.controller import Controller as Plc
from bulkhead.services.plc.sender import Sender
from bulkhead.wire import registers
from bulkhead.wire.datagrams import COPIES, PART, Damaged, Receiving, Sending, decode
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import Inputs

BOUND = 10.0


def image(scan, devices=2):
    rows = tuple(registers.Device(values={"temperature": 40.0 + n}) for n in range(devices))
    return registers.encode(
        Inputs(scan=scan, lines=Lines.LIVE, running=True, tripped=None, devices=rows)
    )


def sent(scans, devices=2, session=7):
    """All datagrams of so many scans, in the order in which they are sent."""
    sending, images = Sending(session, devices), [image(n, devices) for n in range(1, scans + 1)]
    return [d for n, one in enumerate(images) for d in sending.scan(one, images[max(0, n - 2) : n])]


def test_every_part_of_every_scan_is_sent_three_times_and_handed_on_once():
    devices = PART + 5
    data = sent(10, devices)
    receiving = Receiving()
    found = [one for each in data if (one := receiving.take(each))]
    assert len(found) == 2 * 10
    assert len({one.item for one in found}) == 20
    assert {one.first for one in found} == {0, PART}
    assert sum(decode(each).item == 1 for each in data) == COPIES
    assert max(map(len, data)) < 1100, "no link takes it apart"
    assert receiving.counts.missing == receiving.counts.lost == receiving.counts.repaired == 0


@given(st.integers(0, 2**32), st.integers(0, 80))
def test_what_was_sent_is_handed_on_or_counted_as_lost_whatever_is_dropped(seed, percent):
    random = Random(seed)
    data = sent(40)
    kept = [each for each in data if random.random() * 100 >= percent]
    receiving = Receiving()
    found = {one.image[registers.SCAN] for each in kept if (one := receiving.take(each))}
    arrived = {decode(each).image[registers.SCAN] for each in kept}
    assert found == arrived, "any one of its copies brings a scan"
    if kept:
        first = decode(kept[0])
        newest = max(decode(each).number for each in kept)
        assert receiving.counts.arrived == len(kept)
        assert receiving.counts.missing == newest - first.number + 1 - len(kept)
        last = max(decode(each).item for each in kept)
        judged = range(first.item, last - COPIES + 1)
        assert receiving.counts.lost == sum(item not in found for item in judged)


def test_two_datagrams_lost_in_a_row_lose_no_value():
    data = sent(30)
    receiving = Receiving()
    gone = set(range(40, 42))
    kept = [each for n, each in enumerate(data) if n not in gone]
    assert len([each for each in kept if receiving.take(each)]) == 30
    assert (receiving.counts.missing, receiving.counts.lost) == (2, 0)


def test_a_damaged_datagram_is_counted_and_says_nothing():
    data = sent(1)[0]
    receiving = Receiving()
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 0x20
        with pytest.raises(Damaged):
            decode(bytes(broken))
        assert receiving.take(bytes(broken)) is None
    assert receiving.counts.damaged == len(data)
    assert receiving.counts.arrived == 0


@given(st.binary(max_size=200))
def test_strangers_bytes_are_refused_and_break_nothing(data):
    receiving = Receiving()
    assert receiving.take(data) is None
    assert receiving.counts.damaged == 1


def test_a_sender_that_starts_anew_is_taken_and_what_it_owed_is_lost():
    receiving = Receiving()
    before, after = sent(5, session=1), sent(5, session=2)
    handed = [each for each in before if receiving.take(each)]
    assert len(handed) == 5
    assert len([each for each in after if receiving.take(each)]) == 5
    assert receiving.counts.lost == 0


@pytest.fixture
def way():
    """A controller's sender at 127.0.0.2, and a gateway's receiver for it."""
    port = free_port()
    receiver = Receiver(
        Controller(id="plc-1", address="127.0.0.2", port=port, diode=True),
        [Device(id="mill.spindle-1", signals=("temperature",), behind="plc-1", block=0)],
    )
    sender = Sender("127.0.0.2", [Peer(address="127.0.0.1", port=port)], 1)
    receiver.start()
    yield sender, receiver, port
    sender.close()
    receiver.close()
    receiver.join()


def scanned(receiver, count):
    found, end = [], time.monotonic() + BOUND
    while len(found) < count and time.monotonic() < end:
        found += receiver.scans()
        time.sleep(0.01)
    return found


def plc():
    return Plc([Wired(id="mill.spindle-1", signals=("temperature",))], lambda _: None)


def test_a_controllers_scans_arrive_at_the_gateway_without_a_question(way):
    sender, receiver, _ = way
    controller = plc()
    for number in range(20):
        controller.take({"mill.spindle-1": {"temperature": 40.0 + number}})
        sender.scan(controller.inputs())
    found = scanned(receiver, 20)
    assert [row.values["mill.spindle-1"]["temperature"] for row in found] == [
        40.0 + number for number in range(20)
    ]
    assert receiver.lines is Lines.LIVE
    assert receiver.counts.arrived == 3 * 20 - 3
    assert receiver.counts.lost == 0


def test_another_address_is_not_listened_to(way):
    sender, receiver, port = way
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.3", 0))
        for data in sent(3, devices=1, session=99):
            stranger.sendto(data, ("127.0.0.1", port))
    controller = plc()
    controller.take({"mill.spindle-1": {"temperature": 41.0}})
    sender.scan(controller.inputs())
    assert [row.values["mill.spindle-1"]["temperature"] for row in scanned(receiver, 1)] == [41.0]
    assert receiver.counts.arrived == 1


def test_a_gateway_that_is_not_there_does_not_stop_the_controller(way):
    sender, receiver, _ = way
    receiver.close()
    receiver.join()
    controller = plc()
    for _ in range(3):
        controller.take({"mill.spindle-1": {"temperature": 41.0}})
        sender.scan(controller.inputs())


def test_before_anything_came_its_wires_are_silent(way):
    _, receiver, _ = way
    assert receiver.lines is Lines.SILENT
    assert receiver.scans() == []
