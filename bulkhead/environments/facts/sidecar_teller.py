"""Runs on a host as root and tells, in one JSON document, what its sidecar is like and whom it met.

Needs nothing of ours. What is asked comes on standard input, a JSON object: try, a list of servers
(host, kind, address, port), which are asked with the identity of this host. What its processes
hold in memory is told, not what its files say: a map can be changed while it runs. Each part is
{"ok": …} or {"error": WORDS}. No key is told.
"""

import contextlib
import json
import re
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from typing import Any

Asked = dict[str, Any]
ROOM = "/etc/bulkhead/sidecar"
MASTER = "/run/bulkhead-sidecar/master.sock"
PATIENCE = 5.0
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def master(command: str) -> str:
    """What the master process answers to one command."""
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(PATIENCE)
        way.connect(MASTER)
        way.sendall(f"{command}\n".encode())
        way.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: way.recv(65536), b"")).decode(errors="replace")


def config(_asked: Asked) -> str:
    """The configuration that it would start with."""
    with open(f"{ROOM}/haproxy.cfg") as file:
        return file.read()


def sets(_asked: Asked) -> dict[str, list[str]]:
    """Maps and lists by file, as the process holds them that takes new sessions."""
    rows = (line.split() for line in master("show proc").splitlines())
    [worker, *_] = [row[0] for row in rows if len(row) > 1 and row[1] == "worker"]
    found = {}
    for kind in ("map", "acl"):
        listed = master(f"@!{worker} show {kind}")
        for path in re.findall(rf"^\d+ \(({re.escape(ROOM)}/[^)]+)\)", listed, re.MULTILINE):
            lines = master(f"@!{worker} show {kind} {path}").splitlines()
            found[path] = [line.partition(" ")[2] for line in lines if line.startswith("0x")]
    return found


def tried(asked: Asked) -> dict[str, Any]:
    """Each server that was asked for: what became of this host's identity there."""
    return {row["host"]: attempt(met, row) for row in asked["try"]}


def met(row: Asked) -> dict[str, Any]:
    """One server, asked with this host's certificate: `admitted` once its service answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(f"{ROOM}/svid.pem", f"{ROOM}/svid.pem.key")
    plain = socket.create_connection((row["address"], row["port"]), timeout=PATIENCE)
    try:
        with plain, context.wrap_socket(plain) as way:
            way.sendall(greeting(row["kind"]))
            answer = way.recv(4096)
    except (ssl.SSLError, ConnectionError) as error:
        said = str(getattr(error, "reason", None) or error)
        return {"admitted": False, "said": f"refused ({said})"}
    if not answer:
        return {"admitted": False, "said": "refused (it hung up)"}
    return {"admitted": True, "said": "the service behind it answered"}


def greeting(kind: str) -> bytes:
    """What a client of the service says first, within the mesh's own TLS."""
    if kind == "historian":
        return SSL_REQUEST
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    return out.read()


def attempt(do: Callable[[Asked], Any], given: Asked) -> dict[str, Any]:
    """A part, or the words in which it failed."""
    try:
        return {"ok": do(given)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    said = {part.__name__: attempt(part, asked) for part in (config, sets, tried)}
    sys.stdout.write(json.dumps(said))
