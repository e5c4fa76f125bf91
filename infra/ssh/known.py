"""Host keys: read from an instance's console once, and held to ever after.

cloud-init prints the public halves at first boot between two lines (its cc_ssh_authkey format);
EC2 GetConsoleOutput carries them out by a way that no neighbour on the network can touch.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bulkhead.errors import BulkheadError, Problem
from infra.ssh.files import write
from infra.ssh.reaches import Reach
from infra.ssh.room import Room

BEGIN, END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
KIND = "ssh-ed25519"
_BLOCK = re.compile(re.escape(BEGIN) + r"(.*?)" + re.escape(END), re.DOTALL)
_KEY = re.compile(rf"\b({KIND} [A-Za-z0-9+/]{{60,}}=*)")

INTERVAL = 0.2
"""Seconds between two looks at a console that shows no key yet."""

Console = Callable[[Reach], str]
"""The console's output of an instance so far; "" where there is none yet."""


def key_of(console: str) -> str | None:
    """The host's key, `ssh-ed25519 AAAA…`, as the last boot that printed keys says; or None."""
    blocks = _BLOCK.findall(console)
    found = _KEY.search(blocks[-1]) if blocks else None
    return found[1] if found else None


def learn(
    room: Room,
    hosts: Iterable[Reach],
    console: Console,
    *,
    patience: float,
    told: Callable[[Reach], None] = lambda _host: None,
) -> None:
    """Have every host's key in known_hosts; await the consoles of those not known yet.

    A host is known by its instance: what the console of a known one says later changes nothing,
    so that whoever takes a host's place is refused. `told` hears of each host once its key is
    there. BulkheadError after `patience` seconds, naming the hosts that were silent.
    """
    rows = list(hosts)
    known = load(room)
    known = {row.instance: known[row.instance] for row in rows if row.instance in known}
    end = time.monotonic() + patience
    waiting = [row for row in rows if row.instance not in known]
    while waiting:
        for row in list(waiting):
            if key := key_of(console(row)):
                known[row.instance] = key
                waiting.remove(row)
                told(row)
        if waiting and time.monotonic() > end:
            save(room, rows, known)
            raise silent(waiting, patience, console)
        if waiting:
            # The API tells of nothing by itself: a console can only be asked again.
            time.sleep(INTERVAL)
    save(room, rows, known)


def load(room: Room) -> dict[str, str]:
    """Host keys by instance."""
    path = room.directory / "known.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


def save(room: Room, hosts: Iterable[Reach], known: Mapping[str, str]) -> None:
    """Write known.json, and known_hosts after it."""
    _save(room.directory / "known.json", json.dumps(dict(known), indent=1, sort_keys=True) + "\n")
    lines = [f"{row.name} {known[row.instance]}\n" for row in hosts if row.instance in known]
    _save(room.known, "".join(lines))


def silent(hosts: Iterable[Reach], patience: float, console: Console) -> BulkheadError:
    """What to tell of hosts that did not print a key: the last words of each."""
    return BulkheadError(
        *(
            Problem(
                where=row.host,
                what=f"its console showed no SSH host key within {patience:.0f} s; it ends with: "
                + (" / ".join(console(row).splitlines()[-5:]) or "nothing"),
                remedy=f"read it: aws ec2 get-console-output --instance-id {row.instance}; "
                "then run the same command again",
            )
            for row in hosts
        )
    )


def _save(path: Path, text: str) -> None:
    write(path, text.encode(), 0o600)
