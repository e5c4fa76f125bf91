"""One machine: what it is given, what it keeps, what it may not, and that nothing of it is left."""

import json
import os
import signal

import pytest
from machine_cases import asked, awaited, shown_keys, started, told_keys, traces

from bulkhead.errors import BulkheadError
from infra.lab.hosts import groups, inside


@pytest.fixture(scope="module")
def machine(place):
    return started(place.machine(), role="ingest")


def test_what_it_was_given_arrives_before_ssh_answers(machine):
    assert asked(machine, "hostname") == "acme.ingest.ingest-1"
    assert asked(machine, "id", "-un", "visitor") == "visitor"
    seed = json.loads(asked(machine, "cat", "/var/lib/cloud/seed/nocloud/meta-data"))
    assert seed["instance-id"] == machine.name
    assert seed["tags"] == {"role": "ingest"}


def test_its_console_tells_the_host_keys_that_its_ssh_presents(machine):
    shown = shown_keys(machine.namespace)
    assert shown
    assert told_keys(machine.console()) == shown


def test_no_two_machines_have_a_host_key_or_an_id_in_common(machine, place):
    other = started(place.machine())
    assert not shown_keys(other.namespace) & shown_keys(machine.namespace)
    assert asked(other, "cat", "/etc/machine-id") != asked(machine, "cat", "/etc/machine-id")
    other.remove()


def test_its_root_has_its_own_network_settings_and_no_others(machine):
    asked(machine, "sysctl", "-w", "net.ipv4.conf.all.log_martians=1")
    asked(machine, "nft", "add table inet tried")
    asked(machine, "sh", "-c", "echo 0 >/proc/sys/kernel/randomize_va_space", ok=False)
    asked(machine, "mknod", "/root/disk", "b", "254", "0", ok=False)


def test_started_again_it_has_its_disk_and_its_keys_and_user_data_does_not_run(machine):
    keys, memory = shown_keys(machine.namespace), machine.memory()
    assert 0 < memory < 256 * 1024**2
    asked(machine, "touch", "/root/kept")
    machine.stop()
    assert not machine.alive()
    assert traces(machine.name) == []
    started(machine)
    asked(machine, "test", "-e", "/root/kept")
    assert asked(machine, "cat", "/root/user-data-ran") == "once"
    assert shown_keys(machine.namespace) == told_keys(machine.console()) == keys


def test_user_data_that_fails_is_told_and_locks_nobody_out(place):
    machine = started(place.machine(), "#!/bin/sh\nexit 7\n")
    assert "user data ended with code 7" in machine.console()
    machine.remove()


def test_user_data_that_is_no_program_does_not_run(place):
    machine = started(place.machine(), "touch /root/ran\n")
    asked(machine, "test", "-e", "/root/ran", ok=False)
    machine.remove()


def test_a_supervisor_killed_leaves_what_a_removal_finds(place):
    machine = started(place.machine())
    directory = place.directory / machine.name
    first = inside.leader(directory)
    supervisor = json.loads((directory / inside.NOTE).read_text())["pid"]
    os.kill(supervisor, signal.SIGKILL)
    awaited(lambda: not machine.alive(), 10)
    with pytest.raises(BulkheadError, match="does not run"):
        machine.entered()
    assert first in groups.processes(machine.namespace)
    machine.remove()
    assert inside.started(first) is None
    assert traces(machine.name) == []
    assert not directory.exists()


def test_one_that_cannot_boot_says_why(place, tmp_path):
    machine = place.machine(image=tmp_path)
    machine.start(hostname="nobody", user_data="", tags={})
    with pytest.raises(BulkheadError, match=r"ended while it started.*\n"):
        machine.await_ready(20)
    machine.remove()


def test_an_image_that_is_gone_is_said_to_be(place, tmp_path):
    machine = place.machine(image=tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match="gone"):
        machine.start(hostname="nobody", user_data="", tags={})
