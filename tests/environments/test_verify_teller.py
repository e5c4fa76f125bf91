"""What runs on hosts: it needs nothing of ours, and meets TLS servers as they really are."""

import ast
import json
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from certificates_fixture import give

from bulkhead.controls.facts import Unknown
from bulkhead.environments.facts import teller
from bulkhead.environments.facts.hosts import RUN
from bulkhead.environments.facts.servers import Server, endpoint
from bulkhead.trust.local import local

SOURCE = Path(teller.__file__)
NAME = "borealis.ingest.broker-1"
AUTHORITY = "borealis/workload"
V2, V3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
CONNACK = b"\x20\x02\x00\x00"
CERTIFICATE_WANTED = b"SFATAL\0C28000\0Mconnection requires a valid client certificate\0\0"
NO_CERTIFICATE = b"E" + (len(CERTIFICATE_WANTED) + 4).to_bytes(4, "big") + CERTIFICATE_WANTED


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    return tmp_path_factory.mktemp("trust")


@pytest.fixture(scope="module")
def files(trust, tmp_path_factory):
    return give(
        tmp_path_factory.mktemp("server"),
        trust,
        service="server",
        name=NAME,
        authority=AUTHORITY,
        anchors=[AUTHORITY],
        usages=("server",),
    )


@contextmanager
def serving(files, *, oldest=V3, mutual=True, postgres=False, answer=CONNACK):
    """A TLS server on loopback; its port. answer: what it says to a client's first words."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = oldest
    context.load_cert_chain(files / "server.pem", files / "server.key")
    if mutual:
        context.load_verify_locations(files / "server-ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def one(way):
        with way:
            try:
                if postgres:
                    way.recv(8)
                    way.sendall(b"S")
                with context.wrap_socket(way, server_side=True) as inner:
                    if inner.recv(4096):
                        inner.sendall(answer)
            except OSError:
                return

    def serve():
        while True:
            try:
                way, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(way,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def met(port, trust, kind="broker", authority=AUTHORITY):
    """The endpoint as a control sees it, or why it could not be met."""
    server = Server(
        host="borealis/ingest/broker-1",
        kind=kind,
        address="127.0.0.1",
        port=port,
        vantage="v",
        user="borealis_ingest",
        anchor=local(trust).x509(authority).anchor(),
    )
    said = {"endpoints": {"ok": teller.endpoints({"connect": [server.job()]})}}
    return endpoint(server, said)


def test_a_server_that_asks_for_certificates_by_tls_1_3_is_seen_as_such(files, trust):
    with serving(files) as port:
        found = met(port, trust)
    assert found.versions == {"TLSv1.2": False, "TLSv1.3": True}
    assert not found.anonymous
    assert "refused" in found.said
    assert found.trusted
    assert NAME in found.names
    assert found.ends - found.now == pytest.approx(3600, abs=120)


@pytest.mark.parametrize("mutual", [True, False])
def test_a_server_that_also_speaks_tls_1_2_is_found_out(files, trust, mutual):
    with serving(files, oldest=V2, mutual=mutual) as port:
        assert met(port, trust).versions == {"TLSv1.2": True, "TLSv1.3": True}


def test_a_broker_that_takes_anybody_is_found_out(files, trust):
    with serving(files, mutual=False) as port:
        found = met(port, trust)
    assert found.anonymous
    assert found.said == "MQTT CONNACK 0"


def test_a_broker_that_answers_and_refuses_serves_nobody(files, trust):
    with serving(files, mutual=False, answer=b"\x20\x02\x00\x05") as port:
        found = met(port, trust)
    assert not found.anonymous
    assert found.said == "MQTT CONNACK 5"


def test_a_historian_is_asked_in_its_own_protocol(files, trust):
    with serving(files, mutual=False, postgres=True, answer=NO_CERTIFICATE) as port:
        found = met(port, trust, "historian")
    assert not found.anonymous
    assert "requires a valid client certificate" in found.said


def test_a_historian_that_asks_for_a_password_or_nothing_is_found_out(files, trust):
    with serving(files, mutual=False, postgres=True, answer=b"R\0\0\0\x08\0\0\0\0") as port:
        assert met(port, trust, "historian").anonymous


def test_a_certificate_of_another_authority_is_not_trusted(files, trust):
    with serving(files) as port:
        found = met(port, trust, authority="acme/workload")
    assert not found.trusted
    assert found.why


def test_a_server_that_is_not_there_could_not_be_met(trust):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = met(port, trust)
    assert isinstance(found, Unknown)
    assert "could not connect" in found.because


def _hang_up(listener):
    way, _ = listener.accept()
    way.close()


def test_a_server_that_speaks_no_tls_could_not_be_met(trust):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=_hang_up, args=(listener,), daemon=True)
        thread.start()
        found = met(port, trust)
        thread.join()
    assert isinstance(found, Unknown)


def test_it_imports_the_standard_library_alone():
    names = set()
    for node in ast.walk(ast.parse(SOURCE.read_text())):
        if isinstance(node, ast.Import):
            names |= {row.name.partition(".")[0] for row in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    assert names <= sys.stdlib_module_names


def told(asked):
    """What the program says, run as on a host: from standard input, after its length."""
    program = SOURCE.read_text()
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN],
        input=f"{len(program)}\n{program}{json.dumps(asked)}",
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_every_part_stands_alone_and_tells_why_it_cannot():
    """Whatever this machine lacks: each part is there, and one that fails says so in words."""
    said = told({"users": ["nobody"], "units": [], "connect": [], "mark": ""})
    assert set(said) == {part.__name__ for part in teller.PARTS}
    for row in said.values():
        assert set(row) in ({"ok"}, {"error"})
        assert row.get("error", "words")
    assert said["services"] == {"ok": []}


def test_no_content_of_a_key_and_no_hash_leaves_a_host(tmp_path, monkeypatch):
    key = tmp_path / "some.key"
    key.write_text("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n")
    key.chmod(0o640)
    (tmp_path / "other.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    monkeypatch.setattr(
        teller.os, "walk", lambda top: [(str(tmp_path), [], [key.name, "other.pem"])]
    )
    found = teller.keys({})
    assert {row["path"] for row in found} == {str(key)}
    assert {row["mode"] for row in found} == {0o640}
    assert "secret" not in json.dumps(found)


def test_events_are_looked_for_in_the_file_of_each_sender(tmp_path, monkeypatch):
    monkeypatch.setattr(teller, "HOSTS", str(tmp_path))
    (tmp_path / "a.log").write_text("old\nthe mark-a. came\n")
    (tmp_path / "b.log").write_text("nothing\n")
    words = {name: f"mark-{name}." for name in ("a", "b", "c")}
    found = teller.awaited({"await": words, "seconds": 0})
    assert found["a"] is not None
    assert found["b"] is None
    assert found["c"] is None


def test_an_event_that_comes_late_is_awaited(tmp_path, monkeypatch):
    monkeypatch.setattr(teller, "HOSTS", str(tmp_path))
    timer = threading.Timer(0.2, lambda: (tmp_path / "a.log").write_text("mark-a.\n"))
    timer.start()
    found = teller.awaited({"await": {"a": "mark-a."}, "seconds": 20})
    timer.join()
    assert 0.1 < found["a"] < 20


@pytest.mark.parametrize(
    ("answers", "source"),
    [
        (["^,?,10.0.16.10,3\n", "^,*,10.0.16.10,3\n"], "10.0.16.10"),
        ([""], ""),
    ],
)
def test_chrony_has_a_moment_to_choose_its_source(monkeypatch, answers, source):
    def ran(*words, codes=(0,)):
        if words[0] == "systemctl":
            return "active\n"
        return answers.pop(0)

    monkeypatch.setattr(teller, "ran", ran)
    found = teller.clock({})
    assert (found["active"], found["source"], answers) == (True, source, [])


def test_a_source_that_chrony_does_not_choose_is_none(monkeypatch):
    monkeypatch.setattr(teller, "CHOOSING", 0)
    monkeypatch.setattr(
        teller, "ran", lambda *words, codes=(0,): "active" if words[0] == "systemctl" else "^,?,a,3"
    )
    assert teller.clock({})["source"] == ""
