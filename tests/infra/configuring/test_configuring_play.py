"""What a run of a playbook tells: each task once, each host as it gets through, each failure."""

import dataclasses

import pytest

from bulkhead.errors import BulkheadError, MissingHere
from infra.configuring.play import Follower, Run, play

STATS = {"a.b.c-1": {"ok": 9, "changed": 2, "failures": 0, "dark": 0}}


@pytest.fixture
def heard():
    return []


@pytest.fixture
def follower(heard):
    return Follower(heard.append)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "configure.log"
    path.write_text("PLAY [x]\n[ERROR]: The vault is closed\n")
    return path


def test_each_task_is_told_once_and_each_host_when_it_is_through(follower, heard, log):
    for event in (
        {"task": "People"},
        {"task": "Files"},
        {"task": "People"},
        {"host": "a.b.c-1", "converged": True},
        {"hosts": STATS},
    ):
        follower.take(event)
    assert heard == [
        "configure: People",
        "configure: Files",
        "a.b.c-1: as it must be (1 hosts so far)",
    ]
    played = follower.result(0, log)
    assert (played.ok, played.changed) == ({"a.b.c-1": 9}, {"a.b.c-1": 2})


def test_a_failure_names_host_and_task_and_what_was_said(follower, heard, log):
    follower.take({"host": "a.b.c-1", "task": "Files", "failed": "no space left"})
    follower.take({"host": "a.b.c-2", "task": "Files", "unreachable": "timed out"})
    follower.take({"hosts": STATS})
    with pytest.raises(BulkheadError) as error:
        follower.result(4, log)
    one, other = error.value.problems
    assert one.where == "a.b.c-1"
    assert "'Files'" in one.what
    assert "no space left" in one.what
    assert "cannot be entered: timed out" in other.what
    assert str(log) in other.remedy
    assert heard[0] == "configure: a.b.c-1 failed: Files"


def test_a_run_that_ends_badly_without_a_failed_host_shows_its_last_words(follower, log):
    with pytest.raises(BulkheadError, match="The vault is closed"):
        follower.result(1, log)


def test_a_run_over_nobody_is_no_success(follower, log):
    follower.take({"hosts": {}})
    with pytest.raises(BulkheadError, match="no host was asked"):
        follower.result(0, log)


def test_a_playbook_that_is_not_here_is_said_so(tmp_path, heard):
    run = Run(
        playbook="playbooks/none.yml",
        inventory=tmp_path / "x.bulkhead.yml",
        work=tmp_path,
        sockets=tmp_path,
    )
    with pytest.raises(MissingHere, match=r"playbooks/none\.yml"):
        play(run, heard.append)


def test_an_inventory_that_cannot_be_read_is_an_error_and_not_a_play_over_nobody(tmp_path, heard):
    inventory = tmp_path / "x.bulkhead.yml"
    inventory.write_text(f"plugin: bulkhead\nplan: {tmp_path}/none.json\nstate: {tmp_path}\n")
    run = Run(playbook="playbooks/site.yml", inventory=inventory, work=tmp_path, sockets=tmp_path)
    with pytest.raises(BulkheadError):
        play(dataclasses.replace(run), heard.append)
    assert heard == []
