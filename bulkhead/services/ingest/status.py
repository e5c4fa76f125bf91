"""What ingest says of itself: counters in a file that anybody on the host may read."""

import json
import os
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Counters:
    """Since the start. stored: values that were new; repeated: values that were there before.

    overflow: messages that found the queue full. refused: messages by reason, kept or not.
    """

    messages: int = 0
    stored: int = 0
    repeated: int = 0
    batches: int = 0
    gaps: int = 0
    rebirths: int = 0
    overflow: int = 0
    commit_ms: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)


def write(path: Path, counters: Counters, **now: Any) -> None:
    """Replace the file, whole; a disk that is full stops no telemetry."""
    draft = path.with_name(f".{path.name}")
    try:
        draft.write_text(json.dumps({**now, **asdict(counters)}, sort_keys=True) + "\n")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)


def notify(text: str) -> None:
    """Tell systemd (sd_notify(3)); nothing where it did not start us."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(text.encode(), address)
