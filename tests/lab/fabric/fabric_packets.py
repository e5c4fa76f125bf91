"""Real packets between the namespaces of a fabric, and the layer at which they were stopped."""

import socket
import struct
import time
from select import select
from threading import Thread

from fabric_denials import Told

from infra.lab.fabric import Fabric, kernel, namespace

BOUND = 5.0
ECHO_REQUEST, ECHO_REPLY, UNREACHABLE = 8, 0, 3


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def icmp(kind, code, ident, body=b"bulkhead"):
    head = struct.pack("!BBHHH", kind, code, 0, ident, 1)
    return struct.pack("!BBHHH", kind, code, checksum(head + body), ident, 1) + body


class World:
    """One open fabric, the sockets made in its hosts, and what became of packets."""

    def __init__(self, lab):
        self.lab = lab
        self.fabric = Fabric(lab)
        self.sockets = []
        self.pings = 0
        self.fabric.open()
        self.told = kernel.inside(self.space("fabric"), Told)

    def close(self):
        for one in self.sockets:
            one.close()
        self.told.socket.close()
        self.fabric.close()
        assert kernel.named(f"bh-{self.lab}-") == []

    def apply(self, estate):
        self.fabric.apply(estate.deployed())

    def space(self, host):
        return namespace(self.lab, host if host in ("internet", "fabric") else f"i-{host}")

    def open(self, host, kind=socket.SOCK_STREAM, protocol=0, family=socket.AF_INET):
        made = kernel.inside(self.space(host), lambda: socket.socket(family, kind, protocol))
        made.settimeout(BOUND)
        self.sockets.append(made)
        return made

    def listen(self, host, port, kind="tcp", family=socket.AF_INET, address=""):
        """An echo service, proven alive from inside its own host."""
        stream = kind == "tcp"
        made = self.open(host, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM, family=family)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.settimeout(None)
        if stream:
            made.listen(16)
        Thread(target=self._serve if stream else self._echo, args=(made,), daemon=True).start()
        inside = self.open(host, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM, family=family)
        here = address or ("::1" if family == socket.AF_INET6 else "127.0.0.1")
        if address:
            inside.bind((address, 0))
        inside.connect((here, port))
        assert self.exchanges(inside, b"alive", again=not stream)
        inside.close()

    def exchanges(self, made, data, again=True):
        """Whether `data` comes back; a datagram is sent `again`: a fresh IPv6 link loses some."""
        made.settimeout(0.2 if again else BOUND)
        end = time.monotonic() + BOUND
        made.send(data)
        while time.monotonic() < end:
            try:
                return made.recv(64) == data
            except TimeoutError:
                if again:
                    made.send(data)
        return False

    def _serve(self, listening):
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            self.sockets.append(accepted)
            Thread(target=self._answer, args=(accepted,), daemon=True).start()

    def _answer(self, accepted):
        try:
            while data := accepted.recv(4096):
                accepted.send(data)
        except OSError:
            return

    def _echo(self, bound):
        while True:
            try:
                data, peer = bound.recvfrom(4096)
                bound.sendto(data, peer)
            except OSError:
                return

    def connection(self, host, address, port):
        """An established TCP connection."""
        made = self.open(host)
        made.connect((address, port))
        assert self.carries(made)
        return made

    def carries(self, made, bound=BOUND):
        made.settimeout(bound)
        try:
            made.send(b"still there")
            return made.recv(64) == b"still there"
        except TimeoutError:
            return False

    def until(self, condition):
        """Whether `condition` came true within the bound."""
        end = time.monotonic() + BOUND
        while not condition():
            if time.monotonic() > end:
                return False
        return True

    def tcp(self, host, address, port):
        made = self.open(host)
        made.setblocking(False)
        made.connect_ex((address, port))

        def answer():
            if not select([], [made], [], 0.005)[1]:
                return None
            code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            return "answered" if code == 0 else f"error {code}"

        return self._became(made, socket.IPPROTO_TCP, made.getsockname()[1], answer)

    def udp(self, host, address, port):
        made = self.open(host, socket.SOCK_DGRAM)
        made.connect((address, port))
        made.send(b"datagram")

        def answer():
            if not select([made], [], [], 0.005)[0]:
                return None
            try:
                return "answered" if made.recv(64) else None
            except OSError as error:
                return f"error {error.errno}"

        return self._became(made, socket.IPPROTO_UDP, made.getsockname()[1], answer)

    def ping(self, host, address, kind=ECHO_REQUEST, code=0):
        made = self.open(host, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.pings += 1
        ident = self.pings
        made.sendto(icmp(kind, code, ident), (address, 0))

        def answer():
            if not select([made], [], [], 0.005)[0]:
                return None
            data, (peer, _) = made.recvfrom(256)
            same = data[20] == ECHO_REPLY and struct.unpack("!H", data[24:26])[0] == ident
            return "answered" if same and peer == address else None

        return self._became(made, socket.IPPROTO_ICMP, ident, answer)

    def _became(self, made, protocol, mark, answer):
        """`answered`, an error, or the layer that told that it stopped this very packet."""
        try:
            end = time.monotonic() + BOUND
            while time.monotonic() < end:
                if found := answer():
                    return found
                if stopped := self.told.layers(protocol, mark):
                    return answer() or stopped[0]
            return "silent"
        finally:
            made.close()
            self.told.read.clear()
