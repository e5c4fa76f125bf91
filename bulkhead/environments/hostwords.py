"""What hosts say of a flow beyond their filters: the source's resolver, the target's sidecar.

A host is asked over SSH by a program of a few lines; it tells what it was told, or nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bulkhead.environments.facts.sidecars import program
from bulkhead.errors import BulkheadError
from bulkhead.network.deployed import Flow
from bulkhead.network.explain import Asked, Word
from bulkhead.network.mesh import Sidecar, passage, sidecar
from bulkhead.plan.tables import INTERNET
from bulkhead.wire.certificates import dotted

Ask = Callable[[str, str], str]
"""Runs a Python program as root on a host, by id; its output. BulkheadError or OSError if not."""
RESOLVE = """
import json, re, socket, struct, sys
name = NAME
found = re.findall(r"^nameserver\\s+(\\S+)", open("/etc/resolv.conf").read(), re.M)
said = {"servers": found, "server": None, "code": None, "addresses": []}
question = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\\0\\0\\1\\0\\1"
for server in found:
    way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    way.settimeout(2)
    try:
        way.connect((server, 53))
        way.send(struct.pack("!6H", 4242, 0x100, 1, 0, 0, 0) + question)
        answer = way.recv(4096)
    except OSError:
        continue
    _, flags, _, count, _, _ = struct.unpack("!6H", answer[:12])
    said["server"], said["code"] = server, flags & 15
    at = 12 + len(question)
    for _ in range(count):
        at += 2
        kind, _, _, size = struct.unpack("!HHIH", answer[at : at + 10])
        at += 10
        if kind == 1:
            said["addresses"].append(socket.inet_ntoa(answer[at : at + 4]))
        at += size
    break
print(json.dumps(said))
"""
"""Asks each server of resolv.conf for an address until one answers."""
LISTENERS = """
import json, subprocess
rows = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
print(json.dumps([[line.split()[3], line.partition('users:(("')[2].partition('"')[0]]
                  for line in rows.splitlines()]))
"""
IDENTITY = """
import json, os, re, subprocess
held = "/etc/bulkhead/sidecar/svid.pem"
words = ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", held]
found = []
if os.path.exists(held):
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"URI:(spiffe://[^,\\s]+)", said)
print(json.dumps(found[0] if found else None))
"""
"""The SPIFFE id that a host's own sidecar shows; null where it has none."""
TELL = (
    f"import io, sys\nsys.stdin = io.StringIO({json.dumps(json.dumps({'try': []}))})\n{program()}"
)
"""What a host's sidecar is like, with nobody asked."""
CODES = {0: "no address", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}
SIDECAR = "haproxy"
"""The program of a mesh's sidecar."""


def names_of(ask: Ask, addresses: Mapping[str, str]) -> Asked:
    """What the source's resolver answers when the source asks it for the target's name.

    addresses: where each host is, by id.
    """

    def asked(flow: Flow) -> Word:
        if INTERNET in (flow.source, flow.target):
            return Word("does not apply", ("the internet has no name here",), "")
        name, read = dotted(flow.target), f"{flow.source}: what its resolver answers"
        try:
            said = json.loads(ask(flow.source, RESOLVE.replace("NAME", repr(name))))
        except (BulkheadError, OSError, ValueError) as error:
            return Word("not observed", (f"{flow.source} could not be asked: {error}",), read)
        return resolved(flow, said, addresses.get(flow.target, ""), read)

    return asked


def resolved(flow: Flow, said: Mapping[str, Any], address: str, read: str) -> Word:
    """The word of what a host heard from its resolvers."""
    name = dotted(flow.target)
    if not said["servers"]:
        words = f"{flow.source} has no resolver: it knows others by address alone"
        return Word("does not apply", (words,), f"{flow.source}: /etc/resolv.conf")
    if said["server"] is None:
        servers = ", ".join(said["servers"])
        return Word("not observed", (f"no resolver of {flow.source} answers ({servers})",), read)
    if address in said["addresses"]:
        return Word("lets through", (f"{said['server']} answers {name} with {address}",), read)
    if said["addresses"]:
        other = ", ".join(said["addresses"])
        words = f"{said['server']} answers {name} with {other}, not with {address}"
        return Word("stops", (words,), read)
    code = CODES.get(said["code"], f"code {said['code']}")
    return Word("stops", (f"{said['server']} answers {name} with {code}",), read)


def sidecar_of(ask: Ask, places: Mapping[str, tuple[str, str | None]]) -> Asked:
    """What the target's sidecar makes of the source's identity, if one stands before the port.

    places: each host's private address and its public one, by id.
    """

    def asked(flow: Flow) -> Word:
        if flow.target == INTERNET:
            return Word("does not apply", ("the internet is in no mesh",), "")
        read = f"{flow.target}: its listening sockets"
        try:
            if not _is_served(flow, json.loads(ask(flow.target, LISTENERS))):
                return Word("does not apply", (f"not present: {absent(flow)}",), read)
            read = f"{flow.target}: its sidecar's configuration, and maps as they are in memory"
            identity = None if flow.source == INTERNET else json.loads(ask(flow.source, IDENTITY))
            found = _told(json.loads(ask(flow.target, TELL)))
        except (BulkheadError, OSError, ValueError) as error:
            return Word("not observed", (f"the mesh could not be read: {error}",), read)
        private, public = places.get(flow.source, ("", None))
        came = (public if flow.path == "public" else private) or ""
        return let_in(found, identity, flow.port, came, read)

    return asked


def let_in(found: Sidecar, identity: str | None, port: int, came: str, read: str) -> Word:
    """A sidecar's word of a peer with this SPIFFE id that is seen to come from `came`."""
    said = passage(found, identity, port, came)
    return Word("lets through" if said.allowed else "stops", (said.why,), read)


def _is_served(flow: Flow, sockets: Sequence[Sequence[str]]) -> bool:
    ports = {place.rpartition(":")[2] for place, program in sockets if program == SIDECAR}
    return flow.protocol == "tcp" and str(flow.port) in ports


def _told(said: Mapping[str, Any]) -> Sidecar:
    """ValueError for a part that the host could not tell."""
    for name in ("config", "sets"):
        if "ok" not in said[name]:
            raise ValueError(said[name]["error"])
    return sidecar(said["config"]["ok"], said["sets"]["ok"])


def absent(flow: Flow) -> str:
    """In words: no sidecar there."""
    where = flow.protocol if flow.protocol == "icmp" else f"{flow.protocol} {flow.port}"
    return f"no sidecar stands before {where} of {flow.target}"
