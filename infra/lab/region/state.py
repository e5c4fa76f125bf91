"""The files of a lab's region in its state directory, and who is alive.

region.lock   held (flock) by the region while it lives; names its pid and start time
region.json   written when the region serves: RegionInfo
lab.json      the lab's region name and last port
lab.secret    32 random bytes, mode 0600: every key pair of the lab derives from it
journal.jsonl every mutating call, mode 0600
region.log    the region's own log; control.sock  its control endpoint, mode 0600
hosts/        the disk and the console of each machine, by instance id (infra.lab.hosts)
delivery/     what is to be put into the store of logs, and where (infra.lab.delivery)
flow.log      the flows of its network, mode 0600; flow.log.1 those before (infra.lab.flowlog)
"""

import fcntl
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bulkhead.errors import MissingHere, Problem, WrongInput

LOCK, INFO, LAB, SECRET = "region.lock", "region.json", "lab.json", "lab.secret"
JOURNAL, LOG, CONTROL = "journal.jsonl", "region.log", "control.sock"
FLOWS, OLDER_FLOWS, HOSTS = "flow.log", "flow.log.1", "hosts"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionInfo:
    """A region that serves. started: the process's start in clock ticks since boot.

    state: absolute path of the state directory. lab: 6 hex digits. endpoint: URL of the AWS API.
    access_key: id of the root key pair; its secret stays in the state directory.
    """

    pid: int
    started: int
    endpoint: str
    lab: str
    region: str
    state: str
    access_key: str


def lab_id(state: Path) -> str:
    """6 hex digits that name everything of the lab that lives in `state`."""
    return hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:6]


def start_time(pid: int) -> int | None:
    """When process `pid` started, in clock ticks since boot; None if there is no such process."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = line.rpartition(")")[2].split()
    # A zombie has ended: nothing of it holds anything any more.
    return None if fields[0] == "Z" else int(fields[19])


def alive(pid: int, started: int) -> bool:
    """Whether the process that started then still runs (another may have got its number)."""
    return start_time(pid) == started


def write(path: Path, value: dict[str, Any]) -> None:
    """Replace a JSON file in one step, so that a reader sees the old or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(value, file, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read(path: Path) -> dict[str, Any] | None:
    """A JSON file's object, or None where it is missing or torn."""
    try:
        value = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def read_info(state: Path) -> RegionInfo | None:
    """What region.json says, whether or not the process still lives."""
    value = read(state / INFO)
    try:
        return RegionInfo(**value) if value else None
    except TypeError:
        return None


def write_info(state: Path, info: RegionInfo) -> None:
    """Tell others that the region serves."""
    write(state / INFO, asdict(info))


def secret(state: Path) -> bytes:
    """The lab's secret; made on first use. Raises MissingHere where it is too short."""
    path = state / SECRET
    if not path.exists():
        draft = path.with_name(f".{SECRET}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    value = path.read_bytes()
    if len(value) != 32:
        remedy = "end this lab with `bulkhead down` and bring it up anew"
        raise MissingHere(Problem(str(path), "the lab's secret is damaged", remedy=remedy))
    return value


def claim(state: Path) -> int:
    """Take the lock of `state` until this process ends; its file descriptor. Raises WrongInput."""
    lock = os.open(state / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise _taken(state) from None
    holder = {"pid": os.getpid(), "started": start_time(os.getpid())}
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps(holder).encode(), 0)
    return lock


def _taken(state: Path) -> WrongInput:
    held = read(state / LOCK) or {}
    return WrongInput(
        Problem(
            str(state),
            f"a region already runs on this directory (process {held.get('pid', 'starting')})",
            allowed="one region for each state directory",
            remedy="use that one, end it with `bulkhead down`, or choose another with --state",
        )
    )


def holder(state: Path) -> tuple[int, int] | None:
    """pid and start time of the living process that has claimed `state`, also before it serves."""
    held = read(state / LOCK)
    if not held or not held.get("started"):
        return None
    pid, started = int(held["pid"]), int(held["started"])
    return (pid, started) if alive(pid, started) else None
