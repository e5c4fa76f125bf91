"""Control groups: what started in one is found and ended by its name, however deep it went."""

import os
import subprocess

import pytest

from infra.lab.hosts import groups


@pytest.fixture
def name():
    made = f"bhg{os.getpid()}-one"
    yield made
    groups.end_all(made)


def sleeper(*places):
    """A process that joined the groups of `places`, and has a child there."""
    script = 'for p; do mkdir -p "$p"; echo $$ >"$p/cgroup.procs"; done; echo; sleep 600 & wait'
    process = subprocess.Popen(
        ["sh", "-c", script, "sh", *map(str, places)],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    process.stdout.readline()
    return process


def test_everything_in_a_group_and_below_it_ends_and_the_group_goes(name):
    below = [place / "inner" / "more" for place in groups.places(name)]
    processes = [sleeper(*groups.places(name)), sleeper(*below)]
    assert {process.pid for process in processes} < groups.processes(name)
    assert name in groups.named("bhg")
    groups.end(name)
    for process in processes:
        process.wait(5)
        process.stdout.close()
    assert groups.processes(name) == set()
    assert groups.named(name) == []


def test_a_group_is_not_its_neighbour_whose_name_is_longer(name):
    near = f"{name}2"
    process = sleeper(*groups.places(near))
    groups.end(name)
    assert process.poll() is None
    groups.end_all(name)
    process.wait(5)
    process.stdout.close()


def test_ending_what_is_not_there_is_no_error(name):
    groups.end(name)
    assert groups.memory(name) == 0
