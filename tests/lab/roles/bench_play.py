"""Running a playbook and reading what each of its tasks did."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[3]
CALLBACK = Path(__file__).parent / "callback"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task on one host. status: ok, changed, failed, unreachable or skipped."""

    host: str
    task: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class PlayResult:
    """What a play did. `tasks` are in order; `changed`, `failed` and `ok` name tasks."""

    code: int
    tasks: tuple[TaskResult, ...]
    stdout: str

    def _of(self, *statuses: str) -> tuple[str, ...]:
        return tuple(row.task for row in self.tasks if row.status in statuses)

    @property
    def changed(self) -> tuple[str, ...]:
        """Tasks that changed something."""
        return self._of("changed")

    @property
    def ok(self) -> tuple[str, ...]:
        """Tasks that found everything as it must be."""
        return self._of("ok")

    @property
    def failed(self) -> tuple[str, ...]:
        """Tasks that failed, and `(the playbook)` where it could not even run."""
        found = self._of("failed", "unreachable")
        return found or (("(the playbook)",) if self.code else ())

    @property
    def messages(self) -> str:
        """What failed tasks said."""
        bad = ("failed", "unreachable")
        return "\n".join(row.message for row in self.tasks if row.status in bad)


def playbook(
    path: Path, inventory: Path, *, check: bool = False, arguments: Sequence[str] = ()
) -> PlayResult:
    """Run a playbook with the project's ansible.cfg; a failing play raises nothing."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory)]
    command += [str(path), "--diff", *(["--check"] if check else []), *arguments]
    record = inventory.with_name("tasks.jsonl")
    record.unlink(missing_ok=True)
    environment = os.environ | {
        "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACK),
        "ANSIBLE_CALLBACKS_ENABLED": "record",
        "BENCH_RECORD": str(record),
    }
    ended = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    lines = record.read_text().splitlines() if record.exists() else []
    return PlayResult(
        ended.returncode, tuple(TaskResult(**json.loads(line)) for line in lines), ended.stdout
    )
