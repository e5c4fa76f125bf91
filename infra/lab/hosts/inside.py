"""Running a command inside a machine, from any process: its directory says where it is."""

import json
from pathlib import Path

from bulkhead.errors import BulkheadError, Problem

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOTE = "supervisor.json"
WITHHELD = (
    *("sys_module", "sys_rawio", "sys_time", "sys_pacct", "mknod", "mac_override", "mac_admin"),
    *("syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "ipc_lock"),
)
"""Capabilities that a machine's root does not have, and a command that enters must not bring."""


def started(process: int) -> int | None:
    """When a process started, in clock ticks since boot; None if there is none."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def note(directory: Path, process: int) -> None:
    """Write down which process supervises the machine of `directory`."""
    text = json.dumps({"pid": process, "started": started(process)})
    (directory / NOTE).write_text(text)


def leader(directory: Path) -> int:
    """Process id of the machine's first process. Raises BulkheadError where it does not run."""
    try:
        said = json.loads((directory / NOTE).read_text())
        pid, since = int(said["pid"]), said["started"]
        if since is not None and started(pid) == since:
            below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return next(int(one) for one in below if _first(int(one)))
    except (OSError, ValueError, KeyError, StopIteration):
        pass
    what = "this machine does not run"
    raise BulkheadError(Problem(directory.name, what, remedy="see `bulkhead status`"))


def _first(process: int) -> bool:
    """Whether it is process 1 of a namespace of its own."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return line.split()[-1] == "1" and len(line.split()) > 2
    return False


def entered(directory: Path) -> list[str]:
    """What to put before a command so that it runs inside the machine of `directory`, as root."""
    lost = ",".join(f"-{name}" for name in WITHHELD)
    return [
        *("nsenter", "--target", str(leader(directory)), "--all", "--root", "--wd"),
        *("setpriv", f"--bounding-set={lost}", f"--inh-caps={lost}"),
        *("env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb"),
    ]
