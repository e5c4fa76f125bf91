"""Tells whoever started ansible-playbook what happens, one JSON object a line.

{"task": name}; {"host", "converged": True} once a host is marked as converged, or was before;
{"host", "task", "failed" or "unreachable": message}; at the end {"hosts": {host: {"ok", "changed",
"failures", "dark"}}}. They go to the file descriptor that BULKHEAD_PROGRESS names.
"""

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: bulkhead_progress
type: notification
short_description: Progress of a play as JSON lines
description: Writes to the file descriptor that the environment variable BULKHEAD_PROGRESS names.
"""
MARK = "converged"
"""The module that marks a host (state: done), and asks for its mark."""
COUNTS = ("ok", "changed", "failures", "dark")


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "bulkhead_progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        descriptor = os.environ.get("BULKHEAD_PROGRESS")
        self.disabled = descriptor is None
        self._to = int(descriptor or -1)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """A task begins on the hosts of a batch."""
        self._tell(task=task.get_name())

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """A handler begins."""
        self._tell(task=task.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        """A host did a task; told of the one that marks it."""
        marked = result.task.args.get("state") == "done" or result.result.get("converged")
        if result.task.action == MARK and marked:
            self._tell(host=result.host.get_name(), converged=True)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A host failed in a task."""
        if not ignore_errors:
            self._tell(**_where(result), failed=_message(result.result))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host could not be entered."""
        self._tell(**_where(result), unreachable=_message(result.result))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """It is over."""
        hosts = {
            host: {name: getattr(stats, name).get(host, 0) for name in COUNTS}
            for host in sorted(stats.processed)
        }
        self._tell(hosts=hosts)

    def _tell(self, **said: Any) -> None:
        os.write(self._to, json.dumps(said).encode() + b"\n")


def _where(result: Any) -> dict[str, str]:
    return {"host": result.host.get_name(), "task": result.task.get_name()}


def _message(result: Any) -> str:
    """What a user can do something with; never what a task hides."""
    if result.get("_ansible_no_log"):
        return "it failed; what it said is hidden, for it may hold secrets"
    items = [row for row in result.get("results") or [] if row.get("failed")]
    rows = [f"{row.get('item')}: {row.get('msg')}" for row in items]
    texts = [result.get(name) for name in ("msg", "stderr", "module_stderr", "stdout")]
    found = [str(text).strip() for text in texts if text]
    return (rows + found + ["no reason was given"])[0][:2000]
