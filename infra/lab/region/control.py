"""What AWS's API has no call for: status, cutting flows, reading everything again.

A unix socket in the state directory that only its owner may open. One JSON object a line each way:
{"do": "status"}, {"do": "refresh"}, {"do": "cut", "address": "10.0.0.4"} (optionally
"other", an address, and "port"). An answer has "error" where it failed.
"""

import ipaddress
import json
import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.lab.api.gate import Gate
from infra.lab.region.state import CONTROL

MAX_LINE = 1024 * 1024


@contextmanager
def _address(state: Path) -> Iterator[str]:
    """The socket's path, short however deep the state directory lies (108 bytes are allowed)."""
    directory = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{CONTROL}"
    finally:
        os.close(directory)


class Control:
    """Answers on the control socket, in threads."""

    def __init__(self, state: Path, gate: Gate) -> None:
        (state / CONTROL).unlink(missing_ok=True)
        self._path, before = state / CONTROL, os.umask(0o177)
        try:
            with _address(state) as address:
                self._server = _Listener(address, _Handler)
        finally:
            os.umask(before)
        self._server.gate = gate
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, name="control", daemon=True)

    def start(self) -> None:
        """Answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


class _Listener(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    gate: Gate


class _Handler(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        """Answer line by line until the other side closes."""
        while line := self.rfile.readline(MAX_LINE):
            try:
                answer = _do(self.server.gate, json.loads(line))
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            self.wfile.write(json.dumps(answer).encode() + b"\n")


def _do(gate: Gate, asked: dict[str, Any]) -> dict[str, Any]:
    match asked.get("do"):
        case "status":
            return status(gate)
        case "refresh":
            with gate.lock:
                gate.enforcement.refresh()
            return status(gate)
        case "cut":
            address, other = _address_of(asked["address"]), asked.get("other")
            end, port = _address_of(other) if other else None, _port(asked)
            with gate.lock:
                return {"cut": gate.enforcement.cut(address, end, port)}
    raise ValueError(f"{asked.get('do')!r} is not one of status, refresh, cut")


def _address_of(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def _port(asked: dict[str, Any]) -> int | None:
    port = asked.get("port")
    if port is not None and not (isinstance(port, int) and 0 < port < 65536):
        raise ValueError(f"port {port!r} is not one of 1 to 65535")
    return port


def status(gate: Gate) -> dict[str, Any]:
    """How the region is: degraded (null, or since and why), hosts, counts of what is deployed."""
    degraded, deployed = gate.enforcement.degraded, gate.enforcement.deployed
    failure = gate.enforcement.last_failure
    running = [i for i in deployed.interfaces if i.running] if deployed else []
    return {
        "degraded": asdict(degraded) if degraded else None,
        "last_failure": asdict(failure) if failure else None,
        "hosts": sorted(each.host for each in running),
        "counts": {
            name: len(getattr(deployed, name)) for name in (deployed.__slots__ if deployed else ())
        },
        "accounts": gate.accounts,
        "calls": gate.calls,
        "seconds": {"api": gate.seconds, **gate.enforcement.seconds},
    }


def ask(state: Path, timeout: float = 30.0, **asked: Any) -> dict[str, Any]:
    """Ask the region of `state`. Raises OSError where none answers, ValueError for its error."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        with _address(state) as address:
            connection.connect(address)
        connection.sendall(json.dumps(asked).encode() + b"\n")
        with connection.makefile("rb") as answers:
            line = answers.readline()
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer
