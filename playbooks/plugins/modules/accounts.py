#!/usr/bin/python
"""Ansible module: the people of a host; who is no longer listed loses account and sessions."""

from __future__ import annotations

import grp
import os
import pwd
import signal
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: accounts
short_description: The accounts of people on a host, all of them in one call
description:
  - People are the members of C(group); other accounts are never touched.
  - Somebody no longer listed loses sessions and account at once. What was in the home is kept
    for root in C(/var/lib/bulkhead/left), for it may be evidence.
options:
  group: {description: The group of all people., type: str, default: bulkhead-people}
  people:
    description: Whoever has an account.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: Account., type: str, required: true}
      comment: {description: The person's name., type: str, default: ""}
      groups: {description: Further groups., type: list, elements: str, default: []}
author: Bulkhead
"""
EXAMPLES = r"""
- name: People
  accounts:
    people:
      - {name: olga, comment: Olga Petrova, groups: [systemd-journal]}
"""
RETURN = r"""
added: {description: New accounts., type: list, elements: str, returned: always}
altered: {description: Accounts with another comment or group., type: list, returned: always}
removed: {description: Accounts that are gone., type: list, elements: str, returned: always}
"""

LEFT = "/var/lib/bulkhead/left"
SHELL = "/bin/bash"


class Refused(Exception):
    """Something that this module does not do."""


def members(group: str) -> set[str]:
    """Accounts in a group, none if there is no such group."""
    try:
        return set(grp.getgrnam(group).gr_mem)
    except KeyError:
        return set()


def groups_of(name: str) -> set[str]:
    """Supplementary groups of an account."""
    return {row.gr_name for row in grp.getgrall() if name in row.gr_mem}


def exists(name: str) -> bool:
    """Whether there is such an account."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def comment(person: dict) -> str:
    """A comment that passwd can hold."""
    return "".join(letter for letter in person["comment"] if letter not in ":,\n")


def differs(person: dict, group: str) -> bool:
    """Whether an account that is there is not as it is wanted."""
    row = pwd.getpwnam(person["name"])
    wanted = {group, *person["groups"]}
    said = (row.pw_gecos.rstrip(","), row.pw_shell, groups_of(person["name"]))
    return said != (comment(person), SHELL, wanted)


def plan(params: dict) -> tuple[list[dict], list[dict], list[str]]:
    """Whom to add, to alter and to remove."""
    group, people = params["group"], params["people"]
    present = members(group)
    for person in people:
        name = person["name"]
        if exists(name) and name not in present:
            raise Refused(f"{name}: is an account of this host already, and not a person's")
    add = [person for person in people if not exists(person["name"])]
    alter = [p for p in people if exists(p["name"]) and differs(p, group)]
    named = {person["name"] for person in people}
    return add, alter, sorted(present - named)


def put(module: AnsibleModule, command: str, person: dict, *more: str) -> None:
    """Run useradd or usermod for a person."""
    groups = ",".join(sorted({module.params["group"], *person["groups"]}))
    words = [command, "--comment", comment(person), "--shell", SHELL, "--groups", groups]
    module.run_command([*words, *more, person["name"]], check_rc=True)


def processes(uid: int) -> list[int]:
    """Processes of an account, those that outlive their session (nohup) as well."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.stat(f"/proc/{entry}").st_uid == uid:
                found.append(int(entry))
        except FileNotFoundError:
            continue
    return found


def end_processes(uid: int) -> None:
    """Kill what an account runs, until nothing is left that could start more."""
    bound = time.monotonic() + 5
    while left := processes(uid):
        if time.monotonic() > bound:
            raise Refused(f"processes {left} of a person who is not listed any more do not end")
        for process in left:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.01)


def remove(module: AnsibleModule, name: str) -> None:
    """End somebody's sessions and account; the home becomes root's."""
    home = pwd.getpwnam(name).pw_dir
    # Expired first: nobody comes in between the end of the sessions and that of the account.
    module.run_command(["usermod", "--expiredate", "1", "--lock", name], check_rc=True)
    module.run_command(["loginctl", "terminate-user", name])
    end_processes(pwd.getpwnam(name).pw_uid)
    module.run_command(["userdel", "--force", name], check_rc=True)
    if os.path.isdir(home):
        os.makedirs(LEFT, mode=0o700, exist_ok=True)
        kept = os.path.join(LEFT, f"{name}-{int(time.time())}")
        os.rename(home, kept)
        module.run_command(["chown", "-hR", "root:root", kept], check_rc=True)
        os.chmod(kept, 0o700)


def main() -> None:
    """Run as a module."""
    person = {
        "name": {"type": "str", "required": True},
        "comment": {"type": "str", "default": ""},
        "groups": {"type": "list", "elements": "str", "default": []},
    }
    module = AnsibleModule(
        argument_spec={
            "group": {"type": "str", "default": "bulkhead-people"},
            "people": {"type": "list", "elements": "dict", "required": True, "options": person},
        },
        supports_check_mode=True,
    )
    try:
        add, alter, gone = plan(module.params)
        if not module.check_mode:
            for name in gone:
                remove(module, name)
            for row in add:
                put(module, "useradd", row, "--create-home")
            for row in alter:
                put(module, "usermod", row)
    except (Refused, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=bool(add or alter or gone),
        added=[row["name"] for row in add],
        altered=[row["name"] for row in alter],
        removed=gone,
    )


if __name__ == "__main__":
    main()
