"""The file of the flow log: bounded, private, whole lines only, and never an exception."""

import errno
import os
import stat

import pytest

from infra.lab.flowlog import file as flowfile
from infra.lab.flowlog.file import Rotated, older


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flow.log"


def test_a_file_is_for_its_owner_alone(path):
    path.touch(mode=0o644)
    kept = Rotated(path)
    assert kept.append("a\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept.close()


def test_a_full_file_is_put_aside_and_one_older_is_kept(path):
    kept = Rotated(path, limit=100)
    lines = [f"{number:09}\n" for number in range(35)]
    assert all(kept.append(line) for line in lines)
    kept.close()
    assert path.read_text() == "".join(lines[30:])
    assert older(path).read_text() == "".join(lines[20:30])
    assert sorted(each.name for each in path.parent.iterdir()) == ["flow.log", "flow.log.1"]
    assert stat.S_IMODE(older(path).stat().st_mode) == 0o600


def test_the_bound_counts_what_an_earlier_process_wrote(path):
    first = Rotated(path, limit=100)
    assert first.append("x" * 89 + "\n")
    first.close()
    second = Rotated(path, limit=100)
    assert second.append("y" * 19 + "\n")
    second.close()
    assert older(path).stat().st_size == 90
    assert path.stat().st_size == 20


@pytest.mark.parametrize("left", ["whole\ntorn", "whole\n"])
def test_a_torn_line_of_a_killed_process_is_cut(path, left):
    path.write_text(left)
    kept = Rotated(path)
    assert kept.append("next\n")
    kept.close()
    assert path.read_text() == "whole\nnext\n"


def test_a_disk_that_takes_a_part_keeps_nothing_of_it(path, monkeypatch):
    kept, write = Rotated(path), os.write
    assert kept.append("first\n")
    monkeypatch.setattr(flowfile.os, "write", lambda file, data: write(file, data[:3]))
    assert not kept.append("second\n")
    assert path.read_text() == "first\n"
    monkeypatch.setattr(flowfile.os, "write", write)
    assert kept.append("third\n")
    kept.close()
    assert path.read_text() == "first\nthird\n"


def test_a_full_disk_is_said_once_and_raises_nothing(path, monkeypatch, caplog):
    def full(file, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = Rotated(path)
    monkeypatch.setattr(flowfile.os, "write", full)
    assert not kept.append("a\n")
    assert not kept.append("b\n")
    assert caplog.text.count("No space left") == 1
    kept.close()


def test_a_file_that_cannot_be_opened_raises_nothing(tmp_path):
    assert not Rotated(tmp_path / "gone" / "flow.log").append("a\n")
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "flow.log").symlink_to(elsewhere)
    assert not Rotated(tmp_path / "flow.log").append("a\n")
    assert not elsewhere.exists()
