"""ssh's ProxyCommand into a network namespace: connects there, and hands over the socket.

With ProxyUseFdpass ssh takes the connected socket over its standard output and this process
ends: nothing is copied. Started by path, without our packages: it must be quick.
usage: door.py NAMESPACE ADDRESS PORT
"""

import array
import ctypes
import os
import socket
import sys

CLONE_NEWNET = 0x40000000
PATIENCE = 15.0
"""Seconds until a host counts as unreachable."""


def connected(namespace: str, address: str, port: int, patience: float = PATIENCE) -> socket.socket:
    """A connection from within a named namespace; the calling thread stays in it. OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(handle, CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"enter {namespace}: {os.strerror(number)}")
    finally:
        os.close(handle)
    return socket.create_connection((address, port), timeout=patience)


def main(namespace: str, address: str, port: str) -> int:
    """Connect and hand over; 1 with a line on standard error if that cannot be."""
    try:
        with connected(namespace, address, int(port)) as way:
            way.settimeout(None)
            out = socket.socket(fileno=os.dup(sys.stdout.fileno()))
            handles = array.array("i", [way.fileno()])
            out.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
    except OSError as error:
        sys.stderr.write(f"{address} port {port} in {namespace}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
