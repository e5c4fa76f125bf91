#!/usr/bin/python
"""Ansible module: the mark that says with which digest a host was configured to the end."""

from __future__ import annotations

import os
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: converged
short_description: Whether a host is configured already, and whether the run before was cut off
description:
  - C(asked) compares the host's mark with C(digest). If they differ it notes that a run begins;
    if such a note is there already, the run before did not end, and the modules C(files) and
    C(certificate) then report changes everywhere, so that every handler runs.
  - C(done) is the canary after the handlers. It fails if a unit has failed, else it writes the
    mark and takes the notes away.
options:
  digest: {description: Of the roles and the host's variables., type: str, required: true}
  state: {description: Which of the two., choices: [asked, done], required: true, type: str}
  max_age:
    description: Seconds after which a mark holds no longer, for certificates must be renewed.
    type: int
    default: 86400
  force: {description: Go on whatever the mark says., type: bool, default: false}
author: Bulkhead
"""
EXAMPLES = r"""
- name: Is there something to do
  converged: {digest: "{{ configure_digest }}", state: asked}
  register: site_mark
"""
RETURN = r"""
converged: {description: Whether there is nothing to do., type: bool, returned: always}
interrupted: {description: Whether the run before was cut off., type: bool, returned: always}
"""

MARK = "/etc/bulkhead/converged"
NOTES = "/var/lib/bulkhead"
BEGUN = os.path.join(NOTES, "converging")
INTERRUPTED = os.path.join(NOTES, "interrupted")


def marked(max_age: int) -> str:
    """The digest in the mark, or nothing if there is none or it is too old."""
    if not os.path.isfile(MARK) or time.time() - os.path.getmtime(MARK) > max_age:
        return ""
    with open(MARK, encoding="utf-8") as file:
        return file.read().strip()


def write(path: str, text: str) -> None:
    """Write a small file whole or not at all."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    draft = f"{path}.draft"
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(draft, 0o644)
    os.rename(draft, path)


def begin() -> None:
    """Note that a run begins; the mark goes, for it holds no longer."""
    if os.path.exists(BEGUN):
        write(INTERRUPTED, "")
    write(BEGUN, "")
    if os.path.exists(MARK):
        os.unlink(MARK)


def finish(digest: str) -> None:
    """Write the mark, then take the notes away."""
    write(MARK, f"{digest}\n")
    for note in (INTERRUPTED, BEGUN):
        if os.path.exists(note):
            os.unlink(note)


def failed_units(module: AnsibleModule) -> str:
    """Units that systemd calls failed, with a space between."""
    words = ["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--full"]
    lines = module.run_command(words, check_rc=True)[1].splitlines()
    return " ".join(line.split()[0] for line in lines if line.strip())


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec={
            "digest": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["asked", "done"], "required": True},
            "max_age": {"type": "int", "default": 86400},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    digest, check = module.params["digest"], module.check_mode
    same = bool(digest) and marked(module.params["max_age"]) == digest
    if module.params["state"] == "asked":
        converged = same and not module.params["force"]
        if not converged and not check:
            begin()
        cut = os.path.exists(INTERRUPTED)
        module.exit_json(changed=False, converged=converged, interrupted=cut)
    if not check:
        broken = failed_units(module)
        if broken:
            module.fail_json(msg=f"units have failed: {broken}; see `journalctl -u UNIT` there")
        finish(digest)
    module.exit_json(changed=False, converged=True, interrupted=False)


if __name__ == "__main__":
    main()
