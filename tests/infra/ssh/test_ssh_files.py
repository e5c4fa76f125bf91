"""Keys, certificates, known hosts and the configuration that OpenSSH's own client reads."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_public_identity

from bulkhead.blueprint import expand, load
from bulkhead.environments import sim
from bulkhead.errors import BulkheadError, WrongInput
from bulkhead.trust.local import local
from infra.components.user_data import user_data
from infra.ssh import door, keys, known
from infra.ssh.config import Visitor, config
from infra.ssh.reaches import reaches
from infra.ssh.room import Room

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"
KEYS = """\
[ OK ] Reached target
ci-info: noise ssh-ed25519 AAAAnot-between-the-lines
-----BEGIN SSH HOST KEY KEYS-----
ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNQ root@host
{key} root@host
-----END SSH HOST KEY KEYS-----
"""


@pytest.fixture
def room(tmp_path):
    made = Room(tmp_path / "a state" / "ssh")
    yield made
    made.close()


@pytest.fixture
def authority(tmp_path):
    return local(tmp_path / "trust").ssh_users()


@pytest.fixture(scope="module")
def hosts():
    plan = expand(load(EXAMPLE))
    return reaches(plan, sim.deployed(plan), lambda instance: f"bh-abc-{instance}")


def host_key(path):
    return " ".join(keys.key(path).split()[:2])


def test_the_private_key_is_its_owners_alone_and_the_certificate_says_provision(room, authority):
    keys.provisioning(room, authority)
    assert room.key.stat().st_mode & 0o777 == 0o600
    assert room.directory.stat().st_mode & 0o777 == 0o700
    found = load_ssh_public_identity(room.certificate.read_bytes().strip())
    assert found.valid_principals == [b"provision"]
    assert found.valid_before - found.valid_after <= keys.LIFETIME + 60


def test_key_and_certificate_stay_until_half_of_its_life_is_over(room, authority, monkeypatch):
    public = keys.provisioning(room, authority)
    before = room.certificate.read_bytes()
    assert keys.provisioning(room, authority) == public
    assert room.certificate.read_bytes() == before
    now = keys.time.time()
    monkeypatch.setattr(keys.time, "time", lambda: now + keys.LIFETIME / 2 + 1)
    keys.provisioning(room, authority)
    assert room.certificate.read_bytes() != before


def test_a_certificate_of_another_authority_or_torn_is_replaced(room, authority, tmp_path):
    keys.provisioning(room, authority)
    before = room.certificate.read_bytes()
    keys.provisioning(room, local(tmp_path / "other").ssh_users())
    changed = room.certificate.read_bytes()
    assert changed != before
    room.certificate.write_bytes(changed[:50])
    keys.provisioning(room, authority)
    load_ssh_public_identity(room.certificate.read_bytes().strip())


def test_only_keys_between_cloud_inits_lines_count_and_the_last_boots_do(tmp_path):
    one, other = host_key(tmp_path / "one"), host_key(tmp_path / "other")
    assert known.key_of(KEYS.format(key=one)) == one
    assert known.key_of(KEYS.format(key=one) + KEYS.format(key=other)) == other
    assert known.key_of("") is None
    assert known.key_of(KEYS.format(key=one).partition("-----END")[0]) is None


def test_consoles_are_awaited_and_a_known_host_is_held_to_its_key(room, hosts, tmp_path):
    room.open()
    row = hosts[0]
    one, other = host_key(tmp_path / "one"), host_key(tmp_path / "other")
    said = iter(["", "booting", KEYS.format(key=one)])
    told = []
    known.learn(room, [row], lambda _row: next(said), patience=20, told=told.append)
    assert told == [row]
    known.learn(room, [row], lambda _row: KEYS.format(key=other), patience=1)
    assert room.known.read_text() == f"{row.name} {one}\n"


def test_a_host_made_anew_is_learnt_anew_by_its_instance(room, hosts, tmp_path):
    from dataclasses import replace

    room.open()
    other = host_key(tmp_path / "other")
    known.save(room, hosts[:1], {hosts[0].instance: host_key(tmp_path / "one")})
    again = replace(hosts[0], instance="i-new")
    known.learn(room, [again], lambda _row: KEYS.format(key=other), patience=1)
    assert known.load(room) == {"i-new": other}


def test_a_silent_console_is_named_after_a_bound_and_the_others_are_kept(room, hosts, tmp_path):
    room.open()
    one = host_key(tmp_path / "one")
    speaks, silent = hosts[:2]
    consoles = {speaks.host: KEYS.format(key=one), silent.host: "booting"}
    with pytest.raises(BulkheadError) as error:
        known.learn(room, [speaks, silent], lambda row: consoles[row.host], patience=0.1)
    assert [row.where for row in error.value.problems] == [silent.host]
    assert known.load(room) == {speaks.instance: one}


def read_by_ssh(path, host):
    """What OpenSSH makes of the configuration for a host: its own words by keyword."""
    done = subprocess.run(
        ["ssh", "-G", "-F", str(path), host], capture_output=True, text=True, check=True
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


@pytest.fixture
def written(room, hosts, authority):
    keys.provisioning(room, authority)
    room.config.write_text(config(room, hosts))
    return room.config


@pytest.mark.parametrize("name", ["acme.ingest.broker-1", "acme/ingest/broker-1"])
def test_ssh_reads_a_hosted_host_by_both_names_over_the_bastion(written, room, name):
    said = read_by_ssh(written, name)
    assert said["hostname"] == "10.1.0.128"
    assert said["hostkeyalias"] == "acme.ingest.broker-1"
    assert said["stricthostkeychecking"] == "true"
    assert said["user"] == "bulkhead"
    assert said["proxycommand"].endswith("shared.admin.bastion-1")
    assert said["identityfile"] == str(room.key)
    assert said["certificatefile"] == str(room.certificate)
    assert said["userknownhostsfile"] == str(room.known)
    assert len(said["controlpath"]) < 90, "ssh appends up to 17 characters; 107 are allowed"


@pytest.mark.parametrize("name", ["shared.admin.bastion-1", "borealis.tromso.ai.gw-1"])
def test_the_bastion_and_plant_hosts_are_entered_at_their_own_door(written, name):
    said = read_by_ssh(written, name)
    assert "door.py' bh-abc-" in said["proxycommand"]
    assert said["proxyusefdpass"] == "yes"


def test_in_an_account_the_door_is_what_the_user_says(room, hosts):
    outside = [row for row in hosts if row.name == "shared.admin.bastion-1"]
    outside = [row.__class__(**{**_fields(row), "namespace": None}) for row in outside]
    text = config(room, outside, "tunnel {instance} %p")
    assert f"ProxyCommand tunnel {outside[0].instance} %p" in text


def _fields(row):
    return {name: getattr(row, name) for name in row.__slots__}


def test_a_person_jumps_over_the_bastion_as_the_same_person(room, hosts, authority):
    keys.provisioning(room, authority)
    key = keys.visitor(room, authority, "shared.olga", ["shared.olga"])
    text = config(room, hosts, who=Visitor("olga", key))
    path = key.with_name("shared.olga.config")
    path.write_text(text)
    said = read_by_ssh(path, "acme.ingest.broker-1")
    assert said["user"] == "olga"
    assert said["certificatefile"] == str(key.with_name("shared.olga-cert.pub"))
    assert str(path) in said["proxycommand"]
    certificate = load_ssh_public_identity(
        key.with_name("shared.olga-cert.pub").read_bytes().strip()
    )
    assert certificate.valid_principals == [b"shared.olga"]


def test_a_socket_directory_that_others_may_use_is_refused(room):
    room.sockets.mkdir(mode=0o755)
    room.sockets.chmod(0o777)
    with pytest.raises(BulkheadError, match="others may use it"):
        room.open()


def test_the_door_hands_over_a_connected_socket(monkeypatch):
    """As ssh with ProxyUseFdpass takes it: the descriptor arrives over standard output."""
    ours, theirs = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        monkeypatch.setattr(door, "connected", lambda *_: here)
        monkeypatch.setattr(sys, "stdout", theirs)
        served = []
        thread = threading.Thread(target=lambda: served.append(server.accept()[0].recv(5)))
        thread.start()
        assert door.main("ns", "127.0.0.1", "22") == 0
        _data, handles, _flags, _address = socket.recv_fds(ours, 1, 1)
        with socket.socket(fileno=handles[0]) as got:
            got.sendall(b"hello")
            thread.join()
    assert served == [b"hello"]


def test_a_door_to_nowhere_is_one_line_and_exit_1(capsys):
    assert door.main(f"none-{os.getpid()}", "127.0.0.1", "22") == 1
    assert "No such file" in capsys.readouterr().err


def test_the_first_boot_is_a_script_that_names_host_key_and_account(room, authority):
    public = keys.provisioning(room, authority)
    text = user_data("acme/ingest/broker-1", public)
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0
    assert text.startswith("#!/bin/sh\n")
    assert "acme.ingest.broker-1" in text
    assert public.split()[1] in text
    assert user_data("acme/ingest/broker-1", public) == text


@pytest.mark.parametrize(
    "key", ["", "hello", "ssh-rsa AAAA me", "ssh-ed25519 AAAA'; reboot; '", "ssh-ed25519 $(id)"]
)
def test_what_is_no_public_key_never_becomes_part_of_a_script(key):
    with pytest.raises(WrongInput):
        user_data("acme/ingest/broker-1", key)
