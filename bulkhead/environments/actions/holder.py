"""Streamed beside `attacker`, to hosts: handshakes without a session, sessions and flows that stay.

What stays ends when standard input is closed, so that nothing outlives the command that began it.
"""

import select
import socket
import ssl
import struct
import sys
import time

from bulkhead.environments.actions.attacker import (
    ERRANDS,
    TRIES,
    Job,
    length,
    packet,
    say,
    secured,
    tell,
    text,
)

HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(64)
UNACKED = 24
"""Where `struct tcp_info` has tcpi_unacked (linux/tcp.h)."""


def handshake(jobs: list[Job], patience: float) -> None:
    """One TLS handshake each, and no session: what is asked for in MQTT no broker speaks."""
    for job in jobs:
        said = "broken", ""
        for _ in range(TRIES):
            try:
                said = shake(job, patience)
                break
            except (EOFError, ssl.SSLEOFError) as problem:
                said = "broken", str(problem)  # closed, and the alert was lost on its way
            except ssl.SSLError as problem:
                said = "tls", problem.reason or str(problem)
                break
            except OSError as problem:
                said = "broken", str(problem) or type(problem).__name__
        say(job, *said)


def shake(job: Job, patience: float) -> tuple[str, str]:
    """Whether the broker answers a CONNECT of a protocol level that it must refuse."""
    with secured(job, patience) as broker:
        hello = text("MQTT") + b"\x7f\x02\x00\x0a" + text(job["name"])
        broker.sendall(b"\x10" + length(hello) + hello)
        kind, body = packet(broker)
        return ("", "admitted") if kind == 0x20 else ("broken", f"packet {kind:#x} {body[:8]!r}")


def impersonate(jobs: list[Job], patience: float) -> None:
    """Hold one session, and begin it again whenever it is taken back, until standard input ends.

    Said: `granted` for each session, `lost` for each end, `over` with a layer once refused.
    """
    [job] = jobs
    while True:
        try:
            with secured(job, patience) as broker:
                hold(job, broker)
        except (EOFError, ssl.SSLEOFError) as problem:
            tell(job, "lost", reason=str(problem))
        except ssl.SSLError as problem:
            return say(job, "tls", problem.reason or str(problem))
        except OSError as problem:
            tell(job, "lost", reason=str(problem))
        if select_stdin(0.2):
            return say(job, "", "withdrawn")


def hold(job: Job, broker: ssl.SSLSocket) -> None:
    """One session with a keep-alive, until it ends (EOFError) or standard input does."""
    hello = text("MQTT") + b"\x04\x02\x00\x0a" + text(job["name"])
    broker.sendall(b"\x10" + length(hello) + hello)
    kind, body = packet(broker)
    if kind != 0x20 or body[1] != 0:
        raise EOFError(f"packet {kind:#x} {body[:2]!r}")
    tell(job, "granted")
    while True:
        readable, _, _ = select.select([broker, sys.stdin], [], [], 3.0)
        if sys.stdin in readable:
            broker.sendall(b"\xe0\x00")
            return
        if broker in readable:
            packet(broker)
        else:
            broker.sendall(b"\xc0\x00")


def keep(jobs: list[Job], patience: float) -> None:
    """One TCP connection, kept; each line on standard input asks whether a byte still arrives.

    The bytes begin a TLS handshake, so that nobody takes offence.
    """
    [job] = jobs
    try:
        sock = socket.create_connection((job["address"], job["port"]), timeout=patience)
    except OSError as problem:
        return say(job, "broken", str(problem))
    with sock:
        tell(job, "granted")
        for byte in HELLO:
            if not sys.stdin.readline():
                return None
            tell(job, "passes" if arrives(sock, byte, patience) else "stuck")
    return None


def arrives(sock: socket.socket, byte: int, patience: float) -> bool:
    """Whether the other end's kernel acknowledges one more byte, and all before it."""
    try:
        sock.send(bytes([byte]))
        due = time.monotonic() + patience
        while time.monotonic() < due:
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
            if not struct.unpack_from("=I", info, UNACKED)[0]:
                return True
            time.sleep(0.05)
    except OSError:
        return False
    return False


def select_stdin(seconds: float) -> bool:
    """Whether standard input ended, or will within so many seconds."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


ERRANDS |= {"handshake": handshake, "impersonate": impersonate, "keep": keep}
