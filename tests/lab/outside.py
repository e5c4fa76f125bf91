"""An internet of two servers: one knows every name below `example`, one answers TLS on port 443.

usage: outside.py NAMES_ADDRESS SERVER_ADDRESS CERTIFICATE KEY    prints `ready`, ends with stdin
Names: `inside.*` is at 10.213.0.1 (a name that points into the estate), the rest at the server.
Every question for a name is printed, so that a test can see what left the estate.
"""

import socket
import ssl
import struct
import sys
import threading


def labels(packet):
    """The labels of a packet's only question, and where it ends."""
    at, found = 12, []
    while packet[at]:
        found.append(packet[at + 1 : at + 1 + packet[at]].decode())
        at += packet[at] + 1
    return found, at + 5


def names(address, server):
    """Answer questions for addresses; others have no answer."""
    way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    way.bind((address, 53))
    threading.Thread(target=_answer, args=(way, server), daemon=True).start()


def _answer(way, server):
    while True:
        packet, who = way.recvfrom(4096)
        found, end = labels(packet)
        print("asked", ".".join(found).lower(), flush=True)
        kind = struct.unpack("!H", packet[end - 4 : end - 2])[0]
        there = kind == 1 and found[-1].lower() == "example"
        head = packet[:2] + struct.pack("!5H", 0x8580, 1, int(there), 0, 0)
        place = "10.213.0.1" if found[0] == "inside" else server
        body = struct.pack("!HHHIH", 0xC00C, 1, 1, 5, 4) + socket.inet_aton(place)
        way.sendto(head + packet[12:end] + (body if there else b""), who)


def secured(address, certificate, key):
    """Greet whoever completes a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server((address, 443))
    threading.Thread(target=_greet, args=(listener, context), daemon=True).start()


def _greet(listener, context):
    while True:
        plain, _ = listener.accept()
        try:
            with context.wrap_socket(plain, server_side=True) as way:
                print("received", way.recv(4096).decode(errors="replace"), flush=True)
                way.sendall(b"outside")
        except OSError as error:
            print("failed", error, flush=True)


if __name__ == "__main__":
    where, server, certificate, key = sys.argv[1:]
    names(where, server)
    secured(server, certificate, key)
    print("ready", flush=True)
    sys.stdin.read()
