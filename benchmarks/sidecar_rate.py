"""What the mesh costs: a service's own mutual TLS, asked directly and through two sidecars.

    python benchmarks/sidecar_rate.py [SECONDS]

Needs HAProxy 2.6 and nothing else; all of it on loopback, with the configuration that the role
writes. The service (an echo) asks for a client certificate by TLS 1.3 either way; through the
mesh that session runs inside the one between the sidecars, as a broker's does. Both ways are
measured in turns within one run, so that a busy machine troubles both. Prints, for each way and as
a ratio: a new session with its first answer, 1 KiB there and back on a live session (milliseconds,
median and 99th percentile), one stream there and back (MB/s), and the sidecars' processor time.
"""

import multiprocessing
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jinja2 import Environment

from bulkhead.trust.local import local
from bulkhead.wire.certificates import Profile, spiffe_id

ROLE = Path(__file__).parents[1] / "roles" / "sidecar"
SECONDS = 6.0
SERVER, CLIENT = (spiffe_id("lyon", f"acme/ingest/{name}") for name in ("broker", "ingest"))
INBOUND, SERVICE, OUTBOUND = 18883, 18884, 18885
KIB = bytes(1024)
BLOCK = bytes(1 << 16)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def identity(room: Path, name: str, uri: str) -> Path:
    """A key and its certificate, in two files as HAProxy looks for them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    profile = Profile(
        name=name, kind="workload", usages=("server", "client"),
        names=(name,), uris=(uri,), lifetime=3600,
    )  # fmt: skip
    path = room / f"{name}.pem"
    path.write_text(local(room / "trust").x509("acme/workload").issue(pem, profile))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    Path(f"{path}.key").write_bytes(private)
    return path


def configuration(room: Path, svid: Path, **ways: object) -> Path:
    """What the role writes for one host, with its files in `room`."""
    environment = Environment(trim_blocks=True, keep_trailing_newline=True)
    short = lambda value, *_: value.removeprefix("spiffe://").partition("/")[2]  # noqa: E731
    environment.filters["regex_replace"] = short
    template = environment.from_string((ROLE / "templates" / "haproxy.cfg.j2").read_text())
    said = {"sidecar_room": str(room), "sidecar_identity": "", "sidecar_address": "127.0.0.1"}
    said |= {"sidecar_connections": "256", "sidecar_idle": "60"}
    text = template.render(said, **{"sidecar_inbound": [], "sidecar_outbound": [], **ways})
    for old, new in {
        f"{room}/svid.pem": str(svid),
        "/etc/bulkhead/tls/sidecar-ca.pem": f"{room}/ca.pem",
        "/etc/bulkhead/tls/sidecar-crl.pem": f"{room}/crl.pem",
        "/usr/local/lib/bulkhead/sidecar/spiffe.lua": str(ROLE / "files" / "spiffe.lua"),
        f"127.0.0.1:{INBOUND} weight": f"127.0.0.1:{SERVICE} weight",
    }.items():
        text = text.replace(old, new)
    path = room / f"{svid.stem}.cfg"
    path.write_text(text)
    return path


def mesh(room: Path, server: Path, client: Path) -> tuple[Path, Path]:
    """The two hosts' configurations."""
    authority = local(room / "trust").x509("acme/workload")
    (room / "ca.pem").write_text(authority.anchor())
    (room / "crl.pem").write_text(authority.revocations())
    (room / f"allowed-{INBOUND}.map").write_text(f"{CLIENT} acme.ingest.ingest\n")
    (room / "denied.lst").write_text("")
    inbound = [{"port": INBOUND, "allowed": [CLIENT], "devices": []}]
    way = {"listen": "127.0.1.1", "port": INBOUND, "address": "127.0.0.1"}
    outbound = [way | {"name": server.stem, "identity": SERVER}]
    return (
        configuration(room, server, sidecar_inbound=inbound),
        configuration(room, client, sidecar_outbound=outbound),
    )


def context(room: Path, own: Path, purpose: ssl.Purpose) -> ssl.SSLContext:
    """Mutual TLS 1.3 by the estate's own authority, no session resumed."""
    made = ssl.create_default_context(purpose, cafile=str(room / "ca.pem"))
    made.minimum_version, made.verify_mode = ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED
    made.load_cert_chain(own, f"{own}.key")
    made.check_hostname = purpose is ssl.Purpose.SERVER_AUTH
    return made


def serve(room: Path, own: Path) -> None:
    """The service: gives back what it gets, a thread for each client."""
    asked = context(room, own, ssl.Purpose.CLIENT_AUTH)
    listener = socket.create_server(("127.0.0.1", SERVICE))
    while True:
        plain, _ = listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=echo, args=(asked, plain), daemon=True).start()


