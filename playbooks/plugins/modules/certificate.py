#!/usr/bin/python
"""Ansible module: the host's part of a certificate: its key, its request and what it holds."""

from __future__ import annotations

import os
import pwd
import stat
import tempfile

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: certificate
short_description: A certificate of this host, its key made here and kept here
description:
  - The action plugin of this name runs it, signs the request on the controller, and writes the
    certificate, the anchors and the revocation lists back. The key never leaves the host.
  - Renewed when less than a third of its lifetime is left, or when key, names, addresses,
    usages or the authority's anchor are no longer those asked for, or when it was revoked.
  - Files are C(/etc/bulkhead/tls/SERVICE{.key,.pem,-ca.pem,-crl.pem}).
options:
  service: {description: Name of the files., type: str, required: true}
  owner: {description: Account that may read the key., type: str, default: root}
  authority: {description: "Who signs, e.g. C(acme/workload).", type: str, required: true}
  usages: {description: Server, client or both., type: list, elements: str, required: true}
  name: {description: Common name., type: str, required: true}
  names: {description: DNS names., type: list, elements: str, default: []}
  addresses: {description: IPv4 addresses., type: list, elements: str, default: []}
  uris: {description: SPIFFE id of a workload., type: list, elements: str, default: []}
  lifetime: {description: Seconds., type: int, required: true}
  anchors: {description: Authorities that the service trusts., type: list, elements: str}
author: Bulkhead
"""
EXAMPLES = r"""
- name: Broker certificate
  certificate:
    service: broker
    owner: mosquitto
    authority: acme/workload
    usages: [server]
    name: "{{ inventory_hostname }}"
    names: "{{ certificate_names }}"
    addresses: "{{ certificate_addresses }}"
    lifetime: "{{ certificate_lifetime }}"
    anchors: [acme/device, acme/workload]
  notify: Reload broker
"""
RETURN = r"""
reasons: {description: Why it was issued or files were written., type: list, returned: always}
serial: {description: Serial number of a certificate just issued., type: str, returned: issued}
"""


ROOM = "/etc/bulkhead/tls"
INTERRUPTED = "/var/lib/bulkhead/interrupted"


def text(path: str) -> str:
    """A file's text, empty if there is none."""
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def openssl(module: AnsibleModule, *arguments: str) -> str:
    """What OpenSSL prints; the module fails where OpenSSL does."""
    return module.run_command(["openssl", *arguments], check_rc=True)[1]


def make_key(module: AnsibleModule, path: str, uid: int) -> None:
    """A new EC P-256 key, its account's alone from its first moment on."""
    os.makedirs(ROOM, mode=0o755, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=".key.", dir=ROOM)  # made 0600
    os.close(descriptor)
    try:
        openssl(
            module,
            *("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-out", draft),
        )
        os.chown(draft, uid, 0)
        os.rename(draft, path)
    except BaseException:
        if os.path.exists(draft):
            os.unlink(draft)
        raise


def close_key(path: str, uid: int, check: bool) -> bool:
    """Make the key its account's alone; whether it was not."""
    found = os.stat(path)
    if (stat.S_IMODE(found.st_mode), found.st_uid) == (0o600, uid):
        return False
    if not check:
        os.chown(path, uid, 0)
        os.chmod(path, 0o600)
    return True


def main() -> None:
    """Make the key if there is none; give the request and what the host holds already."""
    module = AnsibleModule(
        argument_spec={
            "service": {"type": "str", "required": True},
            "owner": {"type": "str", "default": "root"},
            "name": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    service, check = module.params["service"], module.check_mode
    key = os.path.join(ROOM, f"{service}.key")
    try:
        uid = pwd.getpwnam(module.params["owner"]).pw_uid
    except KeyError:
        uid = None
        if not check:
            module.fail_json(msg=f"{service}: no account {module.params['owner']}")
    made = closed = False
    if not os.path.exists(key):
        made = True
        if not check:
            make_key(module, key, uid)
    elif uid is not None:
        closed = close_key(key, uid, check)
    request = ""
    if os.path.exists(key):
        subject = f"/CN={module.params['name']}"
        request = openssl(module, "req", "-new", "-key", key, "-subj", subject)
    parts = {"pem": "", "ca": "-ca", "crl": "-crl"}
    held = {part: text(os.path.join(ROOM, f"{service}{end}.pem")) for part, end in parts.items()}
    module.exit_json(
        changed=made or closed,
        key_made=made,
        key_closed=closed,
        request=request,
        held=held,
        interrupted=os.path.exists(INTERRUPTED),
    )


if __name__ == "__main__":
    main()
