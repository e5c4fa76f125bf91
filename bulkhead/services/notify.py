"""What systemd hears of the service (sd_notify); nothing where nobody listens."""

import contextlib
import os
import socket


def tell(state: str) -> None:
    """Send a state such as `READY=1`, `WATCHDOG=1` or `STATUS=…`."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there, contextlib.suppress(OSError):
        there.sendto(state.encode(), address)
