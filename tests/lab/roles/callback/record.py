"""Ansible callback: each task's result as a line of JSON, for the bench."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: notification
short_description: Each task's result as a line of JSON
description: Appends to the file that BENCH_RECORD names.
"""


class CallbackModule(CallbackBase):
    """Writes what happens as it happens."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result, status):
        said = str(result.result.get("msg", ""))
        row = {
            "host": result.host.get_name(),
            "task": result.task.get_name(),
            "status": status,
            "message": said,
        }
        with open(os.environ["BENCH_RECORD"], "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def v2_runner_on_ok(self, result):
        """A task that ran."""
        self._write(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """A task that failed."""
        self._write(result, "ok" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        """A task that was skipped."""
        self._write(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        """A host that could not be reached."""
        self._write(result, "unreachable")
