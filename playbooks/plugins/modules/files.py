#!/usr/bin/python
"""Ansible module: many files of a host in one round trip, all of them valid or none written."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import shutil
import stat
import tempfile

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: files
short_description: Bring files, directories and units of a host into their state in one call
description:
  - Nothing is written unless every C(validate) passes; each file is replaced atomically.
  - Reports a change as well when the run before was interrupted, so that its handlers run.
options:
  files:
    description: Files with their whole content.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Absolute path., type: path, required: true}
      content: {description: The whole content., type: str, required: true}
      owner: {description: Account., type: str, default: root}
      group: {description: Group., type: str, default: root}
      mode: {description: Octal mode., type: str, default: "0644"}
      validate: {description: Command with %s for a draft of the file., type: str}
      secret: {description: Show no content in a diff., type: bool, default: false}
  directories:
    description: Directories, made before the files.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Absolute path., type: path, required: true}
      owner: {description: Account., type: str, default: root}
      group: {description: Group., type: str, default: root}
      mode: {description: Octal mode., type: str, default: "0755"}
  absent:
    description: Files, links or empty directories that must not be there.
    type: list
    elements: path
    default: []
  only:
    description: Directories that hold nothing but files named in C(files); the rest is removed.
    type: list
    elements: path
    default: []
  started:
    description: Units that are enabled and run afterwards; one that does not is started.
    type: list
    elements: str
    default: []
author: Bulkhead
"""
EXAMPLES = r"""
- name: Broker configuration
  files:
    files:
      - path: /etc/bulkhead/broker/acme.conf
        content: "{{ lookup('ansible.builtin.template', 'tenant.conf.j2') }}"
        group: mosquitto
        mode: "0640"
    absent: [/etc/mosquitto/conf.d/default.conf]
    started: [mosquitto@acme.service]
  notify: Reload broker
"""
RETURN = r"""
paths: {description: What was changed or would be., type: list, elements: str, returned: always}
interrupted: {description: Whether the run before was., type: bool, returned: always}
"""


INTERRUPTED = "/var/lib/bulkhead/interrupted"
"""Made by the module `converged` when the run before did not come to its end."""


class Refused(Exception):
    """Something that cannot be brought into its state; nothing was written."""


def current(path: str) -> str | None:
    """The text of a regular file, or None if there is none."""
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def owner_ids(row: dict, lenient: bool) -> tuple[int, int] | None:
    """Numeric owner and group; None where `lenient` and an account is yet to be made."""
    try:
        return pwd.getpwnam(row["owner"]).pw_uid, grp.getgrnam(row["group"]).gr_gid
    except KeyError as error:
        if lenient:
            return None
        raise Refused(f"{row['path']}: no such account or group: {error}") from None


def attributes_differ(row: dict, lenient: bool) -> bool:
    """Whether mode, owner or group of an existing path are not the wanted ones."""
    ids = owner_ids(row, lenient)
    found = os.lstat(row["path"])
    wanted = (int(row["mode"], 8), ids)
    return (stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid)) != wanted


def file_differs(row: dict, lenient: bool) -> bool:
    """Whether content or attributes of a file are not the wanted ones."""
    return current(row["path"]) != row["content"] or attributes_differ(row, lenient)


def directory_differs(row: dict, lenient: bool) -> bool:
    """Whether a directory is missing or has other attributes."""
    if not os.path.isdir(row["path"]):
        if os.path.lexists(row["path"]):
            raise Refused(f"{row['path']}: is there and is no directory")
        owner_ids(row, lenient)
        return True
    return attributes_differ(row, lenient)


