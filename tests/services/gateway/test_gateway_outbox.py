import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.services.gateway.outbox import DROPPED, STANDIN, Outbox
from bulkhead.services.gateway.source import Sample

ALL = 1 << 62


def sample(number):
    return Sample("mill-1", "vibration", float(number))


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "o", 100)
    yield made
    made.close()


def values(rows):
    return [row.reading.value for row in rows]


def test_values_wait_in_order_until_they_were_sent(outbox):
    for number in range(3):
        outbox.put([sample(number)], 1000 + number)
    rows = outbox.waiting(0, ALL, 10)
    assert values(rows) == [0, 1, 2]
    assert values(outbox.waiting(0, ALL, 2)) == [0, 1]
    assert values(outbox.waiting(rows[0].id, rows[1].id, 10)) == [1]
    outbox.sent(0, rows[1].id, 5000)
    assert values(outbox.waiting(0, ALL, 10)) == [2]
    assert outbox.backlog() == 1


def test_what_was_sent_lately_waits_again_and_what_was_sent_long_ago_does_not(outbox):
    for number, when in enumerate((100, 200, 300)):
        outbox.put([sample(number)], 1000 + number)
        outbox.sent(0, outbox.last(), when)
    assert outbox.rewind(200) == 2
    assert values(outbox.waiting(0, ALL, 10)) == [1, 2]
    outbox.sent(0, outbox.last(), 400)
    outbox.forget(301)
    assert outbox.rewind(0) == 2


def test_no_two_values_of_a_signal_have_the_same_time(outbox):
    for number, at in enumerate((1000, 1000, 900, 1002, 1003)):
        outbox.put([sample(number)], at)
    times = [row.reading.at for row in outbox.waiting(0, ALL, 10)]
    assert times == [1000, 1001, 1002, 1003, 1004]
    latest = outbox.latest("mill-1", "vibration")
    assert latest is not None
    assert (latest.at, latest.value) == (1004, 4)
    assert outbox.latest("mill-1", "temperature") is None


def test_two_scans_of_one_reading_keep_their_own_times_and_never_share_one(outbox):
    times = (1000, 1250, 1250, 900, None)
    outbox.put([Sample("mill-1", "vibration", 1.0, at=at) for at in times], 1300)
    rows = outbox.waiting(0, ALL, 10)
    assert [row.reading.at for row in rows] == [1000, 1250, 1251, 1252, 1300]


def test_values_that_nobody_measured_are_counted(outbox):
    outbox.put([Sample("mill-1", "vibration", 1.0, made_up=True), sample(2)], 1)
    outbox.put([sample(3)], 2)
    assert outbox.counter(STANDIN) == 1


def test_time_goes_on_where_it_was_after_a_restart(tmp_path):
    first = Outbox(tmp_path / "o", 100)
    first.put([sample(1)], 1000)
    first.sent(0, first.last(), 1)
    first.forget(2)
    first.close()
    second = Outbox(tmp_path / "o", 100)
    second.put([sample(2)], 900)
    assert [row.reading.at for row in second.waiting(0, ALL, 10)] == [1001]
    second.close()


def test_a_full_box_gives_up_what_was_sent_first_and_counts_only_what_was_not(outbox):
    for number in range(60):
        outbox.put([sample(number)], number)
    outbox.sent(0, outbox.last(), 1)
    for number in range(60, 160):
        outbox.put([sample(number)], number)
    assert outbox.counter(DROPPED) == 0
    assert values(outbox.waiting(0, ALL, 1000)) == list(range(60, 160))
    outbox.put([sample(number) for number in range(160, 165)], 160)
    assert outbox.counter(DROPPED) == 5
    assert values(outbox.waiting(0, ALL, 1000)) == list(range(65, 165))


def test_what_was_to_be_sent_again_goes_before_what_was_never_sent(outbox):
    for number in range(50):
        outbox.put([sample(number)], number)
    outbox.sent(0, outbox.last(), 1)
    outbox.rewind(0)
    for number in range(50, 120):
        outbox.put([sample(number)], number)
    assert values(outbox.waiting(0, ALL, 1000)) == list(range(20, 120))
    assert outbox.counter(DROPPED) == 0


@given(st.lists(st.integers(1, 9), max_size=30), st.lists(st.booleans(), min_size=30))
def test_nothing_is_lost_uncounted(tmp_path_factory, sizes, sent):
    """Taken = sent at least once + waiting + dropped, whatever the order of events."""
    outbox = Outbox(tmp_path_factory.mktemp("o") / "o", 20)
    seen: set[float] = set()
    number = 0
    for size, now in zip(sizes, sent, strict=False):
        outbox.put([sample(number + more) for more in range(size)], number)
        number += size
        if now:
            seen.update(values(outbox.waiting(0, ALL, 1000)))
            outbox.sent(0, outbox.last(), 1)
    waiting = set(values(outbox.waiting(0, ALL, 1000)))
    assert outbox.last() == number
    assert len(seen | waiting) + outbox.counter(DROPPED) == number
    outbox.close()


def test_a_counter_starts_again_at_its_modulus(outbox):
    assert [outbox.count("x", modulus=3) for _ in range(5)] == [0, 1, 2, 0, 1]


def test_a_full_disk_is_an_error_and_leaves_the_box_whole(outbox):
    outbox.put([sample(0)], 1)
    pages = outbox._db.execute("PRAGMA page_count").fetchone()[0]
    outbox._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(sqlite3.OperationalError):
        outbox.put([Sample("d" * 50_000, "vibration", 1.0)], 2)
    outbox._db.execute("PRAGMA max_page_count=1000000")
    outbox.put([sample(1)], 3)
    assert values(outbox.waiting(0, ALL, 10)) == [0, 1]
