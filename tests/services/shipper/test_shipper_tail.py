"""Reading a log that grows and is rotated: every line once, or a line that says some are lost."""

import gzip

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkhead.services.shipper.tail import GAP, chunk


def everything(path, position=None, most=50):
    found = []
    while (each := chunk(path, position, most)) is not None:
        found.append(each.body)
        position = each.position
    return b"".join(found), position


def test_half_a_line_waits_for_its_end(tmp_path):
    log = tmp_path / "h.log"
    log.write_bytes(b"one\ntw")
    text, position = everything(log)
    assert text == b"one\n"
    log.write_bytes(b"one\ntwo\n")
    assert everything(log, position)[0] == b"two\n"


def test_a_long_line_comes_whole(tmp_path):
    log = tmp_path / "h.log"
    log.write_bytes(b"a" * 300 + b"\nb\n")
    assert chunk(log, None, 50).body == b"a" * 300 + b"\n"


def test_what_was_rotated_and_packed_meanwhile_is_read_first(tmp_path):
    log = tmp_path / "h.log"
    log.write_bytes(b"1 one\n2 two\n")
    position = chunk(log, None, 7).position
    (tmp_path / "h.log.2.gz").write_bytes(gzip.compress(log.read_bytes()))
    (tmp_path / "h.log.1").write_bytes(b"3 three\n")
    log.write_bytes(b"4 four\n")
    assert everything(log, position)[0] == b"2 two\n3 three\n4 four\n"


def test_lines_that_went_unread_are_told_where_they_are_missing(tmp_path):
    log = tmp_path / "h.log"
    log.write_bytes(b"1 one\n2 two\n")
    position = chunk(log, None, 7).position
    log.write_bytes(b"9 nine\n")
    found = chunk(log, position, 50)
    assert found.gap
    assert found.body == GAP + b"9 nine\n"


def test_nothing_is_nothing(tmp_path):
    assert chunk(tmp_path / "h.log", None, 50) is None
    (tmp_path / "h.log").write_bytes(b"")
    assert chunk(tmp_path / "h.log", None, 50) is None


WORKS = st.lists(st.sampled_from(["write", "rotate", "read"]), max_size=40)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(WORKS)
def test_whenever_it_is_rotated_every_line_is_read_once(tmp_path, works):
    for old in tmp_path.glob("h.log*"):
        old.unlink()
    log, written, read, position = tmp_path / "h.log", [], [], None
    log.write_bytes(b"")
    for number, what in enumerate(works):
        if what == "write":
            line = b"%d line\n" % number
            log.write_bytes(log.read_bytes() + line)
            written.append(line)
        elif what == "rotate" and log.stat().st_size:
            rotate(tmp_path)
        elif (found := chunk(log, position, 20)) is not None:
            read.append(found.body)
            position = found.position
    read.append(everything(log, position)[0])
    assert b"".join(read) == b"".join(written)


def rotate(folder):
    """As logrotate does: the second newest is packed."""
    for number in range(40, 0, -1):
        for suffix in (".gz", ""):
            old = folder / f"h.log.{number}{suffix}"
            if old.exists():
                content = gzip.decompress(old.read_bytes()) if suffix else old.read_bytes()
                old.unlink()
                (folder / f"h.log.{number + 1}.gz").write_bytes(gzip.compress(content))
    (folder / "h.log").rename(folder / "h.log.1")
    (folder / "h.log").write_bytes(b"")