def validate(module: AnsibleModule, row: dict, room: str) -> None:
    """Run a file's check on a draft; in check mode a program that is not there yet is no error."""
    command = shlex.split(row["validate"])
    if module.check_mode and not (os.path.isabs(command[0]) and os.path.exists(command[0])):
        found = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if found is None:
            return
    draft = os.path.join(room, os.path.basename(row["path"]))
    with open(draft, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(row["content"])
    os.chmod(draft, int(row["mode"], 8))
    code, out, error = module.run_command([part.replace("%s", draft) for part in command])
    if code:
        said = (error or out).strip().replace(draft, row["path"])
        raise Refused(f"{row['path']}: refused by {command[0]} (nothing was written): {said}")


def write(row: dict) -> None:
    """Replace a file: a reader sees the old or the new one, never a part."""
    uid, gid = owner_ids(row, lenient=False) or (0, 0)
    folder, name = os.path.split(row["path"])
    descriptor, draft = tempfile.mkstemp(prefix=f".{name}.", suffix="~", dir=folder)
    try:
        with os.fdopen(
            descriptor, "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            file.write(row["content"])
            os.fchown(descriptor, uid, gid)
            os.fchmod(descriptor, int(row["mode"], 8))
            file.flush()
            os.fsync(descriptor)
        os.rename(draft, row["path"])
    except BaseException:
        os.unlink(draft)
        raise


def make_directory(row: dict) -> None:
    """Make a directory with its parents; only the last one gets the attributes."""
    uid, gid = owner_ids(row, lenient=False) or (0, 0)
    os.makedirs(row["path"], exist_ok=True)
    os.chown(row["path"], uid, gid)
    os.chmod(row["path"], int(row["mode"], 8))


def remove(path: str) -> None:
    """Remove a file, a link or an empty directory."""
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    else:
        os.unlink(path)


def strangers(only: list[str], files: list[dict]) -> list[str]:
    """What lies in directories of `only` and is none of `files`."""
    named = {row["path"] for row in files}
    found = (
        os.path.join(folder, name)
        for folder in only
        if os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
    )
    return [path for path in found if path not in named]


def difference(row: dict) -> dict:
    """One entry of Ansible's diff."""
    before = current(row["path"]) or ""
    if row["secret"]:
        before, after = "(secret)\n", "(secret, other)\n"
    else:
        after = row["content"]
    attributes = f"{row['path']} ({row['owner']}:{row['group']} {row['mode']})"
    return {
        "before_header": row["path"],
        "after_header": attributes,
        "before": before,
        "after": after,
    }


def idle(module: AnsibleModule, units: list[str]) -> list[str]:
    """Those units that are not both enabled and active."""
    out = []
    for unit in units:
        enabled = module.run_command(["systemctl", "is-enabled", "--quiet", unit])[0] == 0
        active = module.run_command(["systemctl", "is-active", "--quiet", unit])[0] == 0
        if not (enabled and active):
            out.append(unit)
    return out


def start(module: AnsibleModule, units: list[str]) -> None:
    """Enable and start units; a unit that fails is named with its last words."""
    if not units:
        return
    module.run_command(["systemctl", "daemon-reload"])
    for unit in units:
        code, _, error = module.run_command(["systemctl", "enable", "--now", unit])
        if code:
            words = module.run_command(["journalctl", "-qu", unit, "-n", "5", "-o", "cat"])[1]
            raise Refused(f"{unit} does not start: {error.strip()}\n{words.strip()}")


def bring(module: AnsibleModule) -> dict:
    """Compare, validate everything, then write; the module's result."""
    wanted = module.params
    lenient = module.check_mode
    for row in wanted["files"] + wanted["directories"]:
        if not os.path.isabs(row["path"]):
            raise Refused(f"{row['path']}: not an absolute path")
    folders = [row for row in wanted["directories"] if directory_differs(row, lenient)]
    files = [
        row
        for row in wanted["files"]
        if not os.path.lexists(row["path"]) or file_differs(row, lenient)
    ]
    gone = [path for path in wanted["absent"] if os.path.lexists(path)]
    gone += [path for path in strangers(wanted["only"], wanted["files"]) if path not in gone]
    with tempfile.TemporaryDirectory(dir=module.tmpdir) as room:
        for row in files:
            if row["validate"]:
                validate(module, row, room)
    if not lenient:
        if not all(owner_ids(row, lenient=False) for row in files):
            raise Refused("an owner is missing")
        for row in folders:
            make_directory(row)
        for row in files:
            write(row)
        for path in gone:
            remove(path)
    units = idle(module, wanted["started"])
    if not lenient:
        start(module, units)
    paths = [row["path"] for row in folders + files] + gone + units
    interrupted = os.path.exists(INTERRUPTED)
    return {
        "changed": bool(paths) or interrupted,
        "paths": paths,
        "interrupted": interrupted,
        "diff": [difference(row) for row in files] if module._diff else [],
    }


def specification() -> dict:
    """The module's argument_spec, as in DOCUMENTATION."""
    row = {
        "path": {"type": "path", "required": True},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
    }
    file = {
        **row,
        "content": {"type": "str", "required": True, "no_log": False},
        "mode": {"type": "str", "default": "0644"},
        "validate": {"type": "str"},
        "secret": {"type": "bool", "default": False, "no_log": False},
    }
    folder = {**row, "mode": {"type": "str", "default": "0755"}}
    return {
        "files": {"type": "list", "elements": "dict", "default": [], "options": file},
        "directories": {"type": "list", "elements": "dict", "default": [], "options": folder},
        "absent": {"type": "list", "elements": "path", "default": []},
        "only": {"type": "list", "elements": "path", "default": []},
        "started": {"type": "list", "elements": "str", "default": []},
    }


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=specification(), supports_check_mode=True)
    try:
        module.exit_json(**bring(module))
    except (Refused, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
