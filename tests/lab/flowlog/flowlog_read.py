"""Reading flow.log as its reader would: AWS's fourteen fields, and the layer."""

import time
from typing import NamedTuple

BOUND = 10.0


class Flow(NamedTuple):
    version: str
    account: str
    interface: str
    source: str
    target: str
    sport: str
    dport: str
    protocol: str
    packets: str
    size: str
    start: str
    end: str
    action: str
    status: str
    layer: str


def flows(path, **wanted):
    """The lines of `path` whose fields are as `wanted` (text or numbers)."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = [Flow(*line.split(" ")) for line in lines]
    return [f for f in found if all(getattr(f, k) == str(v) for k, v in wanted.items())]


def awaited(path, **wanted):
    """The same, as soon as there is one."""
    assert until(lambda: flows(path, **wanted)), path.read_text() if path.exists() else "no file"
    return flows(path, **wanted)


def until(condition):
    end = time.monotonic() + BOUND
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
