"""The spool: what is put comes out once, in order, within its bound, whatever is cut off."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkhead.services.shipper.spool import FullError, Spool

ROOT = Path(__file__).parents[3]


def put(spool, stream="a", body=b"x\n", offset=0):
    return spool.put(stream, {"offset": offset}, body, 1.0)


def test_a_batch_and_its_position_are_there_after_a_restart(tmp_path):
    batch = put(Spool(tmp_path, 10_000), body=b"one\n", offset=4)
    again = Spool(tmp_path, 10_000)
    assert again.first("a") == batch
    assert again.body(batch) == b"one\n"
    assert again.position("a") == {"offset": 4}


def test_the_position_stays_when_everything_was_sent(tmp_path):
    spool = Spool(tmp_path, 10_000)
    for offset in (1, 2):
        put(spool, offset=offset)
        spool.sent(spool.first("a"))
    again = Spool(tmp_path, 10_000)
    assert again.first("a") is None
    assert again.position("a") == {"offset": 2}
    assert put(again).number == 3


def test_a_full_spool_keeps_nothing_of_a_batch_and_has_room_again_once_one_is_sent(tmp_path):
    spool = Spool(tmp_path, 1200)
    put(spool, body=b"1" * 400)
    put(spool, body=b"2" * 400)
    with pytest.raises(FullError):
        put(spool, body=b"3" * 400)
    assert len(list((tmp_path / "a").iterdir())) == 2
    assert spool.waiting()[0] == 2
    spool.sent(spool.first("a"))
    spool.sent(spool.first("a"))
    assert put(spool, body=b"3" * 400).number == 3


def test_a_draft_that_a_kill_left_is_no_batch(tmp_path):
    put(Spool(tmp_path, 10_000))
    (tmp_path / "a" / ".draft-000000000002.batch").write_bytes(b'{"number": 2')
    again = Spool(tmp_path, 10_000)
    assert again.waiting()[0] == 1
    assert not list((tmp_path / "a").glob(".draft*"))


def test_a_batch_that_the_disk_did_not_keep_is_put_aside_and_told(tmp_path):
    put(Spool(tmp_path, 10_000), body=b"whole\n")
    [file] = (tmp_path / "a").glob("*.batch")
    file.write_bytes(file.read_bytes().replace(b"whole", b"wrong"))
    again = Spool(tmp_path, 10_000)
    assert (again.damaged, again.first("a")) == (1, None)


def test_only_the_first_batch_can_be_sent(tmp_path):
    spool = Spool(tmp_path, 10_000)
    put(spool)
    second = put(spool, body=b"y\n")
    with pytest.raises(ValueError):
        spool.sent(second)


def fits(spool, number) -> bool:
    try:
        put(spool, body=b"%d" % number * 2000, offset=number)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("ab"), st.integers(1, 60)),
        st.tuples(st.just("send"), st.sampled_from("ab"), st.just(0)),
        st.tuples(st.just("restart"), st.just("a"), st.just(0)),
    ),
    max_size=40,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_happens_each_stream_comes_out_as_it_went_in(tmp_path, steps):
    """The oracle is two lists a stream: what was put, what was sent."""
    room = tmp_path / "spool"
    shutil.rmtree(room, ignore_errors=True)
    limit = 1500
    spool = Spool(room, limit)
    was_put: dict[str, list[bytes]] = {"a": [], "b": []}
    was_sent: dict[str, list[bytes]] = {"a": [], "b": []}
    for number, (what, stream, size) in enumerate(steps):
        if what == "restart":
            spool = Spool(room, limit)
        elif what == "put":
            body = f"{number}:".encode().ljust(size, b".")
            try:
                spool.put(stream, {"at": number}, body, 1.0)
            except FullError:
                assert spool.size + size < limit + 250
                continue
            was_put[stream].append(body)
            assert spool.position(stream) == {"at": number}
        elif (batch := spool.first(stream)) is not None:
            was_sent[stream].append(spool.body(batch))
            spool.sent(batch)
            assert batch.number == len(was_sent[stream])
        on_disk = sum(path.stat().st_size for path in room.rglob("*") if path.is_file())
        assert spool.size == on_disk <= limit
    spool = Spool(room, limit)
    for stream in "ab":
        rest = []
        while (batch := spool.first(stream)) is not None:
            rest.append(spool.body(batch))
            spool.sent(batch)
        assert was_sent[stream] + rest == was_put[stream]


WRITER = """
import sys
from pathlib import Path
from bulkhead.services.shipper.spool import Spool
spool = Spool(Path(sys.argv[1]), 1 << 30)
number = int((spool.position("a") or {"at": 0})["at"])
while True:
    number += 1
    spool.put("a", {"at": number}, b"%d\\n" % number, 1.0)
    print(number, flush=True)
    if number % 3 == 0:
        spool.sent(spool.first("a"))
"""


def test_a_kill_at_any_moment_loses_nothing_that_was_kept(tmp_path):
    said, end = 0, time.monotonic() + 60
    for round_ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
        )
        for _ in range(5 + 7 * round_):
            said = int(process.stdout.readline())
            assert time.monotonic() < end
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        said = int(rest[-1]) if rest else said
    spool = Spool(tmp_path, 1 << 30)
    assert spool.position("a")["at"] in (said, said + 1)
    first = spool.first("a").number
    found = []
    while (batch := spool.first("a")) is not None:
        found.append(int(spool.body(batch)))
        spool.sent(batch)
    assert found == list(range(first, spool.position("a")["at"] + 1))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_keeps_what_it_had_and_sends_it_and_goes_on(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=True)
    try:
        spool = Spool(disk / "spool", 1 << 20)
        kept = 0
        while fits(spool, kept):
            kept += 1
        assert kept > 2
        again = Spool(disk / "spool", 1 << 20)
        bodies = []
        while (batch := again.first("a")) is not None:
            bodies.append(again.body(batch))
            again.sent(batch)
        assert bodies == [b"%d" % number * 2000 for number in range(kept)]
        assert put(again, body=b"more").number == kept + 1
    finally:
        subprocess.run(["umount", disk], check=True)
