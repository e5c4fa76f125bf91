"""One run of a playbook: progress by lines, failures as problems that name host and task."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bulkhead.errors import BulkheadError, MissingHere, Problem
from infra.inventory.digests import ROOT

CALLBACKS = Path(__file__).with_name("callback")
PLUGINS = ROOT / "infra" / "inventory"
STALLED = 900.0
"""Seconds without a word after which a run is ended."""
LOG = "configure.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What to run. work: a directory for Ansible's own files and the log. sockets: a short path.

    only: names of hosts or groups to which the run is limited; empty for all. check: say what
    would change, and change nothing.
    """

    playbook: str
    inventory: Path
    work: Path
    sockets: Path
    only: tuple[str, ...] = ()
    check: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Played:
    """What a run did: tasks that were fine and that changed something, by host."""

    ok: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)


def play(run: Run, say: Callable[[str], None]) -> Played:
    """Run the playbook; `say` hears each task as it begins.

    BulkheadError with a problem for each host that failed, naming the task; the whole output is
    in `work`/configure.log. MissingHere where the playbook is not on this machine.
    """
    if not (ROOT / run.playbook).exists():
        what = f"there is no {run.playbook}"
        raise MissingHere(Problem(str(ROOT), what, remedy="run from a checkout of the project"))
    run.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = run.work / LOG
    process, events = _start(run, log)
    follower = Follower(say)
    try:
        for event in _events(events, process):
            follower.take(event)
    except BaseException:
        # Interrupted, or our own fault: nothing of the run may go on without us.
        _end(process)
        raise
    finally:
        os.close(events)
    return follower.result(process.wait(), log)


def _start(run: Run, log: Path) -> tuple["subprocess.Popen[bytes]", int]:
    reader, writer = os.pipe()
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(run),
            cwd=ROOT,
            env=_environment(run, writer),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[writer],
            start_new_session=True,
        )
    os.close(writer)
    return process, reader


def _command(run: Run) -> list[str]:
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(run.inventory), run.playbook]
    command += ["--limit", ",".join(run.only)] if run.only else []
    command += ["--check", "--diff"] if run.check else []
    command += ["--extra-vars", json.dumps(run.variables)] if run.variables else []
    return command


def _environment(run: Run, progress: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return kept | {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(run.work / "home"),
        "ANSIBLE_LOCAL_TEMP": str(run.work / "tmp"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(run.sockets),
        "ANSIBLE_INVENTORY_PLUGINS": str(PLUGINS),
        "ANSIBLE_INVENTORY_ENABLED": "bulkhead",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "bulkhead_progress",
        "ANSIBLE_NOCOLOR": "1",
        "BULKHEAD_PROGRESS": str(progress),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }


def _events(reader: int, process: "subprocess.Popen[bytes]") -> Iterator[dict[str, Any]]:
    """What the callback tells, until it ends. BulkheadError after STALLED seconds of silence."""
    rest = b""
    while True:
        if not select.select([reader], [], [], STALLED)[0]:
            what = f"no task began or ended for {STALLED:.0f} s"
            raise BulkheadError(Problem("configure", what, remedy="see the log, then run it again"))
        part = os.read(reader, 65536)
        if not part:
            return
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield json.loads(line)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the whole run: it leads a process group of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=5)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()


class Follower:
    """Keeps what the events say."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._tasks: set[str] = set()
        self._converged: set[str] = set()
        self._problems: list[Problem] = []
        self._played = Played()

    def take(self, event: dict[str, Any]) -> None:
        """One event of the callback."""
        if "hosts" in event:
            for host, counts in event["hosts"].items():
                self._played.ok[host] = counts["ok"]
                self._played.changed[host] = counts["changed"]
        elif "converged" in event:
            self._converged.add(event["host"])
            self._say(f"{event['host']}: as it must be ({len(self._converged)} hosts so far)")
        elif "host" in event:
            self._problems.append(_problem(event))
            self._say(f"configure: {event['host']} failed: {event['task']}")
        elif event["task"] not in self._tasks:
            # Hosts go through the same tasks one after another: each is told once.
            self._tasks.add(event["task"])
            self._say(f"configure: {event['task']}")

    def result(self, code: int, log: Path) -> Played:
        """What was done. BulkheadError if anything failed."""
        if self._problems:
            done = "the other hosts were configured as far as they got; nothing is undone"
            last = self._problems[-1]
            remedy = f"{last.remedy}; see {log}"
            raise BulkheadError(
                *self._problems[:-1], Problem(last.where, last.what, remedy=remedy, done=done)
            )
        if code != 0:
            what = f"ansible-playbook ended with {code}: {_last_words(log)}"
            raise BulkheadError(Problem("configure", what, remedy=f"see {log}"))
        if not self._played.ok:
            raise BulkheadError(Problem("configure", "no host was asked", remedy=f"see {log}"))
        return self._played


def _problem(event: dict[str, Any]) -> Problem:
    said = event.get("failed") or f"cannot be entered: {event.get('unreachable')}"
    return Problem(
        where=event["host"],
        what=f"task {event['task']!r}: {said}",
        remedy="put it right and run the same command again: it goes on from here",
    )


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    errors = [line for line in lines if "ERROR" in line or "error" in line]
    return " ".join((errors or [line for line in lines if line])[-3:])[:1000]
