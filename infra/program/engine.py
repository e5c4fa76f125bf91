"""The Pulumi engine, driven from here: one stack at a time, with an inline program.

State is in files below `directory`; the passphrase of its secrets is a file only its owner can
read. The same class serves the lab and an AWS account: `Target` says where resources go.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation.events import EngineEvent, StepEventMetadata

from bulkhead.errors import BulkheadError, Problem
from infra.program import checkpoint
from infra.program.build import build
from infra.program.hush import hushed
from infra.program.locks import clear_dead_locks
from infra.program.names import PROJECT
from infra.program.target import Target
from infra.specs.logs import LOGS
from infra.specs.tables import StackSpec

QUIET = ("same", "read", "refresh")
"""Operations that change nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the engine: `op` is its word (create, update, replace, delete, …).

    type: short type name, e.g. `SecurityGroupIngressRule`. name: the plan's id. inputs: the new
    ones, or the old ones of a deletion. fields: names of the inputs that differ. before: the
    inputs until now, or None for what was not there.
    """

    stack: str
    op: str
    type: str
    name: str
    inputs: dict[str, Any]
    fields: tuple[str, ...]
    before: dict[str, Any] | None = None


Progress = Callable[[Change], None]


class Engine:
    """Stacks of one estate in one place."""

    def __init__(
        self,
        directory: Path,
        command: Path,
        target: Target,
        home: Path,
        variables: dict[str, str] | None = None,
    ) -> None:
        self._directory = directory
        self._target = target
        # The SDK wants the folder above `bin`, or nothing and finds `pulumi` on PATH itself.
        root = command.parent.parent if command.parent.name == "bin" else None
        self._command = automation.PulumiCommand(root=str(root) if root else None)
        self._home = home
        self._variables = variables or {}
        self._backend = directory / "state"
        self._backend.mkdir(parents=True, exist_ok=True)

    def environment(self) -> dict[str, str]:
        """The variables with which the `pulumi` command sees the same stacks."""
        return {
            "PULUMI_HOME": str(self._home),
            "PULUMI_BACKEND_URL": f"file://{self._backend}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase()),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
            **self._variables,
        }

    def preview(self, spec: StackSpec, *, refresh: bool) -> list[Change]:
        """What `up` would do; nothing is changed."""
        changes: list[Change] = []
        self._run(spec.stack, "preview", spec, changes.append, refresh=refresh)
        return changes

    def up(self, spec: StackSpec, progress: Progress, *, refresh: bool) -> list[Change]:
        """Make it so; each finished step goes to `progress`."""
        changes: list[Change] = []

        def note(change: Change) -> None:
            changes.append(change)
            progress(change)

        self._run(spec.stack, "up", spec, note, refresh=refresh)
        return changes

    def stacks(self) -> list[str]:
        """The stacks that have state, sorted."""
        folder = checkpoint.stacks(self._backend, PROJECT)
        return sorted(path.stem for path in folder.glob("*.json"))

    def remove(self, stack: str, progress: Progress) -> None:
        """Destroy every resource of the stack, then forget the stack; never log storage."""
        if stack == LOGS:
            raise BulkheadError(
                Problem(
                    where=f"stack {stack}",
                    what="log storage is never destroyed: what it holds is locked until its day",
                    remedy="a lab's goes with the whole lab: bulkhead down",
                )
            )
        self._run(stack, "destroy", None, progress, refresh=False)
        self._stack(stack, None).workspace.remove_stack(stack)

    def _stack(self, name: str, spec: StackSpec | None) -> automation.Stack:
        work = self._directory / "work" / name
        work.mkdir(parents=True, exist_ok=True)
        return automation.create_or_select_stack(
            stack_name=name,
            project_name=PROJECT,
            program=lambda: build(spec, self._target) if spec else None,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(work),
                pulumi_home=str(self._home),
                pulumi_command=self._command,
                env_vars=self.environment(),
            ),
        )

    def _run(
        self, name: str, verb: str, spec: StackSpec | None, note: Progress, *, refresh: bool
    ) -> None:
        clear_dead_locks(self._backend, PROJECT, name)
        checkpoint.mend(self._backend, PROJECT)
        stack = self._stack(name, spec)
        events = Events(name, planning=verb == "preview", note=note)
        arguments: dict[str, Any] = {"on_event": events, "color": "never"}
        if verb != "destroy":
            arguments["refresh"] = refresh or None
        else:
            arguments["run_program"] = False
        try:
            with hushed(self._directory / f"{name}.log"):
                getattr(stack, verb)(**arguments)
        except automation.errors.CommandError as error:
            raise self._failure(name, verb, events, error) from None

    def _failure(self, stack: str, verb: str, events: "Events", error: Exception) -> BulkheadError:
        log = self._directory / f"{stack}.log"
        log.write_text(str(error))
        done = f"{events.finished} steps were done and are kept" if events.finished else ""
        return BulkheadError(
            Problem(
                where=f"stack {stack}",
                what="; ".join(events.errors) or f"the engine could not {verb} it",
                remedy=f"see {log}; run the same command again to go on from here",
                done=done,
            )
        )

    def _passphrase(self) -> Path:
        path = self._directory / "passphrase"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
        return path


class Events:
    """Turns the engine's events into changes, and keeps its errors."""

    def __init__(self, stack: str, *, planning: bool, note: Progress) -> None:
        self._stack = stack
        self._planning = planning
        self._note = note
        self.errors: list[str] = []
        self.finished = 0

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            self.errors.append(event.diagnostic_event.message.strip().splitlines()[0])
        step = event.resource_pre_event if self._planning else event.res_outputs_event
        if step and step.metadata.op not in QUIET and step.metadata.type.startswith("aws:"):
            self.finished += 0 if self._planning else 1
            self._note(_change(self._stack, step.metadata))


def _change(stack: str, step: StepEventMetadata) -> Change:
    state = step.new or step.old
    return Change(
        stack=stack,
        op=str(step.op.value if hasattr(step.op, "value") else step.op),
        type=step.type.rsplit(":", 1)[-1],
        name=step.urn.rsplit("::", 1)[-1],
        inputs=dict(state.inputs or {}) if state else {},
        fields=tuple(sorted(step.diffs or ())),
        before=dict(step.old.inputs or {}) if step.old else None,
    )
