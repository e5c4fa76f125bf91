"""The proof of a second session: only a certificate that the host took proves anything."""

import socket
import sys
import threading

import pytest
from module_runs import plugin

ACCEPTS = "debug1: Server accepts key: /k explicit"
CERTIFIED = "debug1: Server accepts key: /k-cert.pub ED25519-CERT SHA256:x explicit"
OPTIONS = {
    "ssh_executable": "ssh",
    "private_key_file": None,
    "port": None,
    "remote_user": "bulkhead",
    "ssh_common_args": "-F '/tmp/a b/ssh_config'",
    "ssh_extra_args": "",
    "host": "acme.ingest.broker-1",
}


@pytest.fixture
def entry():
    """The action plugin."""
    return plugin("action", "entry")


def test_a_session_by_certificate_proves_it(entry):
    assert entry.judged(0, [CERTIFIED, "Authenticated to h using publickey"]) == ""


def test_a_session_by_the_bare_key_proves_nothing(entry):
    assert "bare key" in entry.judged(0, [CERTIFIED, ACCEPTS])
    assert "bare key" in entry.judged(0, [])


def test_a_jump_hosts_certificate_does_not_count_for_the_host(entry):
    assert "bare key" in entry.judged(0, [CERTIFIED, "debug1: connected", ACCEPTS])


def test_a_refusal_is_told_in_sshs_own_words(entry):
    lines = ["OpenSSH_9.2p1", "debug1: x", "bulkhead@h: Permission denied (publickey).", "debug1: "]
    assert entry.judged(255, lines) == "bulkhead@h: Permission denied (publickey)."


def test_the_session_is_new_and_checks_the_hosts_key(entry):
    words = entry.command(OPTIONS.get, 10)
    assert words.index("ControlPath=none") < words.index("-F")
    assert "StrictHostKeyChecking=yes" in words
    assert words[-2:] == ["acme.ingest.broker-1", "true"]
    assert "/tmp/a b/ssh_config" in words


def test_the_proof_ends_before_the_trial(entry):
    assert [entry.patience(trial) for trial in (2, 20, 60, 600)] == [1, 10, 30, 30]


def test_no_answer_is_a_refusal_in_bounded_time(entry):
    sleeper = [sys.executable, "-c", "import threading; threading.Event().wait(30)"]
    assert entry.proof(sleeper, 0.2) == "no answer within 0.2 s"


def test_a_proxy_that_holds_the_pipe_open_does_not_hold_the_proof(entry, monkeypatch):
    here, there = socket.socketpair()
    threads = set(threading.enumerate())
    script = "import os, sys; os.fork() and sys.exit(3); os.read(int(sys.argv[1]), 1)"
    there.set_inheritable(True)
    original = entry.subprocess.call
    monkeypatch.setattr(
        entry.subprocess,
        "call",
        lambda *words, **more: original(*words, pass_fds=(there.fileno(),), **more),
    )
    said = entry.proof([sys.executable, "-c", script, str(there.fileno())], 5)
    here.send(b"x")
    assert said == "ssh ended with 3"
    assert set(threading.enumerate()) <= threads
