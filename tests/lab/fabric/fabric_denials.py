"""What the fabric's drop rules tell in their log group: layer, protocol and ports of a packet."""

import socket
import struct

from infra.lab.fabric import LOG_GROUP

CONFIG, PACKET, ERROR = 0x0401, 0x0400, 2
PREFIX, PAYLOAD = 10, 9


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def parts(data, offset, head):
    """(type, body) of the messages or attributes in `data`; head: size of their headers."""
    while offset + head <= len(data):
        size, kind = struct.unpack_from("=IH" if head == 16 else "=HH", data, offset)
        yield kind, data[offset + head : offset + size]
        offset += (size + 3) & ~3


class Told:
    """A reader of the log group; open it inside the fabric's namespace."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.socket.bind((0, 0))
        at_once = attribute(5, struct.pack("!I", 1))
        for body in (attribute(1, b"\x01"), attribute(2, struct.pack("!IBx", 64, 2)), at_once):
            size = 20 + len(body)
            request = struct.pack("=IHHII", size, CONFIG, 5, 1, 0)
            self.socket.send(request + struct.pack("!BBH", 0, 0, LOG_GROUP) + body)
            ((kind, answer),) = parts(self.socket.recv(4096), 0, 16)
            assert kind == ERROR
            assert struct.unpack_from("=i", answer)[0] == 0
        self.socket.setblocking(False)
        self.read = []

    def layers(self, protocol, mark):
        """Layers that stopped packets of `protocol` with `mark` as a port or ICMP's identifier."""
        self._read()
        return [layer for layer, proto, marks in self.read if proto == protocol and mark in marks]

    def _read(self):
        while True:
            try:
                data = self.socket.recv(1 << 17)
            except BlockingIOError:
                return
            self.read += [told(body) for kind, body in parts(data, 0, 16) if kind == PACKET]


def told(body):
    found = dict(parts(body, 4, 4))
    packet = found[PAYLOAD]
    ports = struct.unpack_from("!HH", packet, 20)
    marks = struct.unpack_from("!H", packet, 24) if packet[9] == socket.IPPROTO_ICMP else ports
    return found[PREFIX].rstrip(b"\0").decode(), packet[9], marks
