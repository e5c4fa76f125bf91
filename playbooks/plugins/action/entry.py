"""Ansible action: new rules and the end of the first way in, each only after a proof.

The proof is a session of its own, opened by the controller with the certificate alone.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

PATIENCE = 30
"""Seconds for a session, at most; a packet that is dropped is not answered at all."""
TRIAL = 60
"""Seconds that a trial lasts unless the task says otherwise; the module's default too."""


def patience(trial: int) -> int:
    """Seconds for the proof: it must end well before the host takes the rules back by itself."""
    return max(1, min(PATIENCE, trial // 2))


def command(option: Callable[[str], Any], seconds: int) -> list[str]:
    """The `ssh` that opens a new session by certificate, as the connection's options say.

    Options given first hold. No shared connection: that would prove the old session.
    """
    words = [option("ssh_executable"), "-v"]
    for setting in (
        "ControlMaster=no",
        "ControlPath=none",
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "PreferredAuthentications=publickey",
        f"ConnectTimeout={max(1, seconds // 2)}",
    ):
        words += ["-o", setting]
    if option("private_key_file"):
        words += ["-i", option("private_key_file")]
    if option("port"):
        words += ["-p", str(option("port"))]
    if option("remote_user"):
        words += ["-l", option("remote_user")]
    for extra in ("ssh_common_args", "ssh_extra_args"):
        words += shlex.split(option(extra) or "")
    return [*words, option("host"), "true"]


def proof(words: list[str], seconds: float) -> str:
    """Why no session came about, or nothing if one did."""
    # A file, not a pipe: a proxy command may hold a pipe open after its session has ended.
    with tempfile.TemporaryFile("w+") as said:
        try:
            code = subprocess.call(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {seconds} s"
        except OSError as error:
            return f"{words[0]}: {error}"
        said.seek(0)
        return judged(code, said.read().splitlines())


def judged(code: int, lines: list[str]) -> str:
    """What a verbose `ssh` proved: nothing is wrong only if the host took the certificate.

    The client needs the bare key too (it signs with it) and would offer it next, so its success
    alone proves nothing. A jump host's lines come before the host's own.
    """
    taken = [line for line in lines if "Server accepts key:" in line]
    if code == 0 and taken and "-CERT " in taken[-1]:
        return ""
    if code == 0:
        return "the host took the bare key, not the certificate"
    words = [line.strip() for line in lines if line.strip() and not line.startswith("debug")]
    words = [line for line in words if not line.startswith(("OpenSSH_", "Authenticated to"))]
    return words[-1] if words else f"ssh ended with {code}"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Tries, proves, keeps."""

    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """See the module's documentation."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        found = self._step("try", task_vars)
        if found.get("failed"):
            return {**result, **found}
        changed = found["rules"] or found["first_way"]
        result.update(changed=changed, rules=found["rules"], first_way=found["first_way"])
        if not changed or self._task.check_mode:
            return result
        seconds = patience(int(self._task.args.get("seconds", TRIAL)))
        why = proof(command(self._connection.get_option, seconds), seconds)
        if why:
            self._take_back(task_vars)
            raise AnsibleActionFail(
                f"no new session by certificate: {why}. The rules of before hold again and the "
                "first way in stays open. Do: compare the certificate (ssh-keygen -L -f) with "
                "baseline_ssh_user_ca and the principals, and the bastion's address with "
                "baseline_firewall; then run again."
            )
        kept = self._step("keep", task_vars)
        return {**result, **kept, "changed": True} if kept.get("failed") else result

    def _step(self, step: str, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        done: dict[str, Any] = self._execute_module(
            "entry", module_args={**self._task.args, "step": step}, task_vars=task_vars
        )
        return done

    def _take_back(self, task_vars: dict[str, Any] | None) -> None:
        """At once, if the old session still lives; else the host does it when the trial ends."""
        try:
            self._step("abort", task_vars)
        except AnsibleConnectionFailure:
            return
