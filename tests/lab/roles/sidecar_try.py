"""Run in a namespace: what a client meets that asks a broker through a sidecar, or by its door.

usage: sidecar_try.py ADDRESS PORT SOURCE INNER_PEM INNER_KEY [OUTER_PEM OUTER_KEY] [--hold]

SOURCE: the address to come from, `-` for any. Prints `admitted`, or `refused: WHY`; with --hold,
a client that was admitted keeps its session until the other side ends it, and prints `ended`.
"""

import socket
import ssl
import sys

CONNECT = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x78\x00\x06canary"
ADMITTED = b"\x20\x02\x00\x00"


def context(pem: str, key: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(pem, key)
    return made


class Inner:
    """TLS through a connection that may be TLS itself, which Python's sockets cannot nest."""

    def __init__(self, way: socket.socket, pem: str, key: str) -> None:
        self.way, self.into, self.out = way, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context(pem, key).wrap_bio(self.into, self.out)

    def do(self, what):
        """One operation, with as many bytes to and fro as it takes."""
        while True:
            try:
                return what()
            except ssl.SSLWantReadError:
                self.send()
                self.into.write(data) if (data := self.way.recv(65536)) else self.into.write_eof()
            finally:
                self.send()

    def send(self) -> None:
        if self.out.pending:
            self.way.sendall(self.out.read())


def main(words: list[str]) -> None:
    hold = "--hold" in words
    address, port, source, *files = (word for word in words if word != "--hold")
    bound = None if source == "-" else (source, 0)
    plain = socket.create_connection((address, int(port)), 5, source_address=bound)
    try:
        way = context(*files[2:]).wrap_socket(plain) if len(files) == 4 else plain
        inner = Inner(way, *files[:2])
        inner.do(inner.tls.do_handshake)
        inner.do(lambda: inner.tls.write(CONNECT))
        answer = inner.do(lambda: inner.tls.read(4))
    except (ssl.SSLError, OSError) as error:
        print(f"refused: {error}", flush=True)
        return
    print("admitted" if answer == ADMITTED else f"refused: {answer!r}", flush=True)
    if hold and answer == ADMITTED:
        way.settimeout(60)
        try:
            while way.recv(4096):
                pass
        except TimeoutError:
            print("lives", flush=True)
            return
        except (ssl.SSLError, OSError):
            pass
        print("ended", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