def echo(asked: ssl.SSLContext, plain: socket.socket) -> None:
    try:
        with plain, asked.wrap_socket(plain, server_side=True) as way:
            while data := way.recv(1 << 16):
                way.sendall(data)
    except OSError:
        pass  # a client that is gone


@contextmanager
def running(room: Path, server: Path, configs: tuple[Path, ...]) -> Iterator[list[int]]:
    """The service and the sidecars; their process ids."""
    service = multiprocessing.Process(target=serve, args=(room, server), daemon=True)
    service.start()
    words = [["haproxy", "-db", "-q", "-f", str(path)] for path in configs]
    with (room / "log").open("wb") as log:
        sidecars = [subprocess.Popen(row, stdout=log, stderr=log) for row in words]
        try:
            yield [row.pid for row in sidecars]
        finally:
            for row in sidecars:
                row.kill()
                row.wait()
            service.kill()
            service.join()


def awaited(opened: Callable[[], ssl.SSLSocket]) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            opened().close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)  # nothing tells when a port of another process listens


def rounds(way: ssl.SSLSocket, data: bytes) -> None:
    way.sendall(data)
    left = len(data)
    while left:
        left -= len(way.recv(left))


def timed(do: Callable[[], None], seconds: float) -> list[float]:
    """Milliseconds of each time that it was done."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        do()
        found.append((time.perf_counter() - begun) * 1000)
    return found


def processor(pids: list[int]) -> float:
    """Seconds of processor that processes have used."""
    total = 0
    for pid in pids:
        cells = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(cells[11]) + int(cells[12])
    return total / os.sysconf("SC_CLK_TCK")


def main(seconds: float) -> int:
    if shutil.which("haproxy") is None:
        say("skipped: haproxy is not installed (apt install haproxy)")
        return 3
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        server = identity(room, "acme.ingest.broker-1", SERVER)
        client = identity(room, "acme.ingest.ingest-1", CLIENT)
        with running(room, server, mesh(room, server, client)) as sidecars:
            measure(context_of(room, client), server.stem, sidecars, seconds)
    return 0


def context_of(room: Path, own: Path) -> ssl.SSLContext:
    return context(room, own, ssl.Purpose.SERVER_AUTH)


def measure(asking: ssl.SSLContext, name: str, sidecars: list[int], seconds: float) -> None:
    """Both ways, in turns."""

    def opened(address: tuple[str, int]) -> ssl.SSLSocket:
        plain = socket.create_connection(address, timeout=10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return asking.wrap_socket(plain, server_hostname=name)

    ways = {"direct": ("127.0.0.1", SERVICE), "mesh": ("127.0.1.1", INBOUND)}
    for address in ways.values():
        awaited(lambda address=address: opened(address))  # type: ignore[misc]

    def fresh(address: tuple[str, int]) -> None:
        with opened(address) as way:
            rounds(way, KIB)

    found: dict[tuple[str, str], list[float]] = {}
    begun, share = processor(sidecars), seconds / 12
    for _ in range(2):
        for label, address in ways.items():
            for kind, do in (
                ("new session", lambda address=address: fresh(address)),
                ("1 KiB", None),
                ("64 KiB", None),
            ):
                rows = found.setdefault((kind, label), [])
                if do is not None:
                    rows += timed(do, share)
                    continue
                data = KIB if kind == "1 KiB" else BLOCK
                with opened(address) as way:
                    rows += timed(lambda way=way, data=data: rounds(way, data), share)  # type: ignore[misc]
    told(found, processor(sidecars) - begun)


def told(found: dict[tuple[str, str], list[float]], used: float) -> None:
    for kind in ("new session", "1 KiB"):
        direct, through = (found[kind, label] for label in ("direct", "mesh"))
        halves = [statistics.median(rows) for rows in (direct, through)]
        ends = [statistics.quantiles(rows, n=100)[98] for rows in (direct, through)]
        say(
            f"{kind:12} direct {halves[0]:.2f} ms (p99 {ends[0]:.2f}), mesh {halves[1]:.2f} ms"
            f" (p99 {ends[1]:.2f}): {halves[1] / halves[0]:.1f} times; n {len(direct)},"
            f" {len(through)}"
        )
    rates = [len(BLOCK) * len(rows) / sum(rows) / 1000 for rows in by_label(found, "64 KiB")]
    say(f"stream       direct {rates[0]:.0f} MB/s, mesh {rates[1]:.0f} MB/s:"
        f" {rates[1] / rates[0]:.2f} of it, each there and back")  # fmt: skip
    say(f"sidecars     {used:.2f} s of processor for both of them, all of the above")


def by_label(found: dict[tuple[str, str], list[float]], kind: str) -> list[list[float]]:
    return [found[kind, label] for label in ("direct", "mesh")]


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
