"""What each message becomes; every reason for quarantine has its case, beside one that is taken."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from said import (
    DEVICE,
    NODE,
    NOW,
    device_birth,
    device_data,
    device_death,
    judged,
    message,
    node_birth,
    node_data,
    node_death,
    topic,
    value,
)  # fmt: skip

from bulkhead.services.ingest.config import Limits
from bulkhead.services.ingest.judge import Judge
from bulkhead.services.ingest.rows import KEPT, Batch
from bulkhead.wire.sparkplug import Payload, encode, rebirth_request
from bulkhead.wire.topics import Kind

BORN = (node_birth(), device_birth(1))
DAY = 86_400_000


def test_a_sound_value_is_taken_as_it_is():
    batch = judged(*BORN, device_data(2, value("temperature", 41.25, at=NOW - 7)))
    (taken,) = batch.values
    assert (taken.node, taken.reading.device, taken.reading.signal) == (NODE, DEVICE, "temperature")
    assert (taken.reading.at, taken.reading.value) == (NOW - 7, 41.25)
    assert not batch.refusals
    assert not batch.rebirths


def retained():
    return message(topic(Kind.DDATA), Payload(seq=2, metrics=(value(),)), retained=True)


def of(tenant, node=NODE):
    return message(topic(Kind.DDATA, tenant=tenant, node=node), Payload(seq=2, metrics=(value(),)))


def ddata(**more):
    return message(topic(Kind.DDATA), Payload(timestamp=NOW, **more))


REFUSED = {
    "bad topic": [
        message("spBv1.0/acme/DDATA", b""),
        message("spBv1.0/STATE/acme.ingest", b"{}"),
        message("spBv1.0/acme/NOISE/x/y", b""),
        message("a\x00b\ud800" * 300, b""),
    ],
    "other tenant": [of("borealis"), of("acme", "borealis.tromso.ai.gw-1"), of("acme", "gw-1")],
    "retained": [retained()],
    "not protobuf": [message(topic(Kind.DDATA), b"\xff\xff\xff")],
    "too large": [message(topic(Kind.DDATA), b"\0" * 65_537)],
    "seq out of range": [message(topic(Kind.DDATA), b"\x18\x80\x02")],
    "no bdSeq": [message(topic(Kind.NBIRTH), Payload(seq=0))],
    "birth without seq 0": [node_birth(seq=1)],
    "no seq": [ddata(metrics=(value(),))],
    "unknown device": [device_data(2, device="cnc-9")],
    "unknown signal": [
        device_data(2, value("password")),
        message(topic(Kind.NDATA), Payload(seq=2, metrics=(value("odd"),))),
    ],
    "undeclared signal": [device_data(2, value("acoustic_emission"))],
    "no value": [device_data(2, value(number=1.0, value=None))],
    "no time": [device_data(2, value(timestamp=None))],
    "not a number": [
        device_data(2, value(number=math.nan)),
        device_data(2, value(number=math.inf)),
        device_data(2, value(number=3)),
        device_data(2, value(number="3")),
    ],
    "out of range": [device_data(2, value(number=-0.1)), device_data(2, value(number=100.5))],
    "absurd time": [
        device_data(2, value(at=NOW + 301_000)),
        device_data(2, value(at=NOW - 32 * DAY)),
        device_data(2, value(at=0)),
    ],
    "command": [
        message(topic(Kind.NCMD), Payload(metrics=(value("Node Control/Reboot"),))),
        message(topic(Kind.DCMD), rebirth_request(NOW)),
    ],
}
CASES = [(reason, one) for reason, messages in REFUSED.items() for one in messages]


@pytest.mark.parametrize(("reason", "bad"), CASES)
def test_what_does_not_fit_is_set_aside_with_its_reason(reason, bad):
    judge = Judge("acme", Limits())
    batch = judged(*BORN, bad, judge=judge)
    (refusal,) = batch.refusals
    assert refusal.reason == reason
    assert refusal.size == len(bad.payload)
    assert refusal.payload == bad.payload[:KEPT]
    assert len(refusal.topic) <= 512
    assert judge.refused == {reason: 1}
    assert not batch.values


@pytest.mark.parametrize(
    "good",
    [
        device_data(2, value(number=0.0)),
        device_data(2, value(number=100.0)),
        device_data(2, value(at=NOW + 299_000)),
        device_data(2, value(at=NOW - 30 * DAY, is_historical=True)),
        message(topic(Kind.NCMD), rebirth_request(NOW)),
        node_data(2, taken=1, waiting=0, dropped=0),
    ],
)
def test_what_just_fits_is_taken(good):
    assert not judged(*BORN, good).refusals


def test_a_bad_value_does_not_take_the_good_ones_with_it():
    batch = judged(*BORN, device_data(2, value(), value("temperature", 900.0)))
    assert [row.reading.signal for row in batch.values] == ["vibration"]
    assert [row.reason for row in batch.refusals] == ["out of range"]
    assert batch.nodes[NODE].refused == 1


def test_more_nodes_or_devices_than_allowed_are_set_aside():
    judge = Judge("acme", Limits(nodes=1, devices=1))
    judged(*BORN, node_birth(node="acme.other"), device_birth(2, device="b"), judge=judge)
    assert judge.refused == {"too many nodes": 1, "too many devices": 1}


def test_data_before_a_birth_or_after_a_death_asks_for_a_birth():
    judge = Judge("acme", Limits())
    batch = judged(device_data(3), node_birth(), node_death(), device_data(1), judge=judge)
    assert judge.refused == {"not born": 2}
    assert batch.rebirths == {NODE}


def test_refusals_are_kept_at_a_bounded_rate_and_counted_all_the_same():
    judge = Judge("acme", Limits(quarantine=5))
    batch = judged(*[message("x", b"")] * 400, judge=judge)
    assert len(batch.refusals) == 50
    assert judge.refused == {"bad topic": 400}


def test_a_gap_is_noted_once_a_batch_and_asks_for_a_birth_at_a_bounded_rate():
    judge = Judge("acme", Limits())
    first = judged(
        *BORN, device_data(2), device_data(5), device_data(6), device_data(9), judge=judge
    )
    assert [(gap.node, gap.missed) for gap in first.gaps] == [(NODE, 4)]
    assert first.rebirths == {NODE}
    assert len(first.values) == 4
    again = judged(device_data(20), judge=judge)
    assert [gap.missed for gap in again.gaps] == [10]
    assert not again.rebirths


def test_a_birth_that_does_not_come_is_asked_for_again():
    judge = Judge("acme", Limits(rebirth=10))
    judged(*BORN, device_data(4), judge=judge)
    later = Batch()
    for seq, seconds in ((5, 5), (6, 11)):
        one = device_data(seq)
        assert not later.rebirths
        judge.take(message(one.topic, one.payload, received=NOW + seconds * 1000), later)
    assert later.rebirths == {NODE}
    assert not judged(node_birth(), device_birth(1), device_data(2), judge=judge).rebirths


def test_seq_goes_on_from_255_to_0():
    judge = Judge("acme", Limits())
    batch = judged(*BORN, *[device_data(seq % 256) for seq in range(2, 600)], judge=judge)
    assert not batch.gaps
    assert len(batch.values) == 598


def test_a_new_session_notes_that_the_end_of_the_last_is_unknown_once():
    judge = Judge("acme", Limits())
    assert not judged(*BORN, device_data(2), judge=judge).gaps
    assert not judged(*BORN, judge=judge).gaps
    assert [gap.missed for gap in judged(node_birth(1), judge=judge).gaps] == [None]
    assert not judged(node_birth(2), judge=judge).gaps


def test_an_old_sessions_death_says_nothing_of_the_new_one():
    judge = Judge("acme", Limits())
    judged(node_birth(4), node_birth(5), node_death(4), judge=judge)
    assert judge.nodes[NODE].online
    judged(node_death(5), judge=judge)
    assert not judge.nodes[NODE].online


def test_a_device_that_died_must_be_born_before_it_is_heard():
    judge = Judge("acme", Limits())
    batch = judged(*BORN, device_death(2), device_data(3), judge=judge)
    assert judge.refused == {"unknown device": 1}
    assert batch.rebirths == {NODE}


def test_a_birth_carries_values():
    assert [row.reading.value for row in judged(node_birth(), device_birth(1, value())).values] == [
        1.5
    ]


def lost(judge: Judge, stored: int) -> int | None:
    return judge.nodes[NODE].lost(stored)


def test_what_was_taken_and_is_nowhere_else_is_lost():
    judge = Judge("acme", Limits())
    batch = judged(node_birth(taken=100, waiting=30, dropped=5), judge=judge)
    assert batch.full
    assert [lost(judge, stored) for stored in (0, 60, 65, 70)] == [65, 5, 0, 0]
    judged(device_birth(1), device_data(2, value("odd")), judge=judge)
    assert lost(judge, 60) == 4


def test_a_gateway_that_does_not_count_has_no_number_of_losses():
    judge = Judge("acme", Limits())
    judged(node_birth(), judge=judge)
    assert lost(judge, 0) is None


def test_losses_before_a_gateway_lost_its_memory_stay_counted():
    judge = Judge("acme", Limits())
    judged(node_birth(taken=100, waiting=0, dropped=5), judge=judge)
    judge.nodes[NODE].stored = 90
    judged(node_birth(taken=10, waiting=0, dropped=1), judge=judge)
    node = judge.nodes[NODE]
    assert (node.before, node.stored, node.lost(7)) == (10, 0, 2)


@settings(max_examples=300)
@given(
    some.sampled_from([str(topic(kind)) for kind in Kind]) | some.text(max_size=40),
    some.binary(max_size=200),
)
def test_no_bytes_whatsoever_raise_or_become_a_value(where, data):
    batch = judged(*BORN, message(where, data))
    assert not batch.values
    assert len(batch.refusals) <= 1


@settings(max_examples=200)
@given(some.data())
def test_a_message_with_bits_turned_never_raises(data):
    sound = Payload(timestamp=NOW, seq=2, metrics=(value(), value("temperature", 20.0)))
    whole = bytearray(encode(sound))
    for at in data.draw(some.lists(some.integers(0, len(whole) - 1), max_size=6)):
        whole[at] ^= 1 << data.draw(some.integers(0, 7))
    batch = judged(*BORN, message(topic(Kind.DDATA), bytes(whole)))
    for row in batch.values:
        assert math.isfinite(row.reading.value)
