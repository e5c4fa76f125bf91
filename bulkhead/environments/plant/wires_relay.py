"""Puts scans on the wires of the host that it runs on; streamed there, it needs nothing of ours.

    python3 -c SCRIPT SOCKET TAKEN_OFF OUTPUTS

Each line of standard input is one datagram; `ok` and what stands in the file OUTPUTS ("" for none),
or why not, is answered in a line. At the end of the input (whoever fed it may have been killed)
the wires are said to be taken off.
"""

import contextlib
import socket
import sys

PATIENCE = 0.5
"""Seconds that a crowded socket is waited for."""


def main(path: str, taken_off: str, outputs: str) -> None:
    """Relay until the input ends."""
    there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    there.settimeout(PATIENCE)
    for line in sys.stdin.buffer:
        try:
            there.sendto(line.rstrip(b"\n"), path)
            answer = f"ok {told(outputs)}"
        except OSError as error:
            answer = f"{path}: {error}"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        there.sendto(taken_off.encode(), path)


def told(outputs: str) -> str:
    """What a controller tells its machines, as it says it; "" where nobody says anything."""
    try:
        with open(outputs, encoding="utf-8") as file:
            return file.readline().strip()
    except OSError:
        return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
