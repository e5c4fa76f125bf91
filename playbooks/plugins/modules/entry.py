#!/usr/bin/python
"""Ansible module: the host's part of `entry`: rules on trial, and the first way in closed."""

from __future__ import annotations

import os
import shutil

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: entry
short_description: The host's firewall and the ways in, changed so that nobody is locked out
description:
  - The action plugin of this name calls it. New rules are loaded on trial (the host takes them
    back by itself after C(seconds)); from the controller a new session is then opened by
    certificate alone; only then are the rules kept and the listed key of first boot removed.
  - Without such a session the task fails, the rules are taken back and the listed key stays.
options:
  ruleset: {description: Text of the table C(inet bulkhead)., type: str, required: true}
  account: {description: The provisioning account., type: str, default: bulkhead}
  seconds: {description: How long a trial lasts., type: int, default: 60}
  step: {description: Set by the action plugin., choices: [try, keep, abort], type: str}
author: Bulkhead
"""
EXAMPLES = r"""
- name: Ways in
  entry:
    ruleset: "{{ lookup('ansible.builtin.template', 'firewall.nft.j2') }}"
"""
RETURN = r"""
rules: {description: Whether other rules were loaded., type: bool, returned: always}
first_way: {description: Whether the listed key still opened., type: bool, returned: always}
"""

RULES = "/etc/bulkhead/firewall.nft"
CLOSED = "/etc/ssh/sshd_config.d/20-closed.conf"
ROOM = "/run/bulkhead"
CANDIDATE = f"{ROOM}/firewall.candidate"
BEFORE = f"{ROOM}/firewall.before"
TIMER = "bulkhead-firewall-trial"
CLEAN = "table inet bulkhead\ndelete table inet bulkhead\n"
CLOSED_TEXT = """\
# Written by Bulkhead's role baseline once a session by certificate was proven.
AuthorizedKeysFile none
Match User bulkhead
    AllowTcpForwarding no
"""


def text(path: str) -> str | None:
    """A file's text, or None."""
    if not os.path.isfile(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path: str, content: str, mode: int) -> None:
    """Replace a file atomically; durably, for a host may lose its power."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    draft = f"{path}.draft"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(draft, mode)
    os.rename(draft, path)


def loaded(module: AnsibleModule) -> str:
    """The table as the kernel has it, nothing if it has none."""
    code, out, _ = module.run_command(["nft", "-s", "list", "table", "inet", "bulkhead"])
    return out if code == 0 else ""


def as_loaded(module: AnsibleModule, path: str) -> str:
    """How the kernel would list a rule file: loaded in an empty network namespace."""
    command = 'nft -f "$1" && nft -s list table inet bulkhead'
    code, out, error = module.run_command(["unshare", "--net", "sh", "-c", command, "sh", path])
    if code:
        module.fail_json(msg=f"the firewall's rules are refused (nothing was loaded): {error}")
    return out


def authorized_keys(account: str) -> str:
    """Where first boot listed the operator's key."""
    return os.path.join(os.path.expanduser(f"~{account}"), ".ssh", "authorized_keys")


def first_way(account: str) -> bool:
    """Whether the listed key still opens."""
    return os.path.exists(authorized_keys(account)) or text(CLOSED) != CLOSED_TEXT


def disarm(module: AnsibleModule) -> bool:
    """Stop the timer that takes rules back; whether it was still to come."""
    code, out, _ = module.run_command(["systemctl", "is-active", f"{TIMER}.timer"])
    module.run_command(["systemctl", "stop", f"{TIMER}.timer"])
    return code == 0 and out.strip() == "active"


def attempt(module: AnsibleModule) -> dict:
    """Load the rules on trial if they are others; say what is to be proven."""
    wanted = module.params["ruleset"]
    missing = module.check_mode and shutil.which("nft", path="/usr/sbin:/sbin") is None
    if missing:
        return {"rules": True, "first_way": True}
    write(CANDIDATE, wanted, 0o600)
    rules = text(RULES) != wanted or loaded(module) != as_loaded(module, CANDIDATE)
    result = {"rules": rules, "first_way": first_way(module.params["account"])}
    if module.check_mode or not rules:
        os.unlink(CANDIDATE)
        return result
    disarm(module)
    write(BEFORE, CLEAN + loaded(module), 0o600)
    seconds = str(module.params["seconds"])
    module.run_command(
        [
            *("systemd-run", "--quiet", "--collect", f"--unit={TIMER}", f"--on-active={seconds}"),
            *("--timer-property=AccuracySec=100ms", "/usr/sbin/nft", "-f", BEFORE),
        ],
        check_rc=True,
    )
    module.run_command(["nft", "-f", CANDIDATE], check_rc=True)
    return result


def keep(module: AnsibleModule) -> dict:
    """Keep the rules on trial; close the first way."""
    if os.path.exists(CANDIDATE):
        if not disarm(module):
            module.fail_json(msg="the proof took too long: the rules were taken back; run again")
        write(RULES, module.params["ruleset"], 0o600)
        os.unlink(CANDIDATE)
        os.unlink(BEFORE)
    account = module.params["account"]
    if first_way(account):
        write(CLOSED, CLOSED_TEXT, 0o600)
        code, _, error = module.run_command(["sshd", "-t"])
        if code:
            os.unlink(CLOSED)
            module.fail_json(msg=f"sshd refuses its configuration (unchanged): {error}")
        module.run_command(["systemctl", "reload", "ssh.service"], check_rc=True)
        if os.path.exists(authorized_keys(account)):
            os.unlink(authorized_keys(account))
    return {}


def abort(module: AnsibleModule) -> dict:
    """Take the rules on trial back now."""
    if os.path.exists(BEFORE):
        module.run_command(["nft", "-f", BEFORE])
        disarm(module)
        os.unlink(BEFORE)
    return {}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec={
            "ruleset": {"type": "str", "required": True},
            "account": {"type": "str", "default": "bulkhead"},
            "seconds": {"type": "int", "default": 60},
            "step": {"type": "str", "choices": ["try", "keep", "abort"], "default": "try"},
        },
        supports_check_mode=True,
    )
    steps = {"try": attempt, "keep": keep, "abort": abort}
    module.exit_json(changed=False, **steps[module.params["step"]](module))


if __name__ == "__main__":
    main()
